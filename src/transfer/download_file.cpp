#include "transfer/download_file.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "api/common/file_metadata.hpp"
#include "base/encoding.hpp"
#include "base/path_rules.hpp"
#include "cache/file_lock.hpp"
#include "cache/pointers.hpp"
#include "cache/refs.hpp"
#include "transfer/disk_space.hpp"
#include "transfer/download_body.hpp"
#include "transfer/download_errors.hpp"
#include "transfer/download_visit.hpp"
#include "transfer/flight.hpp"

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

/// Visits until the file is there or its lock is ours.
asio::awaitable<std::shared_ptr<DownloadSession>> begin(CallPtr call, const RemoteFile* file)
{
    auto state = co_await call->hub->workers.run([&] { return visit_disk(*call, *file); });
    if (!state.ready && !state.session)
        co_await poll_lock(&call->hub->workers, call->hub->clock, [&] {
            state = visit_disk(*call, *file);
            return state.ready || state.session;
        });
    co_return std::move(state.session);
}

/// What one fetch is about; its flight may outlive the caller.
struct Job {
    CallPtr call;
    RemoteFile file;
    std::unique_ptr<Visit> visited;
    std::shared_ptr<NextFile> next;
};

/// The transfer itself, once for all callers.
asio::awaitable<void> transfer(std::shared_ptr<Job> job, std::shared_ptr<ItemRiders> riders)
{
    DownloadItem item(std::move(riders));
    const auto& call = job->call;
    const auto files = co_await call->hub->open_files.acquire(3); // lock, partial, connection
    const auto visited = std::exchange(job->visited, nullptr);
    auto session = visited ? std::move(visited->session) : nullptr;
    if (!session && !(visited && visited->ready)) session = co_await begin(call, &job->file);
    item.start(job->file.size, session ? session->file.offset() : job->file.size);
    if (!session) co_return;
    co_await fetch_body(call->hub, body_spec(*call, job->file), std::move(session), &item,
                        [job](PartialFile& partial) {
                            publish(*job->call, job->file, partial);
                            if (job->next) job->next->visit();
                        });
}

asio::awaitable<void> fetch_shared(CallPtr call, std::shared_ptr<Job> job, DownloadItem* item)
{
    for (;;) {
        // Two calls share a transfer when they would write the same file with the same bytes.
        FlightPlan plan{
            .key = fmt::format("{}{}\n{}\n{}", call->flight_scope, call->local ? job->file.path : "",
                               job->file.etag, job->file.size),
            .account = call->flight_account,
            .item = item,
            .work = [job](std::shared_ptr<ItemRiders> riders) { return transfer(job, std::move(riders)); },
            // Its lock is what the other one waits for.
            .on_joined = [job] { job->visited.reset(); }};
        if (co_await share_flight(call->hub->executor, std::move(plan)) == Ride::led) co_return;
        // The bytes are there, but under the name of another commit or call perhaps.
        if (co_await call->hub->workers.run([&] { return take_what_is_there(*call, job->file); })) co_return;
    }
}

/// The item's last event, and the failure as what the caller gets.
void end_item(DownloadItem& item, const std::exception_ptr& failure, const RemoteFile& file)
{
    if (!failure) {
        item.start(file.size, file.size);
        return item.finish();
    }
    item.start(file.size, 0);
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        item.fail(error.message());
    } catch (const std::exception& error) {
        item.fail(error.what());
    }
}

/// A file that is there: its two events.
void report_hit(const DownloadCall& call, const std::string& path, std::uint64_t size)
{
    if (!call.progress->wanted()) return;
    DownloadItem item(call.progress, path);
    item.start(size, size);
    item.finish();
}

/// Asks the Hub; a failure comes back, not thrown, because the disk may have an answer.
struct Found {
    std::optional<RemoteFile> file;
    std::exception_ptr failure;
};

RemoteFile remote_from(const FileHead& head, const std::string& path)
{
    require_metadata(head);
    const auto& metadata = head.metadata;
    return {.path = path,
            .commit = *metadata.commit_hash,
            .etag = *metadata.etag,
            .size = *metadata.size,
            .url = head.url};
}

/// As in the reference, a disk that cannot be written does not change the answer.
void remember_missing(const DownloadCall& call, const FileHead& head, const std::string& path,
                      const std::string& revision)
{
    if (call.local || !head.metadata.commit_hash || !is_commit_hash(*head.metadata.commit_hash)) return;
    try {
        mark_no_exist(call.layout, *head.metadata.commit_hash, path);
        write_ref(call.layout, revision, *head.metadata.commit_hash);
    } catch (const OSError&) {
    }
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

/// A file that needs no download.
struct Hit {
    fs::path path;
    std::uint64_t size = 0;
};

std::optional<Hit> hit_in_cache(const DownloadCall& call, const std::string& path, const std::string& commit)
{
    const auto size = pointer_size(call.layout, commit, path);
    if (!size) return std::nullopt;
    return Hit{call.layout.pointer(commit, path), *size};
}

std::optional<Hit> hit_in_folder(const DownloadCall& call, const std::string& path)
{
    if (!call.local->has_file(path)) return std::nullopt;
    auto shown = call.local->root() / path;
    const auto size = file_id(call.local->open_file(path), shown).size;
    return Hit{std::move(shown), size};
}

/// What a commit hash as revision makes certain without a request.
std::optional<Hit> certain_file(const DownloadCall& call, const std::string& path, const std::string& commit)
{
    if (!call.local) return hit_in_cache(call, path, commit);
    const auto metadata = call.local->read_metadata(path);
    if (!metadata || metadata->commit != commit) return std::nullopt;
    return hit_in_folder(call, path);
}

/// The file of the revision as this disk last saw it, when the Hub cannot be asked.
struct LastSeen {
    std::optional<Hit> hit;
    bool no_exist = false; ///< the Hub has said so
};

LastSeen last_seen(const DownloadCall& call, const std::string& path, const std::string& revision)
{
    if (call.force) return {};
    if (call.local) return {.hit = hit_in_folder(call, path)};
    const auto found = look_up(call.layout, revision, path);
    if (found.entry == CachedEntry::there) return {.hit = hit_in_cache(call, path, found.commit)};
    return {.hit = std::nullopt, .no_exist = found.entry == CachedEntry::no_exist};
}

asio::awaitable<fs::path> serve_without_hub(CallPtr call, const std::string* path,
                                            const std::string* revision, std::exception_ptr failure)
{
    const auto seen = co_await call->hub->workers.run([&] { return last_seen(*call, *path, *revision); });
    if (!seen.hit) {
        auto what = fmt::format("{} of {}", *path, call->scope().what);
        if (seen.no_exist) what += " (when the Hub was asked last, it had no such file)";
        throw_not_available(failure, call->force, what);
    }
    if (call->local && failure)
        call->warn(
            fmt::format("The Hub could not be asked whether {} has changed; the file in the folder is taken "
                        "as it is.",
                        printable(*path)));
    report_hit(*call, *path, seen.hit->size);
    co_return seen.hit->path;
}

/// What is to be done once the Hub has told hash and size; on a worker.
struct Plan {
    std::optional<Hit> hit;
    std::vector<std::string> warnings;
};

Plan plan_file(const DownloadCall& call, const RemoteFile& file, const std::string& revision)
{
    Plan plan;
    const auto& folder = call.local ? call.local->root() : call.layout.root();
    if (!call.local) {
        const auto look = [&] {
            if (call.force || !has_pointer(call.layout, file.commit, file.path, file.size)) return;
            plan.hit = Hit{call.layout.pointer(file.commit, file.path), file.size};
        };
        try {
            // The ref goes first: a crash leaves a ref to a snapshot that is not whole, which every reader
            // expects.
            write_ref(call.layout, revision, file.commit);
            look();
        } catch (const OSError& error) {
            look();
            if (!plan.hit) throw;
            // A cache that cannot be written still serves what it has.
            plan.warnings.push_back(fmt::format(
                "{} is served from the cache, but what the revision stands for could not be noted: {}",
                printable(file.path), error.message()));
        }
    }
    if (plan.hit || call.quiet_about_space) return plan;
    if (auto warning = check_space(file.size, folder, file.path))
        plan.warnings.push_back(std::move(*warning));
    return plan;
}

} // namespace

NextFile::NextFile(CallPtr call, RemoteFile file) : call_(std::move(call)), file_(std::move(file)) {}

NextFile::~NextFile() = default;

void NextFile::visit() noexcept
{
    try {
        // Never waits for the budget: the one who waits would hold what others wait for.
        if (!call_->hub->open_files.try_acquire(2, files_)) return;
        auto visit = std::make_unique<Visit>(visit_disk(*call_, file_));
        if (visit->ready || visit->session) visit_ = std::move(visit);
    } catch (const std::exception&) {
    }
}

std::unique_ptr<Visit> NextFile::take()
{
    files_.release();
    return std::move(visit_);
}

asio::awaitable<void> fetch_file(CallPtr call, RemoteFile file, std::unique_ptr<Visit> visited,
                                 std::shared_ptr<NextFile> next)
{
    DownloadItem item(call->progress, file.path);
    const auto job = std::make_shared<Job>(call, std::move(file), std::move(visited), std::move(next));
    std::exception_ptr failure;
    try {
        co_await fetch_shared(call, job, &item);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        failure = explain_full_disk(failure, job->file.path, job->file.size,
                                    call->local ? call->local->root() : call->layout.root());
    end_item(item, failure, job->file);
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<fs::path> download_file(CallPtr call, std::string path, std::string revision)
{
    if (is_commit_hash(revision) && !call->force)
        if (const auto hit =
                co_await call->hub->workers.run([&] { return certain_file(*call, path, revision); })) {
            report_hit(*call, path, hit->size);
            co_return hit->path;
        }
    Found found;
    if (!call->local_files_only) found = co_await ask_hub(call, &path, &revision);
    if (!found.file) {
        if (found.failure && classify_head_failure(found.failure) == HeadFailure::final)
            rethrow_as_documented(found.failure);
        co_return co_await serve_without_hub(call, &path, &revision, found.failure);
    }
    const auto file = *found.file;
    // Server text that becomes a path: a hostile one is not an unreachable Hub, and no cached file stands in
    // for it.
    check_commit_hash(file.commit);
    check_blob_name(file.etag);
    const auto plan = co_await call->hub->workers.run([&] { return plan_file(*call, file, revision); });
    for (const auto& warning : plan.warnings)
        call->warn(warning);
    if (plan.hit)
        report_hit(*call, path, plan.hit->size);
    else
        co_await fetch_file(call, file);
    co_return call->local ? call->local->root() / path : call->layout.pointer(file.commit, path);
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
