// Folders that are no longer wanted: out of the way at once, deleted bit by bit.
#pragma once

#include <filesystem>

#include "worker.hpp"

namespace mirror {

/// Moves a folder into a folder of its own below `trash`, which is made when it is missing. Where that cannot
/// be (another file system), it stays where it is. \returns what is to be deleted
std::filesystem::path move_to_trash(const std::filesystem::path& folder, const std::filesystem::path& trash);

/// Deletes a folder, or as much of it as there is time for. What cannot be deleted stays, as do the files
/// that links point to. \returns whether there is more to do; a turn deletes one file at least
bool delete_some(const std::filesystem::path& folder, const Turn& turn);

} // namespace mirror
