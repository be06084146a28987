// Refs: list_repo_refs, list_repo_commits.
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

/// Branches, tags and history of repos.
class RefsApi {
public:
    explicit RefsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Gives the branches, tags, converts and, when asked for, pull requests of a repo.
    /// *Errors*: RepositoryNotFoundError. Source: `list_repo_refs`.
    boost::asio::awaitable<GitRefs> list_repo_refs(std::string repo_id,
                                                   ListRepoRefsOptions options = {}) const;

    /// Lists the commits of a revision from the newest on, page by page.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError. Source: `list_repo_commits`.
    AsyncGenerator<GitCommitInfo> list_repo_commits(std::string repo_id,
                                                    ListRepoCommitsOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
