#ifndef __linux__

#include <sys/stat.h>

#include "base/os.hpp"

namespace hfasync::detail {

FileId file_id(const Fd& fd, const std::filesystem::path& path_for_errors)
{
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) throw_errno("inspect", path_for_errors);
    return {.device = static_cast<std::uint64_t>(info.st_dev),
            .inode = static_cast<std::uint64_t>(info.st_ino),
            .size = static_cast<std::uint64_t>(info.st_size),
            .mtime_ns = std::int64_t{info.st_mtime} * 1'000'000'000, // seconds are what POSIX.1-2001 promises
            .ctime_ns = std::int64_t{info.st_ctime} * 1'000'000'000};
}

std::optional<int> open_resolving_beneath(int, const char*, int, unsigned) noexcept
{
    return std::nullopt;
}

} // namespace hfasync::detail

#endif
