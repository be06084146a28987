// What is Linux-only, behind one small interface with a portable fallback.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hfasync::detail {

/// An owned file descriptor (O_CLOEXEC always).
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept
    {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }
    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept { return std::exchange(fd_, -1); }
    void reset() noexcept;

private:
    int fd_ = -1;
};

/// \throws FileNotFoundError / NotADirectoryError / OSError whose message names the path and what to do.
[[noreturn]] void throw_os_error(std::error_code code, std::string_view doing,
                                 const std::filesystem::path& path);
[[noreturn]] void throw_errno(std::string_view doing, const std::filesystem::path& path);

struct FileId {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t mtime_ns = 0, ctime_ns = 0;
    bool operator==(const FileId&) const = default;
};
FileId file_id(const Fd& fd, const std::filesystem::path& path_for_errors);

Fd open_read(const std::filesystem::path& path);
/// O_RDWR|O_CREAT|O_NOFOLLOW, 0666 & ~umask, no O_TRUNC.
Fd open_write(const std::filesystem::path& path, bool truncate);
/// Opens below `root` without leaving it and without following links planted below it (openat2 with
/// RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS; a per-component O_NOFOLLOW walk where that
/// is missing). Makes missing folders when `create`.
Fd open_beneath(const Fd& root, std::string_view relative, int flags, unsigned mode, bool create_folders);
/// What open_beneath does where the kernel has no openat2; also here for its test.
Fd open_beneath_walk(const Fd& root, std::string_view relative, int flags, unsigned mode,
                     bool create_folders);
Fd open_folder(const std::filesystem::path& path);

void write_all_at(const Fd& fd, std::span<const std::byte> data, std::uint64_t offset,
                  const std::filesystem::path& path_for_errors);
/// Bytes read; short only at the end of the file.
std::size_t read_at(const Fd& fd, std::span<std::byte> into, std::uint64_t offset,
                    const std::filesystem::path& path_for_errors);

/// Writes beside and renames over: the old content or the new, never a part. fsync (file and folder) when
/// durable.
void atomic_write(const std::filesystem::path& path, std::string_view content,
                  const std::filesystem::path& temp_folder, bool durable, unsigned mode = 0666);

/// flock(2) LOCK_EX | LOCK_NB. false when another holds it; throws OSError for anything else but
/// ENOSYS/EOPNOTSUPP, which `supported` reports.
bool try_flock(const Fd& fd, const std::filesystem::path& path, bool& supported);

// What differs between systems (os_linux.cpp, os_portable.cpp).
/// openat2 below `root`; nullopt when this system or its sandbox has no such call. Else the descriptor, or -1
/// with errno.
std::optional<int> open_resolving_beneath(int root, const char* relative, int flags, unsigned mode) noexcept;

/// Bytes free to this user on the file system of `path` (or its nearest existing parent).
std::uint64_t free_space(const std::filesystem::path& path);

} // namespace hfasync::detail
