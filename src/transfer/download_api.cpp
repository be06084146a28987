#include <hfasync/api/downloads.hpp>

#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "base/path_rules.hpp"
#include "http/proxy.hpp"
#include "transfer/download_file.hpp"
#include "transfer/snapshot.hpp"

namespace hfasync {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// What both calls take, checked before the first request.
template <class Options>
detail::DownloadCall make_call(const Hub& hub, const std::string& repo_id, const Options& options,
                               ProgressSink progress)
{
    const auto state = hub.state();
    const auto type = options.repo_type ? parse_repo_type(*options.repo_type) : RepoType::model;
    detail::DownloadCall call{
        .hub = state,
        .type = type,
        .repo_id = repo_id,
        .layout =
            detail::RepoLayout(options.cache_dir.value_or(state->options.cache.hub_cache), type, repo_id),
        .local = options.local_dir ? std::make_shared<detail::LocalDir>(*options.local_dir) : nullptr,
        .force = options.force_download,
        .local_files_only = options.local_files_only,
        .token = options.token,
        .proxy = http::proxies_of(options.proxies),
        .etag_timeout = std::nullopt,
        .progress = std::make_shared<detail::DownloadProgress>(std::move(progress), state->clock),
        .flight_scope = {},
        .flight_account = fmt::format("{} {} {}", fmt::ptr(state.get()),
                                      static_cast<int>(options.token.kind()), options.token.text())};
    std::error_code ignored;
    const auto folder =
        fs::absolute(call.local ? call.local->root() : call.layout.blobs(), ignored).lexically_normal();
    call.flight_scope =
        fmt::format("{}{}\n{}/", call.local ? "folder" : "cache", call.force ? " anew" : "", folder.string());
    if (options.etag_timeout) call.etag_timeout = std::chrono::duration<double>(*options.etag_timeout);
    // token=true without a token is an error even when no request is needed.
    (void)state->client.resolve_token({.token = options.token});
    return call;
}

/// Options that the reference takes for compatibility: each is told once, and nothing else.
template <class Options>
void warn_of_old_options(const detail::DownloadCall& call, const Options& options)
{
    if (options.resume_download)
        call.warn(
            "resume_download is deprecated and without effect: downloads always resume when possible. Use "
            "force_download to download again.");
    if constexpr (requires { options.force_filename; })
        if (options.force_filename)
            call.warn("force_filename is deprecated and without effect: files in the cache keep the names "
                      "that they "
                      "have on the Hub.");
    if (options.local_dir_use_symlinks && options.local_dir_use_symlinks->text() != "\"auto\"")
        call.warn(
            "local_dir_use_symlinks is deprecated and without effect: files in local_dir are never links.");
}

std::string checked_revision(const std::optional<std::string>& revision)
{
    auto text = revision.value_or(std::string(default_revision));
    validate_revision(text);
    return text;
}

asio::awaitable<fs::path> run_hf_hub_download(Hub hub, std::string repo_id, std::string filename,
                                              HfHubDownloadOptions options, ProgressSink progress)
{
    auto call =
        std::make_shared<const detail::DownloadCall>(make_call(hub, repo_id, options, std::move(progress)));
    warn_of_old_options(*call, options);
    const auto revision = checked_revision(options.revision);
    auto path =
        options.subfolder && !options.subfolder->empty() ? *options.subfolder + "/" + filename : filename;
    if (call->local)
        detail::check_local_dir_path(path);
    else
        detail::check_repo_path(path);
    std::exception_ptr failure;
    try {
        co_return co_await detail::download_file(std::move(call), std::move(path), revision);
    } catch (...) {
        failure = std::current_exception();
    }
    detail::rethrow_as_documented(failure);
}

asio::awaitable<fs::path> run_snapshot_download(Hub hub, std::string repo_id, SnapshotDownloadOptions options,
                                                ProgressSink progress)
{
    auto prepared = make_call(hub, repo_id, options, std::move(progress));
    prepared.quiet_about_space = prepared.sync_at_end = true;
    auto call = std::make_shared<const detail::DownloadCall>(std::move(prepared));
    warn_of_old_options(*call, options);
    if (options.max_workers == 0)
        throw ValueError("max_workers is 0; at least one file must be downloaded at a time.");
    detail::SnapshotPlan plan{.revision = checked_revision(options.revision),
                              .filter = PathFilter(options.allow_patterns, options.ignore_patterns),
                              .max_workers = options.max_workers};
    std::exception_ptr failure;
    try {
        co_return co_await detail::download_snapshot(std::move(call), std::move(plan));
    } catch (...) {
        failure = std::current_exception();
    }
    detail::rethrow_as_documented(failure);
}

} // namespace

asio::awaitable<fs::path> DownloadsApi::hf_hub_download(std::string repo_id, std::string filename,
                                                        HfHubDownloadOptions options,
                                                        ProgressSink progress) const
{
    return run_hf_hub_download(hub_, std::move(repo_id), std::move(filename), std::move(options),
                               std::move(progress));
}

asio::awaitable<fs::path> DownloadsApi::snapshot_download(std::string repo_id,
                                                          SnapshotDownloadOptions options,
                                                          ProgressSink progress) const
{
    return run_snapshot_download(hub_, std::move(repo_id), std::move(options), std::move(progress));
}

} // namespace hfasync
