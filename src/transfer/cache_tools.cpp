#include <hfasync/transfer/cache_tools.hpp>

#include <set>

#include <fmt/format.h>

#include "api/common/hub_state.hpp"
#include "async/task_group.hpp"
#include "base/encoding.hpp"
#include "cache/delete_plan.hpp"
#include "cache/scan.hpp"
#include "transfer/documented_cancel.hpp"

namespace hfasync {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// Bytes of a repo that stand outside of it and that another one had, too: huggingface_hub 1.x keeps what
/// came through Xet once for all repos. `shared` is what was seen of that.
std::uint64_t seen_before(const CachedRepoInfo& repo, std::set<fs::path>& shared)
{
    std::uint64_t bytes = 0;
    std::set<fs::path> own;
    const auto inside = (repo.repo_path / "").native();
    for (const auto& revision : repo.revisions)
        for (const auto& file : revision.files)
            if (!file.blob_path.native().starts_with(inside) && own.insert(file.blob_path).second &&
                shared.contains(file.blob_path))
                bytes += file.size_on_disk;
    shared.merge(own);
    return bytes;
}

asio::awaitable<HFCacheInfo> run_scan(Hub hub, ScanCacheDirOptions options)
{
    const auto state = hub.state();
    const auto folders = co_await state->workers.run([&] {
        return detail::list_cache_dir(
            detail::open_cache_dir(options.cache_dir.value_or(state->options.cache.hub_cache)));
    });
    std::vector<detail::ScannedRepo> scanned(folders.size());
    // One job a repo: a cancel is seen between two of them.
    const auto scan_one = [](Hub::State* of, const fs::path* folder,
                             detail::ScannedRepo* into) -> asio::awaitable<void> {
        *into = co_await of->workers.run([folder] { return detail::scan_cached_repo(*folder); });
    };
    co_await detail::for_each_index(folders.size(), state->options.worker_threads, [&](std::size_t i) {
        return scan_one(state.get(), &folders[i], &scanned[i]);
    });
    HFCacheInfo info;
    std::set<fs::path> shared;
    for (auto& [repo, warning] : scanned) {
        if (!repo) {
            info.warnings.push_back(std::move(warning));
            continue;
        }
        info.size_on_disk += repo->size_on_disk - seen_before(*repo, shared);
        info.repos.push_back(std::move(*repo));
    }
    co_return info;
}

void delete_one(const detail::RepoDeletion& deletion, const std::set<std::string>& revisions,
                CacheDeletion& done)
{
    try {
        detail::delete_from_repo(deletion, revisions, done);
    } catch (const fs::filesystem_error& error) { // one unreadable repo is no reason to leave the others
        done.kept.push_back(
            fmt::format("{}: {}", detail::printable(deletion.repo.string()), error.code().message()));
    }
}

asio::awaitable<CacheDeletion> run_execute(Hub hub, DeleteCacheStrategy strategy)
{
    const auto state = hub.state();
    const std::set<std::string> revisions(strategy.revisions.begin(), strategy.revisions.end());
    auto deletions = detail::deletions_by_repo(strategy);
    CacheDeletion done;
    // The reference's order: whole repos go first.
    for (const bool whole : {true, false})
        for (const auto& deletion : deletions)
            if (deletion.whole == whole)
                co_await state->workers.run([&] { delete_one(deletion, revisions, done); });
    co_return done;
}

} // namespace

asio::awaitable<HFCacheInfo> scan_cache_dir(Hub hub, ScanCacheDirOptions options)
{
    return detail::documented_cancel(run_scan(std::move(hub), std::move(options)), "The scan was cancelled.");
}

asio::awaitable<CacheDeletion> execute(Hub hub, DeleteCacheStrategy strategy)
{
    return detail::documented_cancel(run_execute(std::move(hub), std::move(strategy)),
                                     "The deletion was cancelled; what was deleted before is gone.");
}

} // namespace hfasync
