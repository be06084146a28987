// A file by folder and name, so that the folder cannot be exchanged under it.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/os.hpp"

namespace hfasync::detail {

/// Either a plain path (the shared cache, which is ours) or a name in an open folder (local_dir, where links
/// may have been planted).
struct Place {
    std::shared_ptr<const Fd> folder; ///< null: `name` is a path
    std::string name;
    std::filesystem::path shown; ///< for messages

    static Place at(const std::filesystem::path& path) { return {nullptr, path.string(), path}; }
    int folder_fd() const noexcept { return folder ? folder->get() : AT_FDCWD; }
};

/// openat(2) with O_CLOEXEC | O_NOFOLLOW, interrupted calls repeated; empty and errno on failure.
Fd open_place(const Place& place, int flags, unsigned mode = 0666);
/// rename(2). \throws OSError
void rename_place(const Place& from, const Place& to);
void remove_place(const Place& place) noexcept;
/// Writes `content` to `temp` and renames it to `to`. fsync when durable.
void replace_place(const Place& to, const Place& temp, std::string_view content, bool durable);
/// 0666 & ~umask, read without touching the umask of the process where the system can tell it.
unsigned default_file_mode();

} // namespace hfasync::detail
