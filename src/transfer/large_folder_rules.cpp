#include "transfer/large_folder_rules.hpp"

namespace hfasync::detail {

PriorityScheduler large_folder_scheduler()
{
    using std::chrono::minutes;
    return PriorityScheduler({
        {.kind = commit_node,
         .batch = commit_batch,
         .max_running = 1,
         .older_than = minutes(5),
         .why = "commit: more than 5 minutes since the last commit"},
        {.kind = commit_node,
         .batch = commit_batch,
         .at_least = 150,
         .max_running = 1,
         .why = "commit: 150 files are ready"},
        {.kind = mode_node, .batch = mode_batch, .at_least = 10, .why = "upload mode: 10 files are hashed"},
        {.kind = lfs_node,
         .batch = lfs_batch_weight,
         .only_if_none_running = true,
         .why = "LFS: nobody uploads"},
        {.kind = hash_node, .batch = hash_batch, .only_if_none_running = true, .why = "hash: nobody hashes"},
        {.kind = mode_node,
         .batch = mode_batch,
         .only_if_none_running = true,
         .why = "upload mode: nobody asks"},
        {.kind = lfs_node, .batch = lfs_batch_weight, .why = "LFS"},
        {.kind = hash_node, .batch = hash_batch, .why = "hash"},
        {.kind = mode_node, .batch = mode_batch, .why = "upload mode"},
        {.kind = commit_node,
         .batch = commit_batch,
         .max_running = 1,
         .older_than = minutes(1),
         .why = "commit: nothing else to do, a minute since the last commit"},
        {.kind = commit_node,
         .batch = commit_batch,
         .max_running = 1,
         .only_if_others_empty = true,
         .why = "commit: the rest"},
    });
}

} // namespace hfasync::detail
