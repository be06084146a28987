// One file into the cache or a plain folder.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/common/call.hpp"
#include "cache/layout.hpp"
#include "cache/local_dir.hpp"
#include "transfer/download_progress.hpp"

namespace hfasync::detail {

/// What the files of one call share.
struct DownloadCall {
    HubPtr hub;
    RepoType type = RepoType::model;
    std::string repo_id;
    RepoLayout layout;
    std::shared_ptr<LocalDir> local; ///< null: into the cache
    bool force = false;
    bool local_files_only = false;
    Token token;
    std::optional<ProxyOptions> proxy;
    std::optional<std::chrono::duration<double>> etag_timeout;
    std::shared_ptr<DownloadProgress> progress;

    http::ErrorScope scope() const { return {.what = std::string(to_string(type)) + " " + repo_id}; }
};
using CallPtr = std::shared_ptr<const DownloadCall>;

/// A file of the Hub: all that must be known before its bytes are asked for. Checked: commit and etag are
/// safe names.
struct RemoteFile {
    std::string path;
    std::string commit;
    std::string etag;
    std::uint64_t size = 0;
    http::Url url;
};

/// A file of a known listing into the snapshot of its commit, unless it is there.
boost::asio::awaitable<void> fetch_to_cache(CallPtr call, RemoteFile file);
/// The same into the folder of call->local.
boost::asio::awaitable<void> fetch_to_folder(CallPtr call, RemoteFile file);

/// hf_hub_download after its arguments were checked: asks for the file's metadata as far as that is needed.
boost::asio::awaitable<std::filesystem::path> download_file(CallPtr call, std::string path,
                                                            std::string revision);

/// \throws HFValidationError, ValueError for arguments that cannot be used
std::optional<ProxyOptions> proxies_of(const std::optional<std::map<std::string, std::string>>& proxies);
/// A cancel of Asio as CancelledError; anything else as it is.
[[noreturn]] void rethrow_as_documented(const std::exception_ptr& failure);

} // namespace hfasync::detail
