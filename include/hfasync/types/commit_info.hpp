// CommitInfo: what a call that commits returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/types/repo_url.hpp>

namespace hfasync {

/// A commit that was made, or the head of the branch when there was nothing to commit. Source: `CommitInfo`.
struct CommitInfo {
    std::string commit_url;            ///< web page of the commit
    std::string commit_message;        ///< first line
    std::string commit_description;    ///< may be empty
    std::string oid;                   ///< 40 hex digits
    std::optional<std::string> pr_url; ///< of the Pull Request that was opened (`create_pr`)
    RepoUrl repo_url;
    std::optional<std::string> pr_revision; ///< refs/pr/N
    std::optional<std::uint64_t> pr_num;
    /// The reference's legacy `_url`: page of the uploaded file or folder, or the commit's.
    std::string legacy_url;
    bool operator==(const CommitInfo&) const = default;
};
HFASYNC_DESCRIBE(CommitInfo, commit_url, commit_message, commit_description, oid, pr_url, repo_url,
                 pr_revision, pr_num, legacy_url)
template <>
inline constexpr std::array field_rules<CommitInfo>{FieldRule{.field = "legacy_url", .printed = false}};

} // namespace hfasync
