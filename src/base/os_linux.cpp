#ifdef __linux__

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/os.hpp"

namespace hfasync::detail {
namespace {

std::int64_t nanoseconds(const timespec& time)
{
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

} // namespace

FileId file_id(const Fd& fd, const std::filesystem::path& path_for_errors)
{
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) throw_errno("inspect", path_for_errors);
    return {.device = info.st_dev,
            .inode = info.st_ino,
            .size = static_cast<std::uint64_t>(info.st_size),
            .mtime_ns = nanoseconds(info.st_mtim),
            .ctime_ns = nanoseconds(info.st_ctim)};
}

std::optional<int> open_resolving_beneath(int root, const char* relative, int flags, unsigned mode) noexcept
{
    open_how how{};
    how.flags = static_cast<unsigned>(flags);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0; // else EINVAL
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long opened = ::syscall(SYS_openat2, root, relative, &how, sizeof how); // glibc 2.36 has no wrapper
    // ENOSYS: kernel before 5.6. EPERM: sandboxes answer so for calls that they do not know.
    if (opened < 0 && (errno == ENOSYS || errno == EPERM)) return std::nullopt;
    return static_cast<int>(opened);
}

} // namespace hfasync::detail

#endif
