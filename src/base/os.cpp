// The POSIX half of os.hpp; what only Linux has is in os_linux.cpp.
#include "base/os.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <random>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/path_rules.hpp"

namespace hfasync::detail {
namespace {

std::string_view hint_for(const std::error_code& code)
{
    if (code == std::errc::no_space_on_device) return "Free some space or choose another folder";
    if (code.value() == EDQUOT) return "The disk quota is used up: free some space or choose another folder";
    if (code == std::errc::permission_denied || code == std::errc::operation_not_permitted)
        return "Check the permissions of the file and its folders";
    if (code == std::errc::read_only_file_system) return "Choose a folder on a writable file system";
    if (code == std::errc::too_many_files_open)
        return "Raise the limit of open files (ulimit -n) or lower the concurrency";
    if (code == std::errc::too_many_symbolic_link_levels || code == std::errc::cross_device_link)
        return "A symbolic link is in the way, which is not followed here; remove it";
    if (code == std::errc::not_a_directory)
        return "A part of the path is a file; remove it or choose another path";
    if (code == std::errc::no_such_file_or_directory) return "Check the path";
    return {};
}

/// Calls f until it is not interrupted by a signal.
template <class F>
auto uninterrupted(F f)
{
    decltype(f()) result;
    do
        result = f();
    while (result == -1 && errno == EINTR);
    return result;
}

Fd open_or_throw(const std::filesystem::path& path, int flags, unsigned mode, std::string_view doing)
{
    Fd fd(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
    if (!fd) throw_errno(doing, path);
    return fd;
}

/// A folder below an open one, never through a link; made when it is missing and `create` says so.
Fd open_subfolder(int parent, const std::string& name, bool create)
{
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Fd folder(uninterrupted([&] { return ::openat(parent, name.c_str(), flags); }));
    if (!folder && errno == ENOENT && create) {
        if (::mkdirat(parent, name.c_str(), 0777) != 0 && errno != EEXIST)
            throw_errno("create the folder", name);
        folder = Fd(uninterrupted([&] { return ::openat(parent, name.c_str(), flags); }));
    }
    if (folder) return folder;
    const int failure = errno;
    struct stat info{};
    // O_DIRECTORY | O_NOFOLLOW calls a link "not a directory"; say what it is.
    if (failure == ENOTDIR && ::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(info.st_mode))
        throw_os_error(std::make_error_code(std::errc::too_many_symbolic_link_levels), "enter the folder",
                       name);
    throw_os_error({failure, std::generic_category()}, "enter the folder", name);
}

/// Opens (and makes) the folders of `relative`; empty when the file lies in the root itself.
Fd open_parents(const Fd& root, std::string_view relative, bool create)
{
    Fd parent;
    for (auto slash = relative.find('/'); slash != std::string_view::npos; slash = relative.find('/')) {
        parent = open_subfolder(parent ? parent.get() : root.get(), std::string(relative.substr(0, slash)),
                                create);
        relative.remove_prefix(slash + 1);
    }
    return parent;
}

void sync_folder(const std::filesystem::path& folder)
{
    const Fd fd = open_folder(folder);
    // Some network file systems refuse to sync a folder; the rename is then as durable as they can make it.
    if (uninterrupted([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL && errno != EROFS)
        throw_errno("sync the folder", folder);
}

std::filesystem::path temp_path(const std::filesystem::path& folder)
{
    static std::atomic<std::uint64_t> counter{std::random_device{}()};
    return folder / (".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1)));
}

} // namespace

void Fd::reset() noexcept
{
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void throw_os_error(std::error_code code, std::string_view doing, const std::filesystem::path& path)
{
    ErrorContext context;
    context.path = printable(path.string());
    context.hint = hint_for(code);
    std::string message = "Cannot " + std::string(doing) + " '" + context.path + "': " + code.message();
    if (code == std::errc::no_such_file_or_directory)
        throw FileNotFoundError(code, std::move(message), std::move(context));
    if (code == std::errc::not_a_directory)
        throw NotADirectoryError(code, std::move(message), std::move(context));
    throw OSError(code, std::move(message), std::move(context));
}

void throw_errno(std::string_view doing, const std::filesystem::path& path)
{
    throw_os_error({errno, std::generic_category()}, doing, path);
}

Fd open_read(const std::filesystem::path& path)
{
    return open_or_throw(path, O_RDONLY, 0, "open");
}

Fd open_write(const std::filesystem::path& path, bool truncate)
{
    return open_or_throw(path, O_RDWR | O_CREAT | O_NOFOLLOW | (truncate ? O_TRUNC : 0), 0666, "write");
}

Fd open_folder(const std::filesystem::path& path)
{
    return open_or_throw(path, O_RDONLY | O_DIRECTORY, 0, "open the folder");
}

Fd open_beneath_walk(const Fd& root, std::string_view relative, int flags, unsigned mode, bool create_folders)
{
    check_repo_path(relative);
    const Fd parent = open_parents(root, relative, create_folders);
    const std::string name(relative.substr(relative.rfind('/') + 1));
    Fd fd(uninterrupted([&] {
        return ::openat(parent ? parent.get() : root.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC,
                        mode);
    }));
    if (!fd) throw_errno("open", std::filesystem::path(relative));
    return fd;
}

Fd open_beneath(const Fd& root, std::string_view relative, int flags, unsigned mode, bool create_folders)
{
    check_repo_path(relative);
    if (create_folders) open_parents(root, relative, true);
    const std::string path(relative);
    for (int attempt = 0; attempt < 64; ++attempt) {
        const auto opened = open_resolving_beneath(root.get(), path.c_str(), flags | O_CLOEXEC, mode);
        if (!opened) break;
        if (*opened >= 0) return Fd(*opened);
        // EAGAIN: something was renamed while the kernel walked, and it could not prove that it stayed below.
        if (errno != EAGAIN && errno != EINTR) throw_errno("open", path);
    }
    return open_beneath_walk(root, relative, flags, mode, create_folders);
}

void write_all_at(const Fd& fd, std::span<const std::byte> data, std::uint64_t offset,
                  const std::filesystem::path& path_for_errors)
{
    while (!data.empty()) {
        const auto written = uninterrupted(
            [&] { return ::pwrite(fd.get(), data.data(), data.size(), static_cast<off_t>(offset)); });
        if (written < 0) throw_errno("write", path_for_errors);
        if (written == 0) throw_os_error(std::make_error_code(std::errc::io_error), "write", path_for_errors);
        data = data.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

std::size_t read_at(const Fd& fd, std::span<std::byte> into, std::uint64_t offset,
                    const std::filesystem::path& path_for_errors)
{
    std::size_t total = 0;
    while (total < into.size()) {
        const auto got = uninterrupted([&] {
            return ::pread(fd.get(), into.data() + total, into.size() - total,
                           static_cast<off_t>(offset + total));
        });
        if (got < 0) throw_errno("read", path_for_errors);
        if (got == 0) break;
        total += static_cast<std::size_t>(got);
    }
    return total;
}

void atomic_write(const std::filesystem::path& path, std::string_view content,
                  const std::filesystem::path& temp_folder, bool durable, unsigned mode)
{
    std::error_code failed;
    std::filesystem::create_directories(temp_folder, failed);
    if (failed) throw_os_error(failed, "create the folder", temp_folder);
    const auto temp = temp_path(temp_folder);
    Fd fd = open_or_throw(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode, "create");
    try {
        write_all_at(fd, std::as_bytes(std::span(content.data(), content.size())), 0, temp);
        if (durable && uninterrupted([&] { return ::fsync(fd.get()); }) != 0) throw_errno("sync", temp);
        fd.reset();
        if (::rename(temp.c_str(), path.c_str()) != 0) throw_errno("replace", path);
    } catch (...) {
        ::unlink(temp.c_str());
        throw;
    }
    if (durable) sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

bool try_flock(const Fd& fd, const std::filesystem::path& path, bool& supported)
{
    supported = true;
    if (uninterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    if (errno != ENOSYS && errno != EOPNOTSUPP) throw_errno("lock", path);
    supported = false;
    return false;
}

std::uint64_t free_space(const std::filesystem::path& path)
{
    std::error_code failed;
    auto existing = std::filesystem::absolute(path, failed);
    while (!std::filesystem::exists(existing, failed) && existing.has_relative_path())
        existing = existing.parent_path();
    const auto space = std::filesystem::space(existing, failed);
    if (failed) throw_os_error(failed, "read the free space of", existing);
    return space.available;
}

} // namespace hfasync::detail
