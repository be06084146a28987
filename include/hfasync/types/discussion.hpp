// Discussions, pull requests and their events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/repo_id.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// Only pull requests are merged, or drafts. Source: `DiscussionStatus`.
enum class DiscussionStatus { open, closed, merged, draft };
HFASYNC_DESCRIBE_ENUM(DiscussionStatus, open, closed, merged, draft)

/// A discussion or pull request. Source: `Discussion`.
struct Discussion {
    std::string title;
    Open<DiscussionStatus> status;
    std::int64_t num = 0; ///< what the other calls take as `discussion_num`
    std::string repo_id;  ///< its current id; after a rename, not the one asked for
    RepoType repo_type = RepoType::model;
    std::string author = "deleted"; ///< user name; "deleted" when the account is gone
    bool is_pull_request = false;
    Timestamp created_at{};
    std::string endpoint; ///< of the Hub asked

    /// "refs/pr/N", the revision to which changes are committed; nullopt for a plain discussion.
    std::optional<std::string> git_reference() const;
    /// Its web page.
    std::string url() const;
    bool operator==(const Discussion&) const = default;
};
HFASYNC_DESCRIBE(Discussion, title, status, num, repo_id, repo_type, author, is_pull_request, created_at,
                 endpoint)
// A wire name with dots is the way into the Hub's nested objects.
template <>
inline constexpr std::array field_rules<Discussion>{
    FieldRule{.field = "title", .required = true},
    FieldRule{.field = "status", .required = true},
    FieldRule{.field = "num", .required = true},
    FieldRule{.field = "repo_id", .wire = "repo.name", .required = true},
    FieldRule{.field = "repo_type", .wire = "repo.type", .required = true},
    FieldRule{.field = "author", .wire = "author.name"},
    FieldRule{.field = "is_pull_request", .required = true},
    FieldRule{.field = "created_at", .required = true},
};

/// What every event has; an event of a kind unknown to hfasync has nothing else.
/// Source: `DiscussionEvent`.
struct DiscussionEvent {
    std::string id;
    std::string type; ///< "comment", "status-change", "commit", "title-change", or a newer one
    Timestamp created_at{};
    std::string author = "deleted"; ///< user name; "deleted" when the account is gone
    Json raw;                       ///< the event as the Hub sent it
    bool operator==(const DiscussionEvent&) const = default;
};
HFASYNC_DESCRIBE(DiscussionEvent, id, type, created_at, author, raw)
template <>
inline constexpr std::array field_rules<DiscussionEvent>{
    FieldRule{.field = "id", .required = true},         FieldRule{.field = "type", .required = true},
    FieldRule{.field = "created_at", .required = true}, FieldRule{.field = "author", .wire = "author.name"},
    FieldRule{.field = "raw", .printed = false},
};

/// A comment; the first of a discussion is its description. Source: `DiscussionComment`.
struct DiscussionComment {
    DiscussionEvent event;
    std::string content; ///< markdown, as it was written last
    bool edited = false;
    bool hidden = false;

    /// HTML; nullopt when the Hub sent none.
    std::optional<std::string> rendered() const;
    /// Of the last edit, or of the comment itself.
    std::optional<Timestamp> last_edited_at() const;
    /// User name; "deleted" when the account is gone.
    std::string last_edited_by() const;
    /// The former contents as the Hub sends them.
    std::vector<Json> edit_history() const;
    std::size_t number_of_edits() const;
    bool operator==(const DiscussionComment&) const = default;
};
HFASYNC_DESCRIBE(DiscussionComment, event, content, edited, hidden)
template <>
inline constexpr std::array field_rules<DiscussionComment>{
    FieldRule{.field = "event", .flatten = true},
    FieldRule{.field = "content", .wire = "data.latest.raw"},
    FieldRule{.field = "edited", .wire = "data.edited"},
    FieldRule{.field = "hidden", .wire = "data.hidden"},
};

/// Closed, opened again, merged. Source: `DiscussionStatusChange`.
struct DiscussionStatusChange {
    DiscussionEvent event;
    Open<DiscussionStatus> new_status;
    bool operator==(const DiscussionStatusChange&) const = default;
};
HFASYNC_DESCRIBE(DiscussionStatusChange, event, new_status)
template <>
inline constexpr std::array field_rules<DiscussionStatusChange>{
    FieldRule{.field = "event", .flatten = true},
    FieldRule{.field = "new_status", .wire = "data.status", .required = true},
};

/// A commit to the pull request's revision. Source: `DiscussionCommit`.
struct DiscussionCommit {
    DiscussionEvent event;
    std::string summary; ///< first line of its message
    std::string oid;     ///< 40 hex digits
    bool operator==(const DiscussionCommit&) const = default;
};
HFASYNC_DESCRIBE(DiscussionCommit, event, summary, oid)
template <>
inline constexpr std::array field_rules<DiscussionCommit>{
    FieldRule{.field = "event", .flatten = true},
    FieldRule{.field = "summary", .wire = "data.subject"},
    FieldRule{.field = "oid", .wire = "data.oid", .required = true},
};

/// Source: `DiscussionTitleChange`.
struct DiscussionTitleChange {
    DiscussionEvent event;
    std::string old_title;
    std::string new_title;
    bool operator==(const DiscussionTitleChange&) const = default;
};
HFASYNC_DESCRIBE(DiscussionTitleChange, event, old_title, new_title)
template <>
inline constexpr std::array field_rules<DiscussionTitleChange>{
    FieldRule{.field = "event", .flatten = true},
    FieldRule{.field = "old_title", .wire = "data.from"},
    FieldRule{.field = "new_title", .wire = "data.to", .required = true},
};

/// One event of a discussion. The first alternative is for unknown kinds.
using AnyDiscussionEvent = std::variant<DiscussionEvent, DiscussionComment, DiscussionStatusChange,
                                        DiscussionCommit, DiscussionTitleChange>;
/// What is common to all of them: id, type, date, author.
const DiscussionEvent& common_part(const AnyDiscussionEvent& event) noexcept;

/// A discussion with all its events. Source: `DiscussionWithDetails`.
struct DiscussionWithDetails {
    Discussion discussion;
    std::vector<AnyDiscussionEvent> events; ///< in order of time
    /// Of a pull request: the files that cannot be merged, or only whether there are any.
    std::optional<std::variant<bool, std::vector<std::string>>> conflicting_files;
    std::optional<std::string> target_branch;    ///< of a pull request: "refs/heads/main"
    std::optional<std::string> merge_commit_oid; ///< of a merged pull request: 40 hex digits
    std::optional<std::string> diff;             ///< unified diff of a pull request
    bool operator==(const DiscussionWithDetails&) const = default;
};
HFASYNC_DESCRIBE(DiscussionWithDetails, discussion, events, conflicting_files, target_branch,
                 merge_commit_oid, diff)
template <>
inline constexpr std::array field_rules<DiscussionWithDetails>{
    FieldRule{.field = "discussion", .flatten = true},
    FieldRule{.field = "conflicting_files", .wire = "filesWithConflicts"},
    FieldRule{.field = "target_branch", .wire = "changes.base"},
    FieldRule{.field = "merge_commit_oid", .wire = "changes.mergeCommitId"},
};

} // namespace hfasync
