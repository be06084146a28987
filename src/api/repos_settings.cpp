// The settings of repos, and their names.
#include <hfasync/api/repos.hpp>

#include <boost/json/object.hpp>
#include <hfasync/json.hpp>

#include <algorithm>

#include "api/common/repo_head.hpp"
#include "base/encoding.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

http::Request settings_request(const HubPtr& hub, const RepoRef& repo, const json::object& body)
{
    http::Request request;
    request.method = http::Method::put;
    request.url = api_url(hub, repo_api_path(repo.type, repo.id, "/settings"));
    request.auth.token = repo.token;
    set_json_body(request, body);
    return request;
}

boost::asio::awaitable<Json> update_visibility(HubPtr hub, std::string repo_id,
                                               UpdateRepoVisibilityOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    auto request = settings_request(hub, repo, {{"private", options.private_}});
    co_return Json::from(co_await fetch_json(hub, std::move(request), scope_of(repo)));
}

json::value gated_value(const Gated& gated)
{
    const auto refuse = [](std::string_view got) {
        throw ValueError("Invalid gated status, must be one of 'auto', 'manual', or False. Got '" +
                         printable(got) + "'.");
    };
    if (const auto* flag = std::get_if<bool>(&gated)) {
        if (*flag) refuse("True");
        return false;
    }
    const auto& text = std::get<std::string>(gated);
    if (text != "auto" && text != "manual") refuse(text);
    return json::value(text);
}

boost::asio::awaitable<void> update_settings(HubPtr hub, std::string repo_id,
                                             UpdateRepoSettingsOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    json::object body;
    if (options.gated) body["gated"] = gated_value(*options.gated);
    if (options.private_) body["private"] = *options.private_;
    if (body.empty()) throw ValueError("At least one of 'gated' or 'private' must be provided.");
    co_await fetch_nothing(hub, settings_request(hub, repo, body), scope_of(repo));
}

void check_has_namespace(const std::string& repo_id)
{
    const auto slash = repo_id.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == repo_id.size() ||
        repo_id.find('/', slash + 1) != std::string::npos)
        throw ValueError("Invalid repo_id: " + printable(repo_id) +
                         ". It should have a namespace (:namespace:/:repo_name:)");
}

boost::asio::awaitable<void> move_repo(HubPtr hub, std::string from_id, std::string to_id,
                                       MoveRepoOptions options)
{
    check_has_namespace(from_id);
    check_has_namespace(to_id);
    const auto type = to_string(repo_type_or_model(options.repo_type));
    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(hub, "/api/repos/move");
    request.auth.token = std::move(options.token);
    request.replay = http::Replay::unsent; // a second move would not find the repo any more
    set_json_body(request, json::object{{"fromRepo", from_id}, {"toRepo", to_id}, {"type", type}});
    http::ErrorScope scope{.what = "the move of " + std::string(type) + " " + printable(from_id) + " to " +
                                   printable(to_id) +
                                   " (limits: 'Renaming or transferring a repo' at "
                                   "https://hf.co/docs/hub/repositories-settings)"};
    co_await fetch_nothing(hub, std::move(request), std::move(scope));
}

} // namespace

boost::asio::awaitable<Json> ReposApi::update_repo_visibility(std::string repo_id,
                                                              UpdateRepoVisibilityOptions options) const
{
    return update_visibility(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<void> ReposApi::update_repo_settings(std::string repo_id,
                                                            UpdateRepoSettingsOptions options) const
{
    return update_settings(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<void> ReposApi::move_repo(std::string from_id, std::string to_id,
                                                 MoveRepoOptions options) const
{
    return hfasync::move_repo(hub_.state(), std::move(from_id), std::move(to_id), std::move(options));
}

} // namespace hfasync
