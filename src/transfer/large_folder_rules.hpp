// The priority list of upload_large_folder, as data.
#pragma once

#include <cstdint>

#include <hfasync/task_graph.hpp>

namespace hfasync::detail {

/// The nodes of the graph, in the order a file goes through them.
enum LargeFolderKind : TaskKind { hash_node, mode_node, lfs_node, commit_node, large_folder_kinds };

/// Weights of a commit batch: 75 regular files or 150 LFS files fill it.
inline constexpr std::size_t commit_batch = 150;
inline constexpr std::size_t regular_weight = 2;
inline constexpr std::size_t lfs_weight = 1;
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
