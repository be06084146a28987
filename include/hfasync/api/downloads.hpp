// Downloads: hf_hub_download, snapshot_download.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/progress.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>

namespace hfasync {

struct HfHubDownloadOptions {
    std::optional<std::string> subfolder;           ///< put before the file name
    std::optional<std::string> repo_type;           ///< model (default), dataset or space
    std::optional<std::string> revision;            ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::filesystem::path> cache_dir; ///< default: HubOptions::cache.hub_cache
    std::optional<std::filesystem::path> local_dir; ///< a plain folder in place of the cache
    bool force_download = false;                    ///< even when it is there
    std::optional<std::map<std::string, std::string>> proxies; ///< scheme to URL, in place of the Hub's
    std::optional<double> etag_timeout; ///< seconds to wait for the file's metadata; default 10
    Token token;
    bool local_files_only = false;              ///< no request; LocalEntryNotFoundError when it is not there
    std::optional<bool> resume_download;        ///< without effect: downloads are always resumed
    std::optional<std::string> force_filename;  ///< without effect (deprecated in the reference)
    std::optional<Json> local_dir_use_symlinks; ///< without effect (deprecated in the reference)
};
HFASYNC_DESCRIBE(HfHubDownloadOptions, subfolder, repo_type, revision, cache_dir, local_dir, force_download,
                 proxies, etag_timeout, token, local_files_only, resume_download, force_filename,
                 local_dir_use_symlinks)

struct SnapshotDownloadOptions {
    std::optional<std::string> repo_type;           ///< model (default), dataset or space
    std::optional<std::string> revision;            ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::filesystem::path> cache_dir; ///< default: HubOptions::cache.hub_cache
    std::optional<std::filesystem::path> local_dir; ///< a plain folder in place of the cache
    std::optional<std::map<std::string, std::string>> proxies; ///< scheme to URL, in place of the Hub's
    std::optional<double> etag_timeout; ///< seconds to wait for a file's metadata; default 10
    bool force_download = false;        ///< even what is there
    Token token;
    bool local_files_only = false;         ///< no request; whatever the cache has of the revision
    std::optional<Strings> allow_patterns; ///< shell patterns ('*' matches '/'); an empty list allows nothing
    std::optional<Strings> ignore_patterns;     ///< shell patterns
    std::size_t max_workers = 8;                ///< files at once
    std::optional<Json> local_dir_use_symlinks; ///< without effect (deprecated in the reference)
    std::optional<bool> resume_download;        ///< without effect: downloads are always resumed
};
HFASYNC_DESCRIBE(SnapshotDownloadOptions, repo_type, revision, cache_dir, local_dir, proxies, etag_timeout,
                 force_download, token, local_files_only, allow_patterns, ignore_patterns, max_workers,
                 local_dir_use_symlinks, resume_download)

/// Files from the Hub into the cache shared with huggingface_hub, or into a plain folder.
///
/// Every byte is hashed while it arrives; a file gets its final name only when its size and hash are right.
/// *Retries*: a broken body is resumed where it stopped, across processes too; after a wrong hash the file is
/// fetched once more. *Cancellation*: terminal; leaves whole files, or partial ones that the next call
/// resumes.
class DownloadsApi {
public:
    explicit DownloadsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Downloads one file unless it is already there, and returns its path.
    ///
    /// Without a connection the cached file of the revision is returned when there is one.
    /// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError, EntryNotFoundError,
    /// LocalEntryNotFoundError (not there and the Hub cannot be asked), IntegrityError, OSError, ValueError
    /// (force_download without a connection; a file name that leaves the folder). Source: `hf_hub_download`.
    boost::asio::awaitable<std::filesystem::path> hf_hub_download(std::string repo_id, std::string filename,
                                                                  HfHubDownloadOptions options = {},
                                                                  ProgressSink progress = {}) const;

    /// Downloads all files of a revision that the patterns let through, and returns their folder.
    ///
    /// One request when everything is there. *Errors*: as hf_hub_download. Source: `snapshot_download`.
    boost::asio::awaitable<std::filesystem::path> snapshot_download(std::string repo_id,
                                                                    SnapshotDownloadOptions options = {},
                                                                    ProgressSink progress = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
