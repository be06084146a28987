// Branches, tags and commits of a repo.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// One git reference. Source: `GitRefInfo`.
struct GitRefInfo {
    std::string name;          ///< "main"
    std::string ref;           ///< "refs/heads/main"
    std::string target_commit; ///< 40 hex digits
    bool operator==(const GitRefInfo&) const = default;
};
HFASYNC_DESCRIBE(GitRefInfo, name, ref, target_commit)

/// The git references of a repo. Source: `GitRefs`.
struct GitRefs {
    std::vector<GitRefInfo> branches;
    std::vector<GitRefInfo> converts; ///< refs/convert/...: made by the Hub for datasets
    std::vector<GitRefInfo> tags;
    std::optional<std::vector<GitRefInfo>> pull_requests; ///< when asked for
    bool operator==(const GitRefs&) const = default;
};
HFASYNC_DESCRIBE(GitRefs, branches, converts, tags, pull_requests)

/// A commit of a repo. Source: `GitCommitInfo`.
struct GitCommitInfo {
    std::string commit_id;            ///< 40 hex digits
    std::vector<std::string> authors; ///< user names
    Timestamp created_at{};
    std::string title;
    std::string message;
    std::optional<std::string> formatted_title;   ///< HTML, when asked for
    std::optional<std::string> formatted_message; ///< HTML, when asked for
    bool operator==(const GitCommitInfo&) const = default;
};
HFASYNC_DESCRIBE(GitCommitInfo, commit_id, authors, created_at, title, message, formatted_title,
                 formatted_message)
template <>
inline constexpr std::array field_rules<GitCommitInfo>{
    FieldRule{.field = "commit_id", .wire = "id", .required = true},
    FieldRule{.field = "created_at", .wire = "date"},
};

} // namespace hfasync
