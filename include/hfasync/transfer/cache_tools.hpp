// What is in the cache: scan, delete, verify.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/progress.hpp>
#include <hfasync/repo_id.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// A file of a cached revision. Source: `CachedFileInfo`.
struct CachedFileInfo {
    std::string file_name;           ///< its last part: config.json
    std::filesystem::path file_path; ///< in the snapshot
    std::filesystem::path blob_path; ///< where the link leads; file_path itself where there are no links
    std::uint64_t size_on_disk = 0;  ///< bytes of the blob
    Timestamp blob_last_accessed{};
    Timestamp blob_last_modified{};
    bool operator==(const CachedFileInfo&) const = default;
};
HFASYNC_DESCRIBE(CachedFileInfo, file_name, file_path, blob_path, size_on_disk, blob_last_accessed,
                 blob_last_modified)

/// A cached commit; without refs it is detached. Source: `CachedRevisionInfo`.
struct CachedRevisionInfo {
    std::string commit_hash;
    std::filesystem::path snapshot_path;
    std::uint64_t size_on_disk = 0;    ///< bytes; what several files share counts once
    std::vector<CachedFileInfo> files; ///< by path
    std::vector<std::string> refs;     ///< branches, tags and refs/pr/N that point here, sorted
    Timestamp last_modified{};
    std::size_t nb_files() const noexcept { return files.size(); }
    bool operator==(const CachedRevisionInfo&) const = default;
};
HFASYNC_DESCRIBE(CachedRevisionInfo, commit_hash, snapshot_path, size_on_disk, files, refs, last_modified)

/// A cached repo. Source: `CachedRepoInfo`.
struct CachedRepoInfo {
    std::string repo_id;
    RepoType repo_type = RepoType::model;
    std::filesystem::path repo_path;
    std::uint64_t size_on_disk = 0;            ///< bytes; what several revisions share counts once
    std::uint64_t nb_files = 0;                ///< blobs
    std::vector<CachedRevisionInfo> revisions; ///< by commit hash
    Timestamp last_accessed{};
    Timestamp last_modified{};
    /// Each ref and the commit that it points to.
    std::map<std::string, std::string> refs() const;
    bool operator==(const CachedRepoInfo&) const = default;
};
HFASYNC_DESCRIBE(CachedRepoInfo, repo_id, repo_type, repo_path, size_on_disk, nb_files, revisions,
                 last_accessed, last_modified)

/// What a deletion would do; nothing is touched before execute(). Source: `DeleteCacheStrategy`.
struct DeleteCacheStrategy {
    std::uint64_t expected_freed_size = 0; ///< bytes
    std::vector<std::filesystem::path> blobs;
    std::vector<std::filesystem::path> refs;
    std::vector<std::filesystem::path> repos;     ///< deleted as a whole: no revision of them would be left
    std::vector<std::filesystem::path> snapshots; ///< of repos that keep another revision
    std::vector<std::string> revisions;           ///< commit hashes that were found
    std::vector<std::string> not_found;           ///< commit hashes that the cache does not have
    bool operator==(const DeleteCacheStrategy&) const = default;
};
HFASYNC_DESCRIBE(DeleteCacheStrategy, expected_freed_size, blobs, refs, repos, snapshots, revisions,
                 not_found)

/// All that a cache folder holds. Source: `HFCacheInfo`.
struct HFCacheInfo {
    std::uint64_t size_on_disk = 0;    ///< bytes of all valid repos
    std::vector<CachedRepoInfo> repos; ///< by path
    std::vector<std::string> warnings; ///< why a folder was left out: one sentence each
    /// What the deletion of these commits would free; they may be of several repos. No request, no disk.
    /// Source: `HFCacheInfo.delete_revisions`.
    DeleteCacheStrategy delete_revisions(const Strings& commit_hashes) const;
    bool operator==(const HFCacheInfo&) const = default;
};
HFASYNC_DESCRIBE(HFCacheInfo, size_on_disk, repos, warnings)

/// Options of scan_cache_dir.
struct ScanCacheDirOptions {
    std::optional<std::filesystem::path> cache_dir; ///< default: HubOptions::cache.hub_cache
};
HFASYNC_DESCRIBE(ScanCacheDirOptions, cache_dir)

/// Lists what the cache has; makes no request.
///
/// A malformed repo is left out and named in `warnings`, as in the reference.
/// *Errors*: FileNotFoundError (no such folder), ValueError (it is a file). Source: `scan_cache_dir`.
boost::asio::awaitable<HFCacheInfo> scan_cache_dir(Hub hub, ScanCacheDirOptions options = {});

/// What execute() did.
struct CacheDeletion {
    std::uint64_t freed_size = 0; ///< bytes
    std::vector<std::filesystem::path> deleted;
    std::vector<std::string> kept; ///< what was left and why: in use, or refused by the disk
};
HFASYNC_DESCRIBE(CacheDeletion, freed_size, deleted, kept)

/// Deletes what a strategy names: repos, then snapshots, refs and blobs, so that no link is left without its
/// blob.
///
/// Safe while others download: a blob is deleted under its lock and only if no snapshot has come to need it,
/// and a repo with a download under way, or with a revision that the strategy does not know, is not deleted
/// as a whole. What a strategy names outside its repos is not touched. *Cancellation*: after the current
/// repo. Source: `DeleteCacheStrategy.execute`.
boost::asio::awaitable<CacheDeletion> execute(Hub hub, DeleteCacheStrategy strategy);

/// What verify_cache has found out about a file.
enum class CacheFileState {
    ok,       ///< size and hash are what the name or the listing of the commit says
    mismatch, ///< they are not
    unknown,  ///< nothing on this disk says what the hash should be
    missing,  ///< a snapshot links to a blob that is not there
};
HFASYNC_DESCRIBE_ENUM(CacheFileState, ok, mismatch, unknown, missing)

/// One file that verify_cache() has checked.
struct VerifiedFile {
    std::filesystem::path path; ///< of the blob; of the file in the snapshot where there are no links
    std::string repo_id;
    RepoType repo_type = RepoType::model;
    CacheFileState state = CacheFileState::unknown;
    std::uint64_t size = 0;              ///< bytes
    std::optional<std::string> expected; ///< hash: SHA-256 (64 hex digits) or git's blob hash (40)
    std::optional<std::string> actual;
    bool deleted = false;
};
HFASYNC_DESCRIBE(VerifiedFile, path, repo_id, repo_type, state, size, expected, actual, deleted)

/// What verify_cache returns.
struct CacheVerification {
    std::vector<VerifiedFile> files; ///< by path
    std::uint64_t hashed_bytes = 0;
    std::vector<std::string> warnings; ///< what could not be read
    std::size_t count(CacheFileState state) const noexcept;
    /// No mismatch and nothing missing.
    bool good() const noexcept;
};
HFASYNC_DESCRIBE(CacheVerification, files, hashed_bytes, warnings)

/// Options of verify_cache.
struct VerifyCacheOptions {
    std::optional<std::filesystem::path> cache_dir; ///< default: HubOptions::cache.hub_cache
    Strings repos;                                  ///< ids, as owner/name; default: all
    std::optional<std::string> repo_type;           ///< model, dataset or space; default: any
    bool delete_bad = false; ///< files that do not match, and the links to them, are deleted under their lock
};
HFASYNC_DESCRIBE(VerifyCacheOptions, cache_dir, repos, repo_type, delete_bad)

/// Hashes what is in the cache and compares it with the names of the blobs; makes no request.
///
/// As many files at once as the Hub has worker threads, 256 KiB of its memory budget each. Partial downloads
/// are skipped. *Errors*: FileNotFoundError (no such folder, no such repo), ValueError (it is a file; an
/// unknown type; an invalid id). *Cancellation*: terminal, between two pieces of a file. Source: hfasync's
/// own.
boost::asio::awaitable<CacheVerification> verify_cache(Hub hub, VerifyCacheOptions options = {},
                                                       ProgressSink progress = {});

} // namespace hfasync
