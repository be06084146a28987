#include "cache/refs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "base/os.hpp"
#include "base/path_rules.hpp"
#include "cache/file_lock.hpp"
#include "cache/pointers.hpp"

namespace hfasync::detail {

namespace {

/// The content of a ref file, at most a little more than a hash; nullopt when it cannot be read.
std::optional<std::string> read_ref_text(const std::filesystem::path& path)
{
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::nullopt;
    std::array<char, 64> text{};
    const auto size = ::read(fd.get(), text.data(), text.size());
    if (size < 0) return std::nullopt;
    return std::string(text.data(), static_cast<std::size_t>(size));
}

} // namespace

std::optional<std::string> resolve_cached_revision(const RepoLayout& layout, std::string_view revision)
{
    if (is_commit_hash(revision)) return std::string(revision);
    auto text = read_ref_text(layout.ref(revision));
    if (!text) return std::nullopt;
    // An editor may have added a line end; the reference would not find anything then, which helps nobody.
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
        text->pop_back();
    if (!is_commit_hash(*text)) return std::nullopt;
    return text;
}

void write_ref(const RepoLayout& layout, std::string_view revision, std::string_view commit)
{
    check_commit_hash(commit);
    if (revision == commit) return;
    const auto path = layout.ref(revision);
    if (read_ref_text(path) == commit) return;
    constexpr bool durable = true; // an empty ref makes the reference drop the whole repo from its listing
    for (int attempt = 0;; ++attempt) {
        try {
            make_parents(path);
            return atomic_write(path, commit, layout.blobs(), durable);
        } catch (const FileNotFoundError&) { // a deletion took the empty folders away under us
            if (attempt == 2) throw;
        }
    }
}

void mark_no_exist(const RepoLayout& layout, std::string_view commit, std::string_view path)
{
    const auto marker = layout.no_exist(commit, path);
    try {
        make_parents(marker);
    } catch (const OSError&) {
        return;
    }
    const Fd fd(::open(marker.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
}

bool is_marked_no_exist(const RepoLayout& layout, std::string_view commit, std::string_view path)
{
    struct stat info{};
    return ::lstat(layout.no_exist(commit, path).c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

CachedLookup look_up(const RepoLayout& layout, std::string_view revision, std::string_view path)
{
    CachedLookup found;
    auto commit = resolve_cached_revision(layout, revision);
    if (!commit) return found;
    found.commit = std::move(*commit);
    if (is_marked_no_exist(layout, found.commit, path))
        found.entry = CachedEntry::no_exist;
    else if (has_pointer(layout, found.commit, path))
        found.entry = CachedEntry::there;
    return found;
}

} // namespace hfasync::detail
