// Refs: list_repo_refs, list_repo_commits, create_branch, delete_branch, create_tag, delete_tag,
// super_squash_history.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/git_refs.hpp>

namespace hfasync {

struct ListRepoRefsOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    bool include_pull_requests = false;
    Token token;
};
HFASYNC_DESCRIBE(ListRepoRefsOptions, repo_type, include_pull_requests, token)

struct ListRepoCommitsOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
    std::optional<std::string> revision; ///< branch, tag, commit or refs/pr/N; default: main
    bool formatted = false;              ///< titles and messages as HTML too
};
HFASYNC_DESCRIBE(ListRepoCommitsOptions, repo_type, token, revision, formatted)

struct CreateBranchOptions {
    std::optional<std::string> revision; ///< where it starts: branch, tag or commit; default: main
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    bool exist_ok = false;                ///< a branch that exists already is no error
};
HFASYNC_DESCRIBE(CreateBranchOptions, revision, token, repo_type, exist_ok)

struct CreateTagOptions {
    std::optional<std::string> tag_message;
    std::optional<std::string>
        revision; ///< what is tagged: branch, commit or its first 7 digits; default: main
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    bool exist_ok = false;                ///< a tag that exists already is no error
};
HFASYNC_DESCRIBE(CreateTagOptions, tag_message, revision, token, repo_type, exist_ok)

struct DeleteRefOptions {
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(DeleteRefOptions, token, repo_type)
using DeleteBranchOptions = DeleteRefOptions;
using DeleteTagOptions = DeleteRefOptions;

struct SuperSquashHistoryOptions {
    std::optional<std::string> branch; ///< default: main
    std::optional<std::string>
        commit_message;                   ///< default: "Super-squash branch '<branch>' using huggingface_hub"
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(SuperSquashHistoryOptions, branch, commit_message, repo_type, token)

/// Branches, tags and history of repos.
/// *Errors* of those that change something: ValueError for an unknown type and for names that are not valid
/// in a URL; RepositoryNotFoundError; HfHubHTTPError 403 without the right.
class RefsApi {
public:
    explicit RefsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns the branches, tags, converts and, when asked for, pull requests of a repo.
    /// *Errors*: RepositoryNotFoundError. Source: `list_repo_refs`.
    boost::asio::awaitable<GitRefs> list_repo_refs(std::string repo_id,
                                                   ListRepoRefsOptions options = {}) const;

    /// Lists the commits of a revision newest first, page by page.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError. Source: `list_repo_commits`.
    AsyncGenerator<GitCommitInfo> list_repo_commits(std::string repo_id,
                                                    ListRepoCommitsOptions options = {}) const;

    /// Makes a branch.
    /// *Errors*: ConflictError when it exists (unless `exist_ok`, which also applies when the branch is there
    /// and this token may not write); RevisionNotFoundError; BadRequestError for a name such as refs/pr/5.
    /// *Retries*: after a lost answer, only with `exist_ok`. Source: `create_branch`.
    boost::asio::awaitable<void> create_branch(std::string repo_id, std::string branch,
                                               CreateBranchOptions options = {}) const;

    /// Deletes a branch.
    /// *Errors*: RevisionNotFoundError when there is none; HfHubHTTPError 403 for a protected one (main).
    /// Source: `delete_branch`.
    boost::asio::awaitable<void> delete_branch(std::string repo_id, std::string branch,
                                               DeleteBranchOptions options = {}) const;

    /// Tags a commit.
    /// *Errors*: ConflictError when the tag exists (unless `exist_ok`); RevisionNotFoundError.
    /// *Retries*: after a lost answer, only with `exist_ok`. Source: `create_tag`.
    boost::asio::awaitable<void> create_tag(std::string repo_id, std::string tag,
                                            CreateTagOptions options = {}) const;

    /// Deletes a tag. *Errors*: RevisionNotFoundError when there is none. Source: `delete_tag`.
    boost::asio::awaitable<void> delete_tag(std::string repo_id, std::string tag,
                                            DeleteTagOptions options = {}) const;

    /// Squashes a branch's whole history into one commit; this cannot be undone, and the branch can no longer
    /// be merged into another one. *Errors*: RevisionNotFoundError when there is no such branch;
    /// BadRequestError for a tag or a commit. *Retries*: not after a lost answer. Source:
    /// `super_squash_history`.
    boost::asio::awaitable<void> super_squash_history(std::string repo_id,
                                                      SuperSquashHistoryOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
