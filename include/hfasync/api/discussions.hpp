// Discussions and pull requests: 10 calls.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/discussion.hpp>

namespace hfasync {

/// Source: `DiscussionTypeFilter`.
enum class DiscussionTypeFilter { all, discussion, pull_request };
HFASYNC_DESCRIBE_ENUM(DiscussionTypeFilter, all, discussion, pull_request)
/// The Hub counts merged ones as closed and drafts as open. Source: `DiscussionStatusFilter`.
enum class DiscussionStatusFilter { all, open, closed };
HFASYNC_DESCRIBE_ENUM(DiscussionStatusFilter, all, open, closed)

struct GetRepoDiscussionsOptions {
    std::optional<std::string> author;                       ///< user name; default: everybody's
    std::optional<DiscussionTypeFilter> discussion_type;     ///< default: all
    std::optional<DiscussionStatusFilter> discussion_status; ///< default: all
    std::optional<std::string> repo_type;                    ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(GetRepoDiscussionsOptions, author, discussion_type, discussion_status, repo_type, token)
template <>
inline constexpr std::array field_rules<GetRepoDiscussionsOptions>{
    FieldRule{.field = "discussion_type", .query = "type"},
    FieldRule{.field = "discussion_status", .query = "status"},
    FieldRule{.field = "repo_type", .in_query = false},
};

struct CommentDiscussionOptions {
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(CommentDiscussionOptions, token, repo_type)
using GetDiscussionDetailsOptions = CommentDiscussionOptions;
using RenameDiscussionOptions = CommentDiscussionOptions;
using EditDiscussionCommentOptions = CommentDiscussionOptions;
using HideDiscussionCommentOptions = CommentDiscussionOptions;

struct CreateDiscussionOptions {
    Token token;
    std::optional<std::string> description; ///< markdown; blank: "Discussion opened with ..."
    std::optional<std::string> repo_type;   ///< model (default), dataset or space
    bool pull_request = false;              ///< a pull request, as a draft, instead of a discussion
};
HFASYNC_DESCRIBE(CreateDiscussionOptions, token, description, repo_type, pull_request)

struct CreatePullRequestOptions {
    Token token;
    std::optional<std::string> description; ///< markdown; blank: "Pull Request opened with ..."
    std::optional<std::string> repo_type;   ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(CreatePullRequestOptions, token, description, repo_type)

struct ChangeDiscussionStatusOptions {
    Token token;
    std::optional<std::string> comment;   ///< posted with the change; blank: none
    std::optional<std::string> repo_type; ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(ChangeDiscussionStatusOptions, token, comment, repo_type)
using MergePullRequestOptions = ChangeDiscussionStatusOptions;

/// Discussions and pull requests.
///
/// *Errors* of all: RepositoryNotFoundError, HfHubHTTPError 404 for an unknown number and 403 for what the
/// token may not do, and, before any request, ValueError for a number below 1 and an unknown repo type.
/// *Retries* of those that change something: only while nothing can have reached the Hub, or after its
/// 429 and 503, since a repeated comment would appear twice.
class DiscussionsApi {
public:
    explicit DiscussionsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Lists discussions and pull requests newest first, page by page. Source: `get_repo_discussions`.
    AsyncGenerator<Discussion> get_repo_discussions(std::string repo_id,
                                                    GetRepoDiscussionsOptions options = {}) const;

    /// Returns a discussion with its events and, for a pull request, conflicts and diff.
    /// Source: `get_discussion_details`.
    boost::asio::awaitable<DiscussionWithDetails>
    get_discussion_details(std::string repo_id, std::int64_t discussion_num,
                           GetDiscussionDetailsOptions options = {}) const;

    /// Opens a discussion or a (draft) pull request, and reads it back. The Hub requires a title of 3 to 200
    /// characters; surrounding blanks are removed. *Errors*: BadRequestError for a bad title, HfHubHTTPError
    /// 429 for too many discussions. Source: `create_discussion`.
    boost::asio::awaitable<DiscussionWithDetails>
    create_discussion(std::string repo_id, std::string title, CreateDiscussionOptions options = {}) const;

    /// Opens a draft pull request; commit to its git_reference(). Source: `create_pull_request`.
    boost::asio::awaitable<DiscussionWithDetails>
    create_pull_request(std::string repo_id, std::string title, CreatePullRequestOptions options = {}) const;

    /// Posts a comment (markdown, sent as it is) and returns it as the Hub stores it.
    /// Source: `comment_discussion`.
    boost::asio::awaitable<DiscussionComment> comment_discussion(std::string repo_id,
                                                                 std::int64_t discussion_num,
                                                                 std::string comment,
                                                                 CommentDiscussionOptions options = {}) const;

    /// Changes the title of a discussion. Source: `rename_discussion`.
    boost::asio::awaitable<DiscussionTitleChange>
    rename_discussion(std::string repo_id, std::int64_t discussion_num, std::string new_title,
                      RenameDiscussionOptions options = {}) const;

    /// Closes a discussion or pull request, or opens it again (a draft becomes open).
    /// *Errors*: ValueError for a status other than open and closed; BadRequestError when it already has that
    /// status. Source: `change_discussion_status`.
    boost::asio::awaitable<DiscussionStatusChange>
    change_discussion_status(std::string repo_id, std::int64_t discussion_num, DiscussionStatus new_status,
                             ChangeDiscussionStatusOptions options = {}) const;

    /// Merges a pull request into its target branch. *Errors*: BadRequestError for one that is not open;
    /// ConflictError when files conflict. Source: `merge_pull_request`.
    boost::asio::awaitable<void> merge_pull_request(std::string repo_id, std::int64_t discussion_num,
                                                    MergePullRequestOptions options = {}) const;

    /// Replaces the content of a comment. *Errors*: HfHubHTTPError 403 for somebody else's comment.
    /// Source: `edit_discussion_comment`.
    boost::asio::awaitable<DiscussionComment>
    edit_discussion_comment(std::string repo_id, std::int64_t discussion_num, std::string comment_id,
                            std::string new_content, EditDiscussionCommentOptions options = {}) const;

    /// Hides a comment for good: nobody can read its content again. Source: `hide_discussion_comment`.
    boost::asio::awaitable<DiscussionComment>
    hide_discussion_comment(std::string repo_id, std::int64_t discussion_num, std::string comment_id,
                            HideDiscussionCommentOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
