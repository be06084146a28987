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
#include <utility>

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
    bool quiet_about_space = false; ///< the snapshot warns for all of its files at once
    bool sync_at_end = false;       ///< the snapshot syncs once what HubOptions::durable asks for
    Token token;
    std::optional<ProxyOptions> proxy;
    std::optional<std::chrono::duration<double>> etag_timeout;
    std::shared_ptr<DownloadProgress> progress;
    std::string flight_scope;   ///< what flights of this call's files are found by: kind and folder
    std::string flight_account; ///< whose failures they share; compared, never shown

    /// To HubOptions::on_warning; on the coroutine, not on a worker.
    void warn(const std::string& text) const
    {
        if (hub->options.on_warning) hub->options.on_warning(text);
    }
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
    bool new_here = false; ///< the cache had neither its blob nor its snapshot a moment ago: one look less
};

struct Visit;

/// A small file that the same task fetches next: the job that publishes the present one visits the disk for
/// it, which saves a hand-over between threads.
class NextFile {
public:
    NextFile(CallPtr call, RemoteFile file);
    NextFile(const NextFile&) = delete;
    ~NextFile();
    /// On a worker. Never throws: what went wrong then is found by the visit of the file's own turn.
    void visit() noexcept;
    /// What the visit found; null when there was none.
    std::unique_ptr<Visit> take();

private:
    CallPtr call_;
    RemoteFile file_;
    std::unique_ptr<Visit> visit_;
    Budget::Grant files_;
};

/// A file whose hash and size are known into the snapshot of its commit, or into the folder of call->local,
/// unless it is there.
boost::asio::awaitable<void> fetch_file(CallPtr call, RemoteFile file,
                                        std::unique_ptr<Visit> visited = nullptr,
                                        std::shared_ptr<NextFile> next = nullptr);

/// hf_hub_download after its arguments were checked: asks for the file's metadata as far as that is needed.
boost::asio::awaitable<std::filesystem::path> download_file(CallPtr call, std::string path,
                                                            std::string revision);

/// A cancel of Asio as CancelledError; anything else as it is.
[[noreturn]] void rethrow_as_documented(const std::exception_ptr& failure);

} // namespace hfasync::detail
