#include <hfasync/api/refs.hpp>

#include <boost/json/object.hpp>
#include <hfasync/revision.hpp>

#include <algorithm>

#include "api/common/pages.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/url_part.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

enum class ExistOk { no, yes };

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
        if (auto* authors = commit->if_contains("authors"); authors && authors->is_array()) {
            for (auto& author : authors->get_array())
                if (auto* object = author.if_object())
                    if (auto* user = object->if_contains("user")) author = json::value(*user);
            // A deleted account has no name.
            auto& names = authors->get_array();
            names.erase(std::remove(names.begin(), names.end(), json::value()), names.end());
        }
        if (auto* formatted = commit->if_contains("formatted"); formatted && formatted->is_object()) {
            const auto html = std::move(formatted->get_object());
            if (const auto* title = html.if_contains("title")) (*commit)["formattedTitle"] = *title;
            if (const auto* message = html.if_contains("message")) (*commit)["formattedMessage"] = *message;
        }
    }
    return decode<GitCommitInfo>(value, context);
}

http::Request ref_request(const HubPtr& hub, http::Method method, const RepoRef& repo, std::string_view verb,
                          std::string_view name)
{
    http::Request request;
    request.method = method;
    request.url = api_url(hub, revision_api_path(repo.type, repo.id, verb, name));
    request.auth.token = repo.token;
    return request;
}

// A POST that makes a ref: with exist_ok a second try finds what the first one made.
boost::asio::awaitable<void> make_ref(HubPtr hub, http::Request request, json::object body, RepoRef repo,
                                      ExistOk exist_ok)
{
    request.replay = exist_ok == ExistOk::yes ? http::Replay::safe : http::Replay::unsent;
    set_json_body(request, body);
    try {
        co_await fetch_nothing(hub, std::move(request), scope_of(repo));
    } catch (const ConflictError& error) {
        if (exist_ok == ExistOk::no || error.context().status != 409) throw;
    }
}

boost::asio::awaitable<bool> branch_exists(HubPtr hub, RepoRef repo, std::string branch)
{
    http::Request request;
    request.url = api_url(hub, repo_api_path(repo.type, repo.id, "/refs"));
    request.auth.token = repo.token;
    try {
        const auto refs = co_await fetch<GitRefs>(hub, std::move(request), scope_of(repo));
        co_return std::any_of(refs.branches.begin(), refs.branches.end(),
                              [&](const GitRefInfo& ref) { return ref.name == branch; });
    } catch (const HfHubHTTPError&) {
        co_return false; // the refusal that led here says more
    }
}

boost::asio::awaitable<void> create_branch(HubPtr hub, std::string repo_id, std::string branch,
                                           CreateBranchOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    json::object body;
    if (options.revision) body["startingPoint"] = *options.revision;
    const auto exist_ok = options.exist_ok ? ExistOk::yes : ExistOk::no;
    std::exception_ptr refused;
    try {
        co_await make_ref(hub, ref_request(hub, http::Method::post, repo, "branch", branch), std::move(body),
                          repo, exist_ok);
    } catch (const HfHubHTTPError& error) {
        // No right to write here, but the branch may exist: then all is well.
        if (exist_ok == ExistOk::no || error.context().status != 403) throw;
        refused = std::current_exception();
    }
    if (refused && !co_await branch_exists(hub, repo, branch)) std::rethrow_exception(refused);
}

boost::asio::awaitable<void> create_tag(HubPtr hub, std::string repo_id, std::string tag,
                                        CreateTagOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    const auto revision = options.revision.value_or(std::string(default_revision));
    json::object body{{"tag", tag}};
    if (options.tag_message) body["message"] = *options.tag_message;
    co_await make_ref(hub, ref_request(hub, http::Method::post, repo, "tag", revision), std::move(body), repo,
                      options.exist_ok ? ExistOk::yes : ExistOk::no);
}

boost::asio::awaitable<void> delete_ref(HubPtr hub, std::string repo_id, std::string verb, std::string name,
                                        DeleteRefOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    co_await fetch_nothing(hub, ref_request(hub, http::Method::delete_, repo, verb, name), scope_of(repo));
}

boost::asio::awaitable<void> squash(HubPtr hub, std::string repo_id, SuperSquashHistoryOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    const auto branch = options.branch.value_or(std::string(default_revision));
    auto message = std::move(options.commit_message).value_or(std::string());
    if (message.empty()) message = "Super-squash branch '" + branch + "' using huggingface_hub";
    http::Request request;
    request.method = http::Method::post;
    // Slashes stay slashes here.
    request.url =
        api_url(hub, repo_api_path(repo.type, repo.id, "/super-squash/" + url_part(branch, "branch")));
    request.auth.token = repo.token;
    // A second one would also swallow what others have committed since.
    request.replay = http::Replay::unsent;
    set_json_body(request, json::object{{"message", std::move(message)}});
    co_await fetch_nothing(hub, std::move(request), scope_of(repo));
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

boost::asio::awaitable<void> RefsApi::create_branch(std::string repo_id, std::string branch,
                                                    CreateBranchOptions options) const
{
    return hfasync::create_branch(hub_.state(), std::move(repo_id), std::move(branch), std::move(options));
}

boost::asio::awaitable<void> RefsApi::delete_branch(std::string repo_id, std::string branch,
                                                    DeleteBranchOptions options) const
{
    return delete_ref(hub_.state(), std::move(repo_id), "branch", std::move(branch), std::move(options));
}

boost::asio::awaitable<void> RefsApi::create_tag(std::string repo_id, std::string tag,
                                                 CreateTagOptions options) const
{
    return hfasync::create_tag(hub_.state(), std::move(repo_id), std::move(tag), std::move(options));
}

boost::asio::awaitable<void> RefsApi::delete_tag(std::string repo_id, std::string tag,
                                                 DeleteTagOptions options) const
{
    return delete_ref(hub_.state(), std::move(repo_id), "tag", std::move(tag), std::move(options));
}

boost::asio::awaitable<void> RefsApi::super_squash_history(std::string repo_id,
                                                           SuperSquashHistoryOptions options) const
{
    return squash(hub_.state(), std::move(repo_id), std::move(options));
}

} // namespace hfasync
