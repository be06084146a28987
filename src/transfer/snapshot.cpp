#include "transfer/snapshot.hpp"

#include <atomic>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "async/task_group.hpp"
#include "cache/pointers.hpp"
#include "cache/refs.hpp"
#include "transfer/disk_space.hpp"
#include "transfer/download_errors.hpp"
#include "transfer/download_visit.hpp"
#include "transfer/snapshot_listing.hpp"
#include "transfer/snapshot_names.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// A file that comes in one buffer: the next one may be prepared by the job that publishes it.
constexpr std::uint64_t small_file = 256 << 10;
/// From so many files on, the Hub's list of names is known to be cut off.
constexpr std::size_t too_many_names = 50'000;
constexpr std::size_t names_a_page = 1'000;

/// What is on this disk of the revision, when the Hub cannot be asked.
std::optional<fs::path> local_snapshot(const DownloadCall& call, const std::string& revision)
{
    std::error_code ignored;
    if (call.local) {
        const auto& root = call.local->root();
        if (!fs::is_directory(root, ignored) || fs::is_empty(root, ignored)) return std::nullopt;
        return fs::canonical(root);
    }
    const auto commit = resolve_cached_revision(call.layout, revision);
    if (!commit) return std::nullopt;
    auto folder = call.layout.snapshot(*commit);
    if (!fs::is_directory(folder, ignored)) return std::nullopt;
    return folder;
}

/// What has to be done for a listing.
struct Work {
    std::vector<std::string> missing;
    std::uint64_t cached_bytes = 0; ///< of the files that are there
    std::vector<std::string> warnings;
};

/// Bytes of a file that is there and right, as far as that can be told without reading it.
std::optional<std::uint64_t> size_there(const DownloadCall& call, const std::string& commit,
                                        const std::string& path, const TreeFile* known,
                                        const PointerSizes& pointers)
{
    if (!call.local) {
        const auto size = pointers.size(path);
        return size && known && *size != known->bytes() ? std::nullopt : size;
    }
    if (!call.local->has_file(path)) return std::nullopt;
    const auto metadata = call.local->read_metadata(path);
    if (!metadata || metadata->commit != commit) return std::nullopt;
    return known ? known->bytes() : file_id(call.local->open_file(path), call.local->root() / path).size;
}

/// Writes the ref and finds the files that have to be fetched; on a worker.
Work plan_work(const DownloadCall& call, const std::string& revision, const RevisionFiles& files)
{
    Work work;
    try {
        write_ref(call.layout, revision, files.commit);
    } catch (const OSError& error) {
        // A cache that cannot be written still serves what it has.
        if (!call.local)
            work.warnings.push_back(fmt::format("What '{}' stands for could not be noted in the cache: {}",
                                                revision, error.message()));
    }
    const auto known = by_path(files.tree);
    std::error_code ignored;
    const auto folder = call.local ? call.local->root() : call.layout.snapshot(files.commit);
    const bool none = call.force || !fs::is_directory(folder, ignored);
    const PointerSizes pointers(call.layout, files.commit);
    for (const auto& path : files.paths) {
        const auto found = known.find(path);
        const auto size = none ? std::nullopt
                               : size_there(call, files.commit, path,
                                            found == known.end() ? nullptr : found->second, pointers);
        if (size)
            work.cached_bytes += *size;
        else
            work.missing.push_back(path);
    }
    if (!work.missing.empty())
        check_collisions(files.paths, probe_below(call.local ? folder : call.layout.blobs()));
    return work;
}

/// A HEAD and a GET a file are not more than the pages of the tree and a GET a file.
bool tree_pays(const RevisionFiles& files, const Work& work)
{
    return work.missing.size() >= (files.in_repo + names_a_page - 1) / names_a_page;
}

/// The files to fetch, and what is known of them.
struct Fetches {
    std::vector<std::string> paths;
    std::vector<std::optional<RemoteFile>> known; ///< nullopt: a HEAD tells
    std::uint64_t bytes = 0;                      ///< of those that are known
    bool sizes_missing = false;
    std::vector<std::string> warnings;
};

std::unordered_set<std::string> blob_names(const DownloadCall& call)
{
    std::unordered_set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(call.layout.blobs(), error), end; !error && entry != end;
         entry.increment(error))
        names.insert(entry->path().filename().string());
    return names;
}

/// On a worker.
Fetches plan_fetches(const DownloadCall& call, const RevisionFiles& files, Work work)
{
    Fetches fetches{.paths = std::move(work.missing)};
    const auto known = by_path(files.tree);
    // One look into the folder instead of one a file.
    const auto blobs = call.local || call.force ? std::unordered_set<std::string>{} : blob_names(call);
    fetches.known.resize(fetches.paths.size());
    for (std::size_t i = 0; i < fetches.paths.size(); ++i) {
        const auto found = known.find(fetches.paths[i]);
        if (found == known.end() || !has_usable_hashes(*found->second)) {
            fetches.sizes_missing = true;
            continue;
        }
        const auto& file = *found->second;
        fetches.bytes += file.bytes();
        fetches.known[i] =
            RemoteFile{.path = file.path,
                       .commit = files.commit,
                       .etag = file.etag(),
                       .size = file.bytes(),
                       .url = resolve_url(call.hub, call.type, call.repo_id, file.path, files.commit),
                       .new_here = !call.local && !call.force && !blobs.contains(file.etag())};
    }
    const auto& folder = call.local ? call.local->root() : call.layout.root();
    if (auto warning = check_space(fetches.bytes, folder, call.scope().what))
        fetches.warnings.push_back(std::move(*warning));
    return fetches;
}

/// A listing that this disk kept may be wrong (it is only a file): what the Hub does not send as it says is
/// asked for anew, once.
bool may_be_stale(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const IntegrityError&) {
        return true;
    } catch (const EntryNotFoundError&) {
        return true;
    } catch (...) {
        return false;
    }
}

/// One task of a snapshot: file after file until none is left.
class Fetcher {
public:
    Fetcher(CallPtr call, const RevisionFiles* files, const Fetches* fetches, std::atomic<std::size_t>* line)
        : call_(std::move(call)), files_(files), fetches_(fetches), line_(line)
    {
    }

    asio::awaitable<void> run()
    {
        std::unique_ptr<Visit> visited;
        for (auto i = (*line_)++; i < fetches_->paths.size();) {
            // Only a small file is soon done: behind another one, the next would wait for a task that is
            // busy.
            std::shared_ptr<NextFile> next;
            std::optional<std::size_t> taken;
            if (is_small(i)) {
                taken = (*line_)++;
                if (*taken < fetches_->paths.size() && is_small(*taken))
                    next = std::make_shared<NextFile>(call_, *fetches_->known[*taken]);
            }
            co_await fetch(i, std::exchange(visited, nullptr), next);
            if (next) visited = next->take();
            i = taken ? *taken : (*line_)++;
        }
    }

private:
    bool is_small(std::size_t i) const
    {
        return fetches_->known[i] && fetches_->known[i]->size <= small_file;
    }

    asio::awaitable<void> fetch(std::size_t i, std::unique_ptr<Visit> visited, std::shared_ptr<NextFile> next)
    {
        std::exception_ptr failure;
        if (fetches_->known[i]) {
            try {
                co_await fetch_file(call_, *fetches_->known[i], std::move(visited), std::move(next));
                co_return;
            } catch (...) {
                failure = std::current_exception();
            }
            if (!files_->tree_from_disk || !may_be_stale(failure)) std::rethrow_exception(failure);
            co_await call_->hub->workers.run([this] { forget_tree(*call_, files_->commit); });
        }
        (void)co_await download_file(call_, fetches_->paths[i], files_->commit);
    }

    CallPtr call_;
    const RevisionFiles* files_;
    const Fetches* fetches_;
    std::atomic<std::size_t>* line_;
};

asio::awaitable<void> fetch_all(CallPtr call, const RevisionFiles* files, const Fetches* fetches,
                                std::size_t max_workers)
{
    std::atomic<std::size_t> line = 0;
    const auto tasks = std::min(fetches->paths.size(), max_workers);
    std::vector<Fetcher> fetchers(tasks, Fetcher(call, files, fetches, &line));
    co_await for_each_index(tasks, tasks, [&](std::size_t i) { return fetchers[i].run(); });
}

/// The revision's files: from this disk when nothing can have changed, else from the Hub.
asio::awaitable<RevisionFiles> find_files(CallPtr call, const SnapshotPlan* plan)
{
    if (is_commit_hash(plan->revision) && !call->force)
        if (auto tree =
                co_await call->hub->workers.run([&] { return tree_on_disk(*call, plan->revision); })) {
            auto files = listing_of(*call, plan->revision, std::move(tree), plan->filter);
            files.tree_from_disk = true;
            co_return files;
        }
    auto files = co_await ask_revision(call, plan->revision, plan->filter);
    files.tree = co_await call->hub->workers.run([&] { return tree_on_disk(*call, files.commit); });
    files.tree_from_disk = files.tree != nullptr;
    if (files.in_repo < too_many_names) co_return files;
    if (!files.tree) files.tree = co_await ask_tree(call, files.commit);
    if (!files.tree) co_return files;
    auto all = listing_of(*call, files.commit, files.tree, plan->filter);
    all.tree_from_disk = files.tree_from_disk;
    co_return all;
}

asio::awaitable<void> download_files(CallPtr call, const SnapshotPlan* plan, RevisionFiles* files)
{
    auto work = co_await call->hub->workers.run([&] { return plan_work(*call, plan->revision, *files); });
    for (const auto& warning : work.warnings)
        call->warn(warning);
    const auto total = files->paths.size();
    DownloadProgress::Total start{
        .files = total, .cached_bytes = work.cached_bytes, .cached_files = total - work.missing.size()};
    if (work.missing.empty()) {
        start.bytes = start.cached_bytes;
        call->progress->start_total(start);
        co_return;
    }
    if (!files->tree && tree_pays(*files, work)) files->tree = co_await ask_tree(call, files->commit);
    const auto fetches =
        co_await call->hub->workers.run([&] { return plan_fetches(*call, *files, std::move(work)); });
    for (const auto& warning : fetches.warnings)
        call->warn(warning);
    start.bytes = start.cached_bytes + fetches.bytes;
    start.grows = fetches.sizes_missing;
    call->progress->start_total(start);
    co_await fetch_all(call, files, &fetches, plan->max_workers);
    if (call->hub->options.durable && !call->local)
        co_await call->hub->workers.run([&] { sync_file_system(call->layout.folder()); });
}

} // namespace

asio::awaitable<fs::path> download_snapshot(CallPtr call, SnapshotPlan plan)
{
    std::exception_ptr failure;
    std::optional<RevisionFiles> files;
    if (!call->local_files_only) {
        try {
            if (call->hub->options.offline) throw_offline();
            files = co_await find_files(call, &plan);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (failure && classify_head_failure(failure) == HeadFailure::final) std::rethrow_exception(failure);
    if (!files) {
        const auto folder =
            co_await call->hub->workers.run([&] { return local_snapshot(*call, plan.revision); });
        if (!folder)
            throw_not_available(failure, false,
                                fmt::format("A snapshot of {} at {}", call->scope().what, plan.revision));
        if (call->local && failure)
            call->warn("The Hub could not be asked what has changed; local_dir is taken as it is.");
        co_return *folder;
    }
    try {
        co_await download_files(call, &plan, &*files);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        call->progress->end_total(ProgressKind::failed, "a file could not be downloaded");
        std::rethrow_exception(failure);
    }
    call->progress->end_total(ProgressKind::finished, {});
    if (!call->local) co_return call->layout.snapshot(files->commit);
    co_return co_await call->hub->workers.run([&] { return fs::weakly_canonical(call->local->root()); });
}

} // namespace hfasync::detail
