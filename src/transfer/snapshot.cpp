#include "transfer/snapshot.hpp"

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "api/common/repo_head.hpp"
#include "api/common/tree.hpp"
#include "async/task_group.hpp"
#include "base/hash.hpp"
#include "cache/pointers.hpp"
#include "cache/refs.hpp"
#include "transfer/download_errors.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// The commit of a revision and the names of its files.
struct Listing {
    std::string commit;
    std::vector<std::string> paths;
};

Listing read_listing(const boost::json::value& answer, const std::string& source, const PathFilter& filter)
{
    const auto bad = [&](const char* what) {
        throw BadResponseError(errc::bad_response, fmt::format("{}: expected {}", source, what));
    };
    const auto* object = answer.if_object();
    const auto* sha = object ? object->if_contains("sha") : nullptr;
    if (!sha || !sha->is_string()) bad("a commit hash at $.sha");
    Listing listing{.commit = std::string(sha->get_string()), .paths = {}};
    check_commit_hash(listing.commit);
    const auto* siblings = object->if_contains("siblings");
    if (!siblings || !siblings->is_array()) bad("an array at $.siblings");
    for (const auto& sibling : siblings->get_array()) {
        const auto* entry = sibling.if_object();
        const auto* name = entry ? entry->if_contains("rfilename") : nullptr;
        if (!name || !name->is_string()) bad("a file name at $.siblings[].rfilename");
        const std::string_view path = name->get_string();
        if (filter(path)) listing.paths.emplace_back(path);
    }
    return listing;
}

void check_names(const DownloadCall& call, const std::vector<std::string>& paths)
{
    for (const auto& path : paths) {
        if (call.local)
            check_local_dir_path(path);
        else
            check_repo_path(path);
    }
}

asio::awaitable<Listing> ask_listing(CallPtr call, const SnapshotPlan* plan)
{
    if (call->hub->options.offline) throw_offline();
    auto request = repo_request(call->hub, {.type = call->type, .id = call->repo_id, .token = call->token},
                                plan->revision);
    request.proxy = call->proxy;
    const auto source = "GET " + request.url.redacted();
    const auto answer = co_await fetch_json(call->hub, std::move(request), call->scope());
    auto listing = read_listing(answer, source, plan->filter);
    check_names(*call, listing.paths);
    co_return listing;
}

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

bool is_there(const DownloadCall& call, const std::string& commit, const std::string& path)
{
    if (!call.local) return has_pointer(call.layout, commit, path);
    if (!call.local->has_file(path)) return false;
    const auto metadata = call.local->read_metadata(path);
    return metadata && metadata->commit == commit;
}

/// Writes the ref and returns the files that have to be fetched; on a worker.
std::vector<std::string> plan_work(const DownloadCall& call, const SnapshotPlan& plan, const Listing& listing)
{
    try {
        write_ref(call.layout, plan.revision, listing.commit);
    } catch (const OSError&) {
        // A cache that cannot be written still serves what it has; the reference warns and goes on.
    }
    if (call.force) return listing.paths;
    std::vector<std::string> missing;
    for (const auto& path : listing.paths)
        if (!is_there(call, listing.commit, path)) missing.push_back(path);
    return missing;
}

using Known = std::unordered_map<std::string, RemoteFile>;

std::optional<RemoteFile> remote_from(const DownloadCall& call, const std::string& commit,
                                      const RepoFile& entry)
{
    const auto& etag = entry.lfs ? entry.lfs->sha256 : entry.blob_id;
    if (!is_lower_hex(etag, entry.lfs ? 64 : 40)) return std::nullopt; // asked for by a HEAD instead
    return RemoteFile{.path = entry.path,
                      .commit = commit,
                      .etag = etag,
                      .size = entry.lfs ? entry.lfs->size : entry.size,
                      .url = resolve_url(call.hub, call.type, call.repo_id, entry.path, commit)};
}

bool has_no_tree(errc code)
{
    return code == errc::not_found || code == errc::entry_not_found || code == errc::http_status ||
           code == errc::server_error || code == errc::bad_response;
}

/// Sizes and hashes of the files that are missing, from the tree. Empty where there is no such route: every
/// file is then asked for by a HEAD.
asio::awaitable<Known> ask_tree(CallPtr call, std::string commit, const std::vector<std::string>* missing)
{
    Known known;
    // Up to so many a HEAD each is not more than the tree.
    constexpr std::size_t few = 1;
    if (missing->size() <= few) co_return known;
    const std::unordered_set<std::string_view> wanted(missing->begin(), missing->end());
    try {
        auto entries =
            tree_entries(call->hub, {.repo = {.type = call->type, .id = call->repo_id, .token = call->token},
                                     .path = {},
                                     .recursive = true,
                                     .expand = false,
                                     .revision = commit});
        while (auto entry = co_await entries.next()) {
            const auto* file = std::get_if<RepoFile>(&*entry);
            if (!file || !wanted.contains(file->path)) continue;
            if (auto remote = remote_from(*call, commit, *file))
                known.emplace(file->path, std::move(*remote));
        }
    } catch (const HubError& error) {
        // Mirrors know the resolve routes only; every file is then asked for by a HEAD.
        if (!has_no_tree(error.code())) throw;
    }
    co_return known;
}

asio::awaitable<void> fetch_one(CallPtr call, const Known* known, const std::string* commit, std::string path)
{
    const auto found = known->find(path);
    if (found == known->end()) {
        (void)co_await download_file(call, std::move(path), *commit);
    } else if (call->local) {
        co_await fetch_to_folder(call, found->second);
    } else {
        co_await fetch_to_cache(call, found->second);
    }
}

asio::awaitable<void> fetch_all(CallPtr call, const SnapshotPlan* plan, const Listing* listing,
                                const std::vector<std::string>* missing)
{
    const auto known = co_await ask_tree(call, listing->commit, missing);
    std::uint64_t bytes = 0;
    for (const auto& [path, file] : known)
        bytes += file.size;
    call->progress->start_total(bytes, listing->paths.size());
    call->progress->add_cached(0, listing->paths.size() - missing->size());
    co_await for_each_index(missing->size(), plan->max_workers, [&](std::size_t i) -> asio::awaitable<void> {
        return fetch_one(call, &known, &listing->commit, (*missing)[i]);
    });
}

} // namespace

asio::awaitable<fs::path> download_snapshot(CallPtr call, SnapshotPlan plan)
{
    std::exception_ptr failure;
    std::optional<Listing> listing;
    if (!call->local_files_only) {
        try {
            listing = co_await ask_listing(call, &plan);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (failure && classify_head_failure(failure) == HeadFailure::final) std::rethrow_exception(failure);
    if (!listing) {
        if (auto folder =
                co_await call->hub->workers.run([&] { return local_snapshot(*call, plan.revision); }))
            co_return *folder;
        throw_not_available(failure, false,
                            fmt::format("A snapshot of {} at {}", call->scope().what, plan.revision));
    }
    const auto missing = co_await call->hub->workers.run([&] { return plan_work(*call, plan, *listing); });
    try {
        if (!missing.empty()) co_await fetch_all(call, &plan, &*listing, &missing);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        call->progress->end_total(ProgressKind::failed, "a file could not be downloaded");
        std::rethrow_exception(failure);
    }
    call->progress->end_total(ProgressKind::finished, {});
    if (!call->local) co_return call->layout.snapshot(listing->commit);
    co_return co_await call->hub->workers.run([&] { return fs::weakly_canonical(call->local->root()); });
}

} // namespace hfasync::detail
