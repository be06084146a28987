#include "transfer/download_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "api/common/file_metadata.hpp"
#include "base/hash.hpp"
#include "base/path_rules.hpp"
#include "cache/file_lock.hpp"
#include "cache/pointers.hpp"
#include "cache/refs.hpp"
#include "transfer/download_body.hpp"
#include "transfer/download_errors.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

BodySpec body_spec(const DownloadCall& call, const RemoteFile& file)
{
    return {.url = file.url,
            .resolve_url = resolve_url(call.hub, call.type, call.repo_id, file.path, file.commit),
            .token = call.token,
            .proxy = call.proxy,
            .scope = call.scope()};
}

ExpectedFile expected_of(const RemoteFile& file)
{
    return {.etag = file.etag, .size = file.size, .path = file.path};
}

/// The partial that goes with a lock: the shared one, or one of our own where locks do not work.
std::shared_ptr<DownloadSession> open_session(FileLock lock, Place partial, ExpectedFile expected, bool force)
{
    auto sharing = PartialFile::Sharing::shared;
    if (!lock.effective()) {
        static std::atomic<std::uint32_t> counter{static_cast<std::uint32_t>(::getpid()) * 2654435761U};
        const auto unique = fmt::format(".{:08x}.incomplete", counter.fetch_add(1));
        partial.name.replace(partial.name.rfind(".incomplete"), std::string::npos, unique);
        sharing = PartialFile::Sharing::private_;
    }
    PartialFile file(std::move(partial), std::move(expected), sharing);
    if (force)
        file.restart();
    else
        file.adopt_existing();
    return std::make_shared<DownloadSession>(DownloadSession{std::move(lock), std::move(file)});
}

bool blob_is_there(const fs::path& blob, std::uint64_t size)
{
    struct stat info{};
    return ::stat(blob.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           static_cast<std::uint64_t>(info.st_size) == size;
}

/// What a worker found out about a file of the cache.
struct CacheState {
    bool ready = false; ///< the snapshot has it
    std::shared_ptr<DownloadSession> session;
};

/// One visit to the disk: links what is there, else takes the lock and opens the partial. Neither: another
/// one downloads it just now.
CacheState visit_cache(const DownloadCall& call, const RemoteFile& file)
{
    const auto& layout = call.layout;
    const auto blob = layout.blob(file.etag);
    const auto link = [&] {
        if (call.force || !blob_is_there(blob, file.size)) return false;
        make_pointer(layout, file.commit, file.path, file.etag, WithoutLinks::copy_blob);
        return true;
    };
    if (link()) return {.ready = true, .session = nullptr}; // without the lock, as in the reference
    auto lock = FileLock::try_lock(layout.lock(file.etag));
    if (!lock) return {};
    // Whoever had the lock before may have finished the same file, also as a snapshot entry without a blob.
    if (link() || (!call.force && has_pointer(layout, file.commit, file.path, file.size)))
        return {.ready = true, .session = nullptr};
    return {.ready = false,
            .session = open_session(std::move(*lock), Place::at(layout.incomplete(file.etag)),
                                    expected_of(file), call.force)};
}

void publish_to_cache(const DownloadCall& call, const RemoteFile& file, PartialFile& partial)
{
    partial.publish(Place::at(call.layout.blob(file.etag)), call.hub->options.durable);
    make_pointer(call.layout, file.commit, file.path, file.etag, WithoutLinks::move_blob);
}

/// Whether the file in the folder is the one that is wanted, by its metadata or, for LFS files, by its hash.
bool folder_is_current(const DownloadCall& call, const RemoteFile& file)
{
    if (call.force || !call.local->has_file(file.path)) return false;
    const auto metadata = call.local->read_metadata(file.path);
    if (metadata && metadata->etag == file.etag) return true;
    if (metadata || !is_lower_hex(file.etag, 64)) return false;
    const auto shown = call.local->root() / file.path;
    const Fd fd = call.local->open_file(file.path);
    if (file_id(fd, shown).size != file.size) return false;
    Hasher hasher(HashKind::sha256);
    std::vector<std::byte> buffer(1 << 20);
    for (std::uint64_t at = 0;;) {
        const auto size = read_at(fd, buffer, at, shown);
        if (size == 0) break;
        hasher.update(std::span<const std::byte>(buffer).first(size));
        at += size;
    }
    return hasher.finish_hex() == file.etag;
}

/// Copies what the shared cache has of the file beside its place and renames it.
bool copy_from_cache(const DownloadCall& call, const RemoteFile& file)
{
    if (call.force || !has_pointer(call.layout, file.commit, file.path, file.size)) return false;
    const auto from = call.layout.pointer(file.commit, file.path);
    const auto temp = call.local->beside(file.path, fmt::format(".{}.copy", ::getpid()));
    const Fd in = open_read(from);
    remove_place(temp);
    const Fd out = open_place(temp, O_WRONLY | O_CREAT | O_EXCL);
    if (!out) throw_errno("create", temp.shown);
    std::vector<std::byte> buffer(256 << 10);
    for (std::uint64_t at = 0;;) {
        const auto size = read_at(in, buffer, at, from);
        if (size == 0) break;
        write_all_at(out, std::span(buffer).first(size), at, temp.shown);
        at += size;
    }
    rename_place(temp, call.local->file(file.path));
    return true;
}

CacheState visit_folder(const DownloadCall& call, const RemoteFile& file)
{
    auto& local = *call.local;
    const auto record = [&] {
        local.write_metadata(file.path, file.commit, file.etag, call.hub->clock->wall());
    };
    if (folder_is_current(call, file)) {
        record();
        return {.ready = true, .session = nullptr};
    }
    const auto place = local.lock(file.path);
    Fd lock_file = open_place(place, O_RDWR | O_CREAT);
    if (!lock_file) throw_errno("open the lock file", place.shown);
    auto lock = FileLock::try_lock(std::move(lock_file), place.shown);
    if (!lock) return {};
    if (folder_is_current(call, file) || copy_from_cache(call, file)) {
        record();
        return {.ready = true, .session = nullptr};
    }
    return {.ready = false,
            .session = open_session(std::move(*lock), local.incomplete(file.path, file.etag),
                                    expected_of(file), call.force)};
}

using Visit = CacheState (*)(const DownloadCall&, const RemoteFile&);

/// Visits until the file is there or its lock is ours.
asio::awaitable<std::shared_ptr<DownloadSession>> begin(CallPtr call, const RemoteFile* file, Visit visit)
{
    auto state = co_await call->hub->workers.run([&] { return visit(*call, *file); });
    if (!state.ready && !state.session)
        co_await poll_lock(&call->hub->workers, call->hub->clock, [&] {
            state = visit(*call, *file);
            return state.ready || state.session;
        });
    co_return std::move(state.session);
}

asio::awaitable<void> fetch(CallPtr call, RemoteFile file, Visit visit,
                            std::function<void(PartialFile&)> finish)
{
    DownloadItem item(call->progress, file.path);
    // The session must end before the item says so.
    std::exception_ptr failure;
    try {
        const auto files = co_await call->hub->open_files.acquire(3); // lock, partial, connection
        auto session = co_await begin(call, &file, visit);
        item.start(file.size, session ? session->file.offset() : file.size);
        if (session)
            co_await fetch_body(call->hub, body_spec(*call, file), std::move(session), &item,
                                std::move(finish));
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return item.finish();
    item.start(file.size, 0);
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        item.fail(error.message());
    } catch (const std::exception& error) {
        item.fail(error.what());
    }
    std::rethrow_exception(failure);
}

/// Asks the Hub; a failure comes back, not thrown, because the disk may have an answer.
struct Found {
    std::optional<RemoteFile> file;
    std::exception_ptr failure;
};

RemoteFile remote_from(const FileHead& head, const std::string& path)
{
    const auto& metadata = head.metadata;
    const auto missing = [&](const char* what) {
        throw FileMetadataError(
            errc::file_metadata,
            fmt::format(
                "The Hub did not tell the {} of {}; the address may lead to something that is not a Hub.",
                what, head.url.redacted()));
    };
    if (!metadata.commit_hash) missing("commit (X-Repo-Commit)");
    if (!metadata.etag) missing("ETag");
    if (!metadata.size) missing("size");
    return {.path = path,
            .commit = *metadata.commit_hash,
            .etag = *metadata.etag,
            .size = *metadata.size,
            .url = head.url};
}

void remember_missing(const DownloadCall& call, const FileHead& head, const std::string& path,
                      const std::string& revision)
{
    if (call.local || !head.metadata.commit_hash || !is_commit_hash(*head.metadata.commit_hash)) return;
    mark_no_exist(call.layout, *head.metadata.commit_hash, path);
    write_ref(call.layout, revision, *head.metadata.commit_hash);
}

asio::awaitable<Found> ask_hub(CallPtr call, const std::string* path, const std::string* revision)
{
    Found found;
    try {
        if (call->hub->options.offline) throw_offline();
        auto head = co_await head_file(
            call->hub, {.url = resolve_url(call->hub, call->type, call->repo_id, *path, *revision),
                        .token = call->token,
                        .proxy = call->proxy,
                        .timeout = call->etag_timeout,
                        .scope = call->scope()});
        found.failure = head.failure;
        if (!head.failure) found.file = remote_from(head, *path);
        bool no_entry = false;
        try {
            if (head.failure) std::rethrow_exception(head.failure);
        } catch (const EntryNotFoundError&) {
            no_entry = true;
        } catch (...) { // classified by the caller
        }
        if (no_entry)
            co_await call->hub->workers.run([&] { remember_missing(*call, head, *path, *revision); });
    } catch (...) {
        found.failure = std::current_exception();
    }
    co_return found;
}

/// The file of the revision as this disk last saw it.
std::optional<fs::path> cached_file(const DownloadCall& call, const std::string& path,
                                    const std::string& revision)
{
    if (call.force) return std::nullopt;
    if (call.local) {
        if (!call.local->has_file(path)) return std::nullopt;
        return call.local->root() / path;
    }
    const auto commit = resolve_cached_revision(call.layout, revision);
    if (!commit || !has_pointer(call.layout, *commit, path)) return std::nullopt;
    return call.layout.pointer(*commit, path);
}

/// What a commit hash as revision makes certain without a request.
std::optional<fs::path> certain_file(const DownloadCall& call, const std::string& path,
                                     const std::string& revision)
{
    if (!is_commit_hash(revision)) return std::nullopt;
    if (call.local && !call.force) {
        const auto metadata = call.local->read_metadata(path);
        if (!metadata || metadata->commit != revision) return std::nullopt;
    }
    return cached_file(call, path, revision);
}

} // namespace

asio::awaitable<void> fetch_to_cache(CallPtr call, RemoteFile file)
{
    auto finish = [call, file](PartialFile& partial) { publish_to_cache(*call, file, partial); };
    co_await fetch(call, std::move(file), visit_cache, std::move(finish));
}

asio::awaitable<void> fetch_to_folder(CallPtr call, RemoteFile file)
{
    auto finish = [call, file](PartialFile& partial) {
        partial.publish(call->local->file(file.path), true);
        call->local->write_metadata(file.path, file.commit, file.etag, call->hub->clock->wall());
    };
    co_await fetch(call, std::move(file), visit_folder, std::move(finish));
}

asio::awaitable<fs::path> download_file(CallPtr call, std::string path, std::string revision)
{
    if (is_commit_hash(revision) && !call->force)
        if (auto file = co_await call->hub->workers.run([&] { return certain_file(*call, path, revision); }))
            co_return *file;
    Found found;
    if (!call->local_files_only) found = co_await ask_hub(call, &path, &revision);
    if (!found.file) {
        if (found.failure && classify_head_failure(found.failure) == HeadFailure::final)
            rethrow_as_documented(found.failure);
        if (auto file = co_await call->hub->workers.run([&] { return cached_file(*call, path, revision); }))
            co_return *file;
        throw_not_available(found.failure, call->force, fmt::format("{} of {}", path, call->scope().what));
    }
    const auto file = *found.file;
    // Server text that becomes a path: a hostile one is not an unreachable Hub, and no cached file stands in
    // for it.
    check_commit_hash(file.commit);
    check_blob_name(file.etag);
    if (call->local) {
        co_await fetch_to_folder(call, file);
        co_return call->local->root() / path;
    }
    // The ref goes first: a crash leaves a ref to a snapshot that is not whole, which every reader expects.
    const bool there = co_await call->hub->workers.run([&] {
        write_ref(call->layout, revision, file.commit);
        return !call->force && has_pointer(call->layout, file.commit, path);
    });
    if (!there) co_await fetch_to_cache(call, file);
    co_return call->layout.pointer(file.commit, path);
}

std::optional<ProxyOptions> proxies_of(const std::optional<std::map<std::string, std::string>>& proxies)
{
    if (!proxies) return std::nullopt;
    ProxyOptions options;
    for (const auto& [scheme, url] : *proxies) {
        if (scheme == "http")
            options.http = url;
        else if (scheme == "https")
            options.https = url;
        else
            throw ValueError("proxies: the keys are 'http' and 'https'.");
    }
    return options;
}

void rethrow_as_documented(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error&) {
        throw;
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted)
            throw CancelledError(errc::cancelled, "The download was cancelled.");
        throw;
    }
}

} // namespace hfasync::detail
