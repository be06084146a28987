#include "cache/delete_plan.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <span>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/os.hpp"
#include "cache/file_lock.hpp"
#include "cache/scan.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view trash_prefix = ".deleted-";
constexpr std::size_t blobs_at_once = 64; // locks that are held at a time

void keep(CacheDeletion& done, const fs::path& path, std::string_view why)
{
    done.kept.push_back(fmt::format("{}: {}", printable(path.string()), why));
}

/// Something that was renamed out of the way, to be deleted; else it is put back. The lock on it (of the
/// folder or file itself) tells other processes that this one still lives.
class Trash {
public:
    /// \throws OSError
    Trash(fs::path from, const fs::path& into) : from_(std::move(from)), at_(into / unique_name())
    {
        file_ = Fd(::open(from_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file_) throw_errno("open", from_);
        (void)::flock(file_.get(), LOCK_EX | LOCK_NB);
        if (::rename(from_.c_str(), at_.c_str()) != 0) throw_errno("move", from_);
    }
    Trash(const Trash&) = delete;
    ~Trash() { put_back(); }
    const fs::path& from() const noexcept { return from_; }
    const fs::path& at() const noexcept { return at_; }
    /// false: something new has its name.
    bool put_back() noexcept
    {
        struct stat info{};
        if (settled_) return true;
        settled_ = ::lstat(from_.c_str(), &info) != 0 && ::rename(at_.c_str(), from_.c_str()) == 0;
        return settled_;
    }
    /// \throws OSError
    void remove()
    {
        settled_ = true; // half of it is not put back
        std::error_code error;
        // Who was just making a link in it when it was moved away may still do so.
        for (int left = 8; left > 0; --left) {
            fs::remove_all(at_, error);
            if (error != std::errc::directory_not_empty) break;
        }
        if (error) throw_os_error(error, "delete", at_);
    }

private:
    static std::string unique_name()
    {
        static std::atomic<std::uint32_t> counter{std::random_device{}()};
        return fmt::format("{}{}-{:08x}", trash_prefix, ::getpid(), counter.fetch_add(1));
    }
    fs::path from_, at_;
    Fd file_;
    bool settled_ = false;
};

/// Deletes what a process that died here has moved away.
void sweep(const fs::path& folder)
{
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (!at->path().filename().string().starts_with(trash_prefix)) continue;
        const Fd fd(::open(at->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;
        std::error_code ignored;
        fs::remove_all(at->path(), ignored);
    }
}

/// Bytes of the regular files below a folder (or of the file).
std::uint64_t size_below(const fs::path& path)
{
    std::uint64_t sum = 0;
    struct stat info{};
    if (::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode))
        return static_cast<std::uint64_t>(info.st_size);
    std::error_code error;
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error))
        if (::lstat(at->path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
            sum += static_cast<std::uint64_t>(info.st_size);
    return sum;
}

bool has_other_revisions(const fs::path& repo, const std::set<std::string>& revisions)
{
    std::error_code error;
    for (fs::directory_iterator at(repo / "snapshots", error), end; !error && at != end; at.increment(error))
        if (at->is_directory() && !revisions.contains(at->path().filename().string())) return true;
    return false;
}

/// The commit that a ref says; empty when it cannot be read.
std::string ref_text(const fs::path& ref)
{
    try {
        std::string text(64, '\0');
        text.resize(read_at(open_read(ref), std::as_writable_bytes(std::span(text)), 0, ref));
        return text;
    } catch (const OSError&) {
        return {};
    }
}

void delete_snapshot(const fs::path& repo, const fs::path& snapshot, CacheDeletion& done)
{
    const auto commit = snapshot.filename();
    try {
        // Renamed first: a link that somebody makes meanwhile gets a new folder, not a vanishing one.
        Trash trash(snapshot, repo);
        const auto size = size_below(trash.at()); // files, where there are no links
        trash.remove();
        done.freed_size += size;
        done.deleted.push_back(snapshot);
    } catch (const OSError& error) {
        return keep(done, snapshot, error.message());
    }
    std::error_code ignored; // what is known of this commit goes with it
    fs::remove_all(repo / ".no_exist" / commit, ignored);
    fs::remove(repo / "trees" / (commit.string() + ".json"), ignored);
}

void delete_ref(const fs::path& repo, const fs::path& ref, const std::set<std::string>& revisions,
                CacheDeletion& done)
{
    if (!fs::exists(fs::symlink_status(ref))) return;
    const auto commit = ref_text(ref);
    if (!revisions.contains(commit)) return keep(done, ref, "it has moved to another commit");
    if (fs::exists(repo / "snapshots" / commit)) return keep(done, ref, "its revision is there again");
    if (::unlink(ref.c_str()) == 0)
        done.deleted.push_back(ref);
    else if (errno != ENOENT)
        keep(done, ref, std::strerror(errno));
}

/// What a file in blobs/ belongs to: partial downloads and their records go under the lock of their blob.
std::string etag_of(std::string name)
{
    const auto partial = name.find(".incomplete");
    if (partial == std::string::npos) return name;
    name.erase(partial);
    if (name.ends_with(".pieces")) name.erase(name.size() - std::string_view(".pieces").size());
    if (name.size() > 9 && name[name.size() - 9] == '.' && is_lower_hex(name.substr(name.size() - 8), 8))
        name.erase(name.size() - 9);
    return name;
}

/// Some blobs, each under its lock. A download that finds its blob makes the link without the lock: therefore
/// the links are read a second time once the blob is out of reach, and it is put back if it has got one.
void delete_blobs(const fs::path& repo, std::span<const fs::path> blobs, CacheDeletion& done)
{
    std::map<std::string, std::optional<FileLock>> locks; // a blob and its partials have one
    std::vector<fs::path> free;
    for (const auto& blob : blobs) {
        const auto etag = etag_of(blob.filename().string());
        const auto [lock, first] = locks.try_emplace(etag);
        if (first) lock->second = FileLock::try_lock(blob_lock(repo, etag));
        if (lock->second)
            free.push_back(blob);
        else
            keep(done, blob, "a download is under way");
    }
    auto linked = linked_blobs(repo);
    std::list<Trash> moved;
    for (const auto& blob : free) {
        struct stat info{};
        if (::lstat(blob.c_str(), &info) != 0) continue;
        if (linked.contains(blob.filename().string()))
            keep(done, blob, "another revision has it");
        else
            moved.emplace_back(blob, resolve_links(repo));
    }
    if (!moved.empty()) linked = linked_blobs(repo);
    for (auto& trash : moved) {
        if (linked.contains(trash.from().filename().string()) && trash.put_back()) {
            keep(done, trash.from(), "another revision has it");
            continue;
        }
        const auto size = size_below(trash.at());
        trash.remove();
        done.freed_size += size;
        done.deleted.push_back(trash.from());
    }
}

/// Temporary names of other processes: theirs for as long as they may be at work.
bool is_in_use(const fs::path& temporary)
{
    struct stat info{};
    return ::lstat(temporary.c_str(), &info) == 0 && std::time(nullptr) - info.st_mtime < 60;
}

/// All of a repo, piece by piece: what somebody downloads meanwhile stays, and so do the folders then.
RepoDeletion all_parts(const fs::path& repo, const std::set<std::string>& revisions)
{
    RepoDeletion parts{.repo = repo, .whole = true, .snapshots = {}, .refs = {}, .blobs = {}};
    for (const auto& revision : revisions)
        parts.snapshots.push_back(repo / "snapshots" / revision);
    if (fs::is_directory(repo / "refs"))
        for (const auto& entry : fs::recursive_directory_iterator(repo / "refs"))
            if (revisions.contains(ref_text(entry.path()))) parts.refs.push_back(entry.path());
    const auto blobs = resolve_links(repo) / "blobs";
    if (!fs::is_directory(blobs)) return parts;
    for (const auto& entry : fs::directory_iterator(blobs)) {
        const auto& path = entry.path();
        if (!path.filename().string().starts_with('.'))
            parts.blobs.push_back(path);
        else if (!is_in_use(path))
            ::unlink(path.c_str());
    }
    return parts;
}

/// Folders without a file, from the innermost on. false: something is left.
bool remove_empty(const fs::path& folder)
{
    std::error_code error;
    std::vector<fs::path> inside;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        inside.push_back(at->path());
    for (const auto& path : inside) {
        if (path.filename() == ".DS_Store")
            ::unlink(path.c_str());
        else if (fs::is_directory(fs::symlink_status(path, error)))
            remove_empty(path);
    }
    return ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
}

/// Whether somebody holds the lock of a blob of the repo just now: a download is under way.
bool is_downloading(const fs::path& repo)
{
    std::error_code error;
    const auto folder = repo.parent_path() / ".locks" / repo.filename();
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const Fd fd(::open(at->path().c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
        if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return true;
    }
    return false;
}

/// The folders of a repo whose parts are gone. Each rmdir(2) fails when a download has put something there.
void remove_folders(const fs::path& repo)
{
    std::error_code error;
    fs::remove_all(repo / ".no_exist", error);
    fs::remove_all(repo / "trees", error);
    for (const char* folder : {"blobs", "refs", "snapshots"}) // the last one is what makes it a repo
        if (!remove_empty(repo / folder)) return;
    std::vector<fs::path> strays;
    for (fs::directory_iterator at(repo, error), end; !error && at != end; at.increment(error))
        strays.push_back(at->path());
    for (const auto& path : strays)
        ::unlink(path.c_str()); // files of nobody that knows caches; a folder is somebody's
    ::rmdir(repo.c_str());
}

void delete_parts(const RepoDeletion& parts, const std::set<std::string>& revisions, CacheDeletion& done)
{
    sweep(parts.repo);
    for (const auto& snapshot : parts.snapshots)
        if (fs::is_directory(snapshot)) delete_snapshot(parts.repo, snapshot, done);
    for (const auto& ref : parts.refs)
        delete_ref(parts.repo, ref, revisions, done);
    for (std::span<const fs::path> left = parts.blobs; !left.empty();) {
        const auto some = left.first(std::min(left.size(), blobs_at_once));
        left = left.subspan(some.size());
        try {
            delete_blobs(parts.repo, some, done);
        } catch (const OSError& error) {
            keep(done, some.front(), error.message());
        }
    }
}

void delete_whole(const fs::path& repo, const std::set<std::string>& revisions, CacheDeletion& done)
{
    CacheDeletion pieces;
    delete_parts(all_parts(repo, revisions), revisions, pieces);
    if (!is_downloading(repo)) remove_folders(repo);
    done.freed_size += pieces.freed_size;
    if (!fs::exists(fs::symlink_status(repo))) return done.deleted.push_back(repo);
    std::ranges::move(pieces.deleted, std::back_inserter(done.deleted));
    std::ranges::move(pieces.kept, std::back_inserter(done.kept));
    keep(done, repo, "its folder is in use");
}

/// The revisions that were named, of a repo that has got another one since the strategy was made.
void delete_named(const fs::path& repo, const std::set<std::string>& revisions, CacheDeletion& done)
{
    const auto scanned = scan_cached_repo(repo);
    if (!scanned.repo) return keep(done, repo, scanned.warning);
    keep(done, repo, "it has other revisions; only those that were named are deleted");
    DeleteCacheStrategy now;
    plan_revisions(*scanned.repo, revisions, now);
    // Where there are no links, the blobs are the files of the snapshots and go with them.
    std::erase_if(now.blobs, [folder = resolve_links(repo) / "blobs"](const fs::path& blob) {
        return blob.parent_path() != folder;
    });
    delete_parts({.repo = repo,
                  .whole = false,
                  .snapshots = std::move(now.snapshots),
                  .refs = std::move(now.refs),
                  .blobs = std::move(now.blobs)},
                 revisions, done);
}

} // namespace

std::set<std::string> linked_blobs(const fs::path& repo)
{
    std::set<std::string> out;
    const auto blobs = resolve_links(repo) / "blobs";
    std::error_code error;
    for (fs::recursive_directory_iterator at(repo / "snapshots", error), end; !error && at != end;
         at.increment(error)) {
        if (!at->is_symlink()) continue;
        std::error_code gone;
        const auto text = fs::read_symlink(at->path(), gone);
        if (gone) continue;
        if (text.parent_path().filename() == "blobs")
            out.insert(text.filename().string()); // as clients make them; at worst a blob too many is kept
        else if (const auto target = resolve_links(at->path()); target.parent_path() == blobs)
            out.insert(target.filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        throw_os_error(error, "list", repo / "snapshots"); // no blob goes when not all links were seen
    return out;
}

fs::path blob_lock(const fs::path& repo, std::string_view etag)
{
    auto path = repo.parent_path() / ".locks" / repo.filename() / etag;
    path += ".lock";
    return path;
}

void delete_from_repo(const RepoDeletion& deletion, const std::set<std::string>& revisions,
                      CacheDeletion& done)
{
    if (!fs::is_directory(deletion.repo)) return keep(done, deletion.repo, "it is not there");
    if (!deletion.whole) return delete_parts(deletion, revisions, done);
    if (has_other_revisions(deletion.repo, revisions)) return delete_named(deletion.repo, revisions, done);
    delete_whole(deletion.repo, revisions, done);
}

} // namespace hfasync::detail
