#include "cache/pointers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <random>
#include <vector>

#include <hfasync/error.hpp>

#include <fmt/format.h>

#include "base/os.hpp"
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
    if (::symlink(text.c_str(), at.c_str()) == 0) return 0;
    if (errno != ENOENT) return errno;
    make_parents(at);
    return ::symlink(text.c_str(), at.c_str()) == 0 ? 0 : errno;
}

void replace_by_link(const RepoLayout& layout, const std::string& text, const std::filesystem::path& at)
{
    const auto temp = temp_beside_blobs(layout);
    if (const int error = try_link(text, temp))
        throw_os_error({error, std::generic_category()}, "link", temp);
    if (::rename(temp.c_str(), at.c_str()) == 0) return;
    const int error = errno;
    ::unlink(temp.c_str());
    throw_os_error({error, std::generic_category()}, "replace", at);
}

void place_without_link(const RepoLayout& layout, const std::filesystem::path& blob,
                        const std::filesystem::path& at, WithoutLinks without_links)
{
    if (without_links == WithoutLinks::copy_blob) return copy_over(blob, at, temp_beside_blobs(layout));
    if (::rename(blob.c_str(), at.c_str()) != 0) throw_errno("move the file to", at);
}

} // namespace

bool has_pointer(const RepoLayout& layout, std::string_view commit, std::string_view path,
                 std::optional<std::uint64_t> size)
{
    const auto at = layout.pointer(commit, path);
    struct stat info{};
    if (::lstat(at.c_str(), &info) != 0) return false;
    if (S_ISLNK(info.st_mode)) {
        const auto text = read_link(at);
        // Only links of the documented shape: one that leaves blobs/ is not ours and is replaced.
        const auto prefix = RepoLayout::link_text(path, "");
        if (!text || !text->starts_with(prefix) || text->find('/', prefix.size()) != std::string::npos)
            return false;
        if (::stat(at.c_str(), &info) != 0) return false;
    }
    return S_ISREG(info.st_mode) && (!size || static_cast<std::uint64_t>(info.st_size) == *size);
}

void make_pointer(const RepoLayout& layout, std::string_view commit, std::string_view path,
                  std::string_view etag, WithoutLinks without_links)
{
    const auto at = layout.pointer(commit, path);
    const auto text = RepoLayout::link_text(path, etag);
    const int error = try_link(text, at);
    if (error == 0) return;
    if (error == EEXIST) {
        if (read_link(at) == text) return;
        return replace_by_link(layout, text, at);
    }
    if (links_unsupported(error)) return place_without_link(layout, layout.blob(etag), at, without_links);
    throw_os_error({error, std::generic_category()}, "link", at);
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
