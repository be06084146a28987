// The priority list of upload_large_folder, as data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <hfasync/task_graph.hpp>

#include "policy/batch_size.hpp"
#include "transfer/addition.hpp"

namespace hfasync::detail {

/// The nodes of the graph, in the order a file goes through them.
enum LargeFolderKind : TaskKind { hash_node, mode_node, lfs_node, commit_node, large_folder_kinds };

/// What a file counts for in a commit: at first 75 regular files or 150 LFS files fill one.
constexpr std::size_t commit_units(std::optional<UploadMode> mode)
{
    return mode == UploadMode::lfs ? 1 : 2;
}
/// In units. The Hub takes more than the reference's 150 at once, and may take less of large regular files.
inline constexpr BatchSize::Limits commit_limits{.least = 2, .start = 150, .most = 600};
/// The whole of a commit; what a file takes of it depends on how many units a commit has now.
inline constexpr std::size_t commit_batch = 600'000;
constexpr std::size_t commit_share(std::optional<UploadMode> mode, std::size_t units_a_commit)
{
    return commit_batch * commit_units(mode) / units_a_commit;
}
/// Contents of regular files are in the request: so many bytes fill one, whatever the number of files.
inline constexpr std::uint64_t commit_bytes = 512u << 20;
constexpr std::size_t commit_share_of_bytes(std::uint64_t size)
{
    return static_cast<std::size_t>(commit_batch * std::min(size, commit_bytes) / commit_bytes);
}
/// Files of an upload-mode call.
inline constexpr std::size_t mode_batch = 50;
/// Small files are hashed and sent by the handful, large ones alone.
inline constexpr std::size_t hash_batch = 64;
inline constexpr std::size_t lfs_batch_weight = 16;
constexpr std::size_t hash_weight(std::uint64_t size)
{
    return 1 + static_cast<std::size_t>(size / (256u << 10));
}
constexpr std::size_t lfs_send_weight(std::uint64_t size)
{
    return 1 + static_cast<std::size_t>(size / (4u << 20));
}

/// The documented order of priority. Source: `upload_large_folder`, "Order of priority" and "Special rules".
PriorityScheduler large_folder_scheduler();

} // namespace hfasync::detail
