// Files and folders of a repo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// A file's LFS metadata. Source: `BlobLfsInfo`.
struct BlobLfsInfo {
    std::uint64_t size = 0;         ///< bytes of the object
    std::string sha256;             ///< lower-case hex
    std::uint64_t pointer_size = 0; ///< bytes of the pointer file in git
    bool operator==(const BlobLfsInfo&) const = default;
};
HFASYNC_DESCRIBE(BlobLfsInfo, size, sha256, pointer_size)
// Tree entries spell it `oid`, repo info `sha256`.
template <>
inline constexpr std::array field_rules<BlobLfsInfo>{
    FieldRule{.field = "sha256", .wire = "sha256", .also = "oid"}};

/// A file's security scan. Source: `BlobSecurityInfo`.
struct BlobSecurityInfo {
    bool safe = false; ///< status is "safe"
    std::string status;
    Json av_scan;
    Json pickle_import_scan;
    bool operator==(const BlobSecurityInfo&) const = default;
};
HFASYNC_DESCRIBE(BlobSecurityInfo, safe, status, av_scan, pickle_import_scan)

/// The last commit that touched a file or folder. Source: `LastCommitInfo`.
struct LastCommitInfo {
    std::string oid;
    std::string title;
    Timestamp date{};
    bool operator==(const LastCommitInfo&) const = default;
};
HFASYNC_DESCRIBE(LastCommitInfo, oid, title, date)
template <>
inline constexpr std::array field_rules<LastCommitInfo>{FieldRule{.field = "oid", .wire = "id"}};

/// A file of a repo. Source: `RepoFile`.
struct RepoFile {
    std::string path;       ///< relative to the repo's root
    std::uint64_t size = 0; ///< bytes
    std::string blob_id;    ///< git object id
    std::optional<BlobLfsInfo> lfs;
    std::optional<LastCommitInfo> last_commit; ///< with `expand` only
    std::optional<BlobSecurityInfo> security;  ///< with `expand` only
    bool operator==(const RepoFile&) const = default;
};
HFASYNC_DESCRIBE(RepoFile, path, size, blob_id, lfs, last_commit, security)
template <>
inline constexpr std::array field_rules<RepoFile>{
    FieldRule{.field = "path", .required = true},
    FieldRule{.field = "size", .required = true},
    FieldRule{.field = "blob_id", .wire = "oid", .required = true},
    FieldRule{.field = "security", .wire = "securityFileStatus"},
};

/// A folder of a repo. Source: `RepoFolder`.
struct RepoFolder {
    std::string path;                          ///< relative to the repo's root
    std::string tree_id;                       ///< git object id
    std::optional<LastCommitInfo> last_commit; ///< with `expand` only
    bool operator==(const RepoFolder&) const = default;
};
HFASYNC_DESCRIBE(RepoFolder, path, tree_id, last_commit)
template <>
inline constexpr std::array field_rules<RepoFolder>{
    FieldRule{.field = "path", .required = true},
    FieldRule{.field = "tree_id", .wire = "oid", .required = true},
};

/// An entry of a repo's tree.
using TreeEntry = std::variant<RepoFile, RepoFolder>;

/// A file as listed in a repo's info. Source: `RepoSibling`.
struct RepoSibling {
    std::string rfilename; ///< relative to the repo's root
    // With `files_metadata` only.
    std::optional<std::uint64_t> size;  ///< bytes
    std::optional<std::string> blob_id; ///< git object id
    std::optional<BlobLfsInfo> lfs;
    bool operator==(const RepoSibling&) const = default;
};
HFASYNC_DESCRIBE(RepoSibling, rfilename, size, blob_id, lfs)
template <>
inline constexpr std::array field_rules<RepoSibling>{FieldRule{.field = "rfilename", .required = true}};

} // namespace hfasync
