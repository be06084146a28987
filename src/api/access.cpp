#include <hfasync/api/access.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/common/repo_head.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

RepoRef repo_of(std::string repo_id, AccessRequestOptions options)
{
    return {repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
}

// /api/{kind}/{id}/user-access-request/{what}
http::Request to(const HubPtr& hub, const RepoRef& repo, std::string_view what)
{
    http::Request request;
    request.url =
        api_url(hub, repo_api_path(repo.type, repo.id, "/user-access-request/" + std::string(what)));
    request.auth.token = repo.token;
    return request;
}

// The Hub nests who asks; documented is one flat object. Name and address may stand on both levels.
AccessRequest read_request(json::value&& value, const DecodeContext& context)
{
    if (auto* fields = value.if_object())
        if (auto* user = fields->if_contains("user"); user && user->is_object()) {
            const auto who = std::move(user->get_object());
            fields->erase("user");
            if (const auto* name = who.if_contains("user")) (*fields)["username"] = *name;
            for (const auto* key : {"fullname", "email"})
                if (const auto* found = who.if_contains(key)) (*fields)[key] = *found;
        }
    return decode<AccessRequest>(value, context);
}

boost::asio::awaitable<std::vector<AccessRequest>> list(HubPtr hub, std::string repo_id, std::string status,
                                                        AccessRequestOptions options)
{
    const auto repo = repo_of(std::move(repo_id), std::move(options));
    auto request = to(hub, repo, status);
    DecodeContext context{.source = std::string(to_string(request.method)) + " " + request.url.redacted()};
    auto answer =
        co_await fetch_json(hub, std::move(request), scope_of(repo)); // one page; no Link is followed
    auto* items = answer.if_array();
    if (!items)
        throw BadResponseError(errc::bad_response, context.source + ": expected a list at $", {.path = "$"});
    std::vector<AccessRequest> out;
    out.reserve(items->size());
    for (std::size_t i = 0; i < items->size(); ++i) {
        context.root = "$[" + std::to_string(i) + "]";
        out.push_back(read_request(std::move((*items)[i]), context));
    }
    co_return out;
}

// POST whose answer has nothing to tell.
boost::asio::awaitable<void> decide(HubPtr hub, std::string repo_id, std::string what, std::string user,
                                    std::optional<std::string> status, AccessRequestOptions options)
{
    const auto repo = repo_of(std::move(repo_id), std::move(options));
    auto request = to(hub, repo, what);
    request.method = http::Method::post;
    request.replay = http::Replay::unsent; // the Hub refuses a request that is in that list already
    json::object body{{"user", user}};
    if (status) body["status"] = *status;
    set_json_body(request, body);
    auto scope = scope_of(repo);
    scope.what += ", access of " + user;
    co_await fetch_nothing(hub, std::move(request), std::move(scope));
}

} // namespace

boost::asio::awaitable<std::vector<AccessRequest>>
AccessApi::list_pending_access_requests(std::string repo_id, ListPendingAccessRequestsOptions options) const
{
    return list(hub_.state(), std::move(repo_id), "pending", std::move(options));
}

boost::asio::awaitable<std::vector<AccessRequest>>
AccessApi::list_accepted_access_requests(std::string repo_id, ListAcceptedAccessRequestsOptions options) const
{
    return list(hub_.state(), std::move(repo_id), "accepted", std::move(options));
}

boost::asio::awaitable<std::vector<AccessRequest>>
AccessApi::list_rejected_access_requests(std::string repo_id, ListRejectedAccessRequestsOptions options) const
{
    return list(hub_.state(), std::move(repo_id), "rejected", std::move(options));
}

boost::asio::awaitable<void> AccessApi::cancel_access_request(std::string repo_id, std::string user,
                                                              CancelAccessRequestOptions options) const
{
    return decide(hub_.state(), std::move(repo_id), "handle", std::move(user), "pending", std::move(options));
}

boost::asio::awaitable<void> AccessApi::accept_access_request(std::string repo_id, std::string user,
                                                              AcceptAccessRequestOptions options) const
{
    return decide(hub_.state(), std::move(repo_id), "handle", std::move(user), "accepted",
                  std::move(options));
}

boost::asio::awaitable<void> AccessApi::reject_access_request(std::string repo_id, std::string user,
                                                              RejectAccessRequestOptions options) const
{
    return decide(hub_.state(), std::move(repo_id), "handle", std::move(user), "rejected",
                  std::move(options));
}

boost::asio::awaitable<void> AccessApi::grant_access(std::string repo_id, std::string user,
                                                     GrantAccessOptions options) const
{
    return decide(hub_.state(), std::move(repo_id), "grant", std::move(user), std::nullopt,
                  std::move(options));
}

} // namespace hfasync
