#include "cache/pointers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <random>
#include <vector>

#include <hfasync/error.hpp>

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/os.hpp"
#include "base/path_rules.hpp"
#include "cache/file_lock.hpp"

namespace hfasync::detail {

namespace {

std::optional<std::string> read_link(const std::filesystem::path& path)
{
    std::array<char, 4096> text{};
    const auto size = ::readlink(path.c_str(), text.data(), text.size());
    if (size < 0) return std::nullopt;
    return std::string(text.data(), static_cast<std::size_t>(size));
}

std::filesystem::path temp_beside_blobs(const RepoLayout& layout)
{
    static std::atomic<std::uint64_t> counter{std::random_device{}()};
    return layout.blobs() / fmt::format(".link-{}-{}", ::getpid(), counter.fetch_add(1));
}

bool links_unsupported(int error)
{
    return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EACCES;
}

/// symlink(2), with the folders made when they are missing. 0 or the errno.
int try_link(const std::string& text, const std::filesystem::path& at)
{
    for (int attempt = 0;; ++attempt) { // a deletion may take the empty folders away under us
        if (::symlink(text.c_str(), at.c_str()) == 0) return 0;
        if (errno != ENOENT || attempt == 3) return errno;
        make_parents(at);
    }
}

void replace_by_link(const RepoLayout& layout, const std::string& text, const std::filesystem::path& at)
{
    const auto temp = temp_beside_blobs(layout);
    if (const int error = try_link(text, temp))
        throw_os_error({error, std::generic_category()}, "link", temp);
    if (::rename(temp.c_str(), at.c_str()) == 0) return;
    const int error = errno;
    ::unlink(temp.c_str());
    if (error == ENOENT) return; // the folder has just gone: the caller looks
    throw_os_error({error, std::generic_category()}, "replace", at);
}

void place_without_link(const RepoLayout& layout, const std::filesystem::path& blob,
                        const std::filesystem::path& at, WithoutLinks without_links)
{
    if (without_links == WithoutLinks::copy_blob) return copy_over(blob, at, temp_beside_blobs(layout));
    if (::rename(blob.c_str(), at.c_str()) != 0) throw_errno("move the file to", at);
}

} // namespace

PointerSizes::PointerSizes(const RepoLayout& layout, std::string_view commit)
    : snapshot_(::open(layout.snapshot(commit).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      blobs_(::open(layout.blobs().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
{
}

std::optional<std::uint64_t> PointerSizes::size(const std::string& path) const
{
    if (!snapshot_) return std::nullopt;
    struct stat info{};
    std::array<char, 4096> text; // NOLINT: only what readlinkat() fills is read
    const auto length = ::readlinkat(snapshot_.get(), path.c_str(), text.data(), text.size() - 1);
    if (length >= 0) {
        // Only links of the documented shape: one that leaves blobs/ is not ours and is replaced.
        const std::string_view link(text.data(), static_cast<std::size_t>(length));
        const auto prefix = RepoLayout::link_text(path, "");
        const auto name = link.substr(std::min(prefix.size(), link.size()));
        if (!link.starts_with(prefix) || name.empty() || name == ".." || name.find('/') != name.npos)
            return std::nullopt;
        text[link.size()] = '\0';
        const char* blob = text.data() + prefix.size();
        if (!blobs_ || ::fstatat(blobs_.get(), blob, &info, 0) != 0) return std::nullopt;
    } else if (errno != EINVAL || // EINVAL: it is there and no link
               ::fstatat(snapshot_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return std::nullopt;
    }
    if (!S_ISREG(info.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(info.st_size);
}

std::optional<std::uint64_t> pointer_size(const RepoLayout& layout, std::string_view commit,
                                          std::string_view path)
{
    check_repo_path(path);
    return PointerSizes(layout, commit).size(std::string(path));
}

bool has_pointer(const RepoLayout& layout, std::string_view commit, std::string_view path,
                 std::optional<std::uint64_t> size)
{
    const auto found = pointer_size(layout, commit, path);
    return found && (!size || *found == *size);
}

void make_pointer(const RepoLayout& layout, std::string_view commit, std::string_view path,
                  std::string_view etag, WithoutLinks without_links)
{
    const auto at = layout.pointer(commit, path);
    const auto blob = layout.blob(etag);
    const auto text = RepoLayout::link_text(path, etag);
    // A snapshot that is deleted is moved away with the link just made in it: then it is made again, in a new
    // one.
    for (int left = 8; left > 0; --left) {
        const int error = try_link(text, at);
        if (links_unsupported(error)) return place_without_link(layout, blob, at, without_links);
        if (error == EEXIST && read_link(at) != text)
            replace_by_link(layout, text, at);
        else if (error != 0 && error != EEXIST)
            throw_os_error({error, std::generic_category()}, "link", at);
        if (::access(at.c_str(), F_OK) == 0) return;
        if (::access(blob.c_str(), F_OK) != 0) break; // delete-cache takes no lock
    }
    throw OSError(
        errc::file_modified,
        fmt::format("Another program deleted {} while it was linked; try again.", printable(blob.string())));
}

void copy_over(const std::filesystem::path& from, const std::filesystem::path& to,
               const std::filesystem::path& temp)
{
    const Fd in = open_read(from);
    Fd out(::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!out) throw_errno("create", temp);
    try {
        std::vector<std::byte> buffer(256 << 10);
        for (std::uint64_t at = 0;;) {
            const auto size = read_at(in, buffer, at, from);
            if (size == 0) break;
            write_all_at(out, std::span(buffer).first(size), at, temp);
            at += size;
        }
        if (::rename(temp.c_str(), to.c_str()) != 0) throw_errno("replace", to);
    } catch (...) {
        ::unlink(temp.c_str());
        throw;
    }
}

} // namespace hfasync::detail
