#include <hfasync/api/refs.hpp>

#include <hfasync/revision.hpp>

#include "api/common/pages.hpp"
#include "api/common/repo_head.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

boost::asio::awaitable<GitRefs> repo_refs(HubPtr hub, std::string repo_id, ListRepoRefsOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    http::Request request;
    request.url = api_url(hub, repo_api_path(repo.type, repo.id, "/refs"));
    if (options.include_pull_requests) request.url.add_query({{"include_prs", "1"}});
    request.auth.token = repo.token;
    auto refs = co_await fetch<GitRefs>(hub, std::move(request), scope_of(repo));
    if (!options.include_pull_requests) refs.pull_requests.reset();
    co_return refs;
}

http::Request commits_request(const HubPtr& hub, const std::string& repo_id,
                              const ListRepoCommitsOptions& options)
{
    const auto revision = options.revision.value_or(std::string(default_revision));
    http::Request request;
    request.url =
        api_url(hub, revision_api_path(repo_type_or_model(options.repo_type), repo_id, "commits", revision));
    if (options.formatted) request.url.add_query({{"expand[]", "formatted"}});
    request.auth.token = options.token;
    return request;
}

// The Hub's authors are objects and its HTML sits in one; documented are user names and two texts.
GitCommitInfo read_commit(json::value&& value, const DecodeContext& context)
{
    if (auto* commit = value.if_object()) {
        if (auto* authors = commit->if_contains("authors"); authors && authors->is_array())
            for (auto& author : authors->get_array())
                if (auto* object = author.if_object())
                    if (auto* user = object->if_contains("user")) author = json::value(*user);
        if (auto* formatted = commit->if_contains("formatted"); formatted && formatted->is_object()) {
            const auto html = std::move(formatted->get_object());
            if (const auto* title = html.if_contains("title")) (*commit)["formattedTitle"] = *title;
            if (const auto* message = html.if_contains("message")) (*commit)["formattedMessage"] = *message;
        }
    }
    return decode<GitCommitInfo>(value, context);
}

} // namespace

boost::asio::awaitable<GitRefs> RefsApi::list_repo_refs(std::string repo_id,
                                                        ListRepoRefsOptions options) const
{
    return repo_refs(hub_.state(), std::move(repo_id), std::move(options));
}

AsyncGenerator<GitCommitInfo> RefsApi::list_repo_commits(std::string repo_id,
                                                         ListRepoCommitsOptions options) const
{
    http::ErrorScope scope{.what = "the commits of " + repo_id};
    auto first = [hub = hub_.state(), repo_id = std::move(repo_id), options = std::move(options)] {
        return commits_request(hub, repo_id, options);
    };
    return listing<GitCommitInfo>(PageWalk(hub_.state(), std::move(first), std::move(scope)), read_commit);
}

} // namespace hfasync
