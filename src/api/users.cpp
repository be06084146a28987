#include <hfasync/api/users.hpp>

#include "api/common/pages.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/url_part.hpp"
#include "api/common/whoami.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

boost::asio::awaitable<Json> whoami_json(HubPtr hub, WhoamiOptions options)
{
    co_return Json::from(co_await whoami(std::move(hub), std::move(options.token)));
}

boost::asio::awaitable<std::optional<std::string>> token_permission(HubPtr hub,
                                                                    GetTokenPermissionOptions options)
{
    try {
        const auto answer = Json::from(co_await whoami(std::move(hub), std::move(options.token)));
        co_return answer["auth"]["accessToken"]["role"].as_string();
    } catch (const LocalTokenNotFoundError&) {
        co_return std::nullopt;
    } catch (const HTTPError&) {
        co_return std::nullopt;
    }
}

boost::asio::awaitable<void> send_like(HubPtr hub, http::Method method, std::string repo_id,
                                       LikeOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    http::Request request;
    request.method = method; // both are idempotent: liking twice is liking
    request.url = api_url(hub, repo_api_path(repo.type, repo.id, "/like"));
    request.auth.token = repo.token;
    co_await fetch_nothing(hub, std::move(request), scope_of(repo));
}

// One line of a user's likes.
struct Liked {
    std::string type;
    std::string name;
};

Liked read_liked(json::value&& value, const DecodeContext& context)
{
    const auto* like = value.if_object();
    const auto* repo = like ? like->if_contains("repo") : nullptr;
    const auto* fields = repo ? repo->if_object() : nullptr;
    const auto* type = fields ? fields->if_contains("type") : nullptr;
    const auto* name = fields ? fields->if_contains("name") : nullptr;
    const auto text = [](const json::value* from) {
        return from && from->is_string() ? std::string(from->get_string()) : std::string();
    };
    if (!fields)
        throw BadResponseError(errc::bad_response,
                               context.source + ": expected an object at " + context.root + ".repo");
    return {text(type), text(name)};
}

boost::asio::awaitable<UserLikes> liked_repos(HubPtr hub, ListLikedReposOptions options)
{
    UserLikes likes;
    if (options.user)
        likes.user = std::move(*options.user);
    else
        likes.user = co_await whoami_name(hub, options.token);
    auto first = [hub, user = likes.user, token = options.token] {
        http::Request request;
        request.url = api_url(hub, "/api/users/" + url_part(user, "user name") + "/likes");
        request.auth.token = token;
        return request;
    };
    auto all =
        listing<Liked>(PageWalk(hub, std::move(first), {.what = "the likes of " + likes.user}), read_liked);
    while (auto liked = co_await all.next()) {
        ++likes.total; // of all kinds, also those that hfasync does not know
        if (liked->name.empty()) continue;
        if (liked->type == "model")
            likes.models.push_back(std::move(liked->name));
        else if (liked->type == "dataset")
            likes.datasets.push_back(std::move(liked->name));
        else if (liked->type == "space")
            likes.spaces.push_back(std::move(liked->name));
    }
    co_return likes;
}

User read_user(json::value&& value, const DecodeContext& context)
{
    return decode<User>(value, context);
}

boost::asio::awaitable<User> user_overview(HubPtr hub, std::string username, GetUserOverviewOptions options)
{
    http::Request request;
    request.url = api_url(hub, "/api/users/" + url_part(username, "user name") + "/overview");
    request.auth.token = std::move(options.token);
    co_return co_await fetch<User>(hub, std::move(request), {.what = "user " + username});
}

// GET /api/{users|organizations}/{name}/{what}
AsyncGenerator<User> people(HubPtr hub, std::string of, std::string name, std::string what, Token token)
{
    http::ErrorScope scope{.what = "the " + what + " of " + name};
    auto first = [hub, of = std::move(of), name = std::move(name), what = std::move(what),
                  token = std::move(token)] {
        http::Request request;
        request.url = api_url(hub, "/api/" + of + "/" + url_part(name, "name") + "/" + what);
        request.auth.token = token;
        return request;
    };
    return listing<User>(PageWalk(hub, std::move(first), std::move(scope)), read_user);
}

} // namespace

boost::asio::awaitable<Json> UsersApi::whoami(WhoamiOptions options) const
{
    return whoami_json(hub_.state(), std::move(options));
}

boost::asio::awaitable<std::optional<std::string>>
UsersApi::get_token_permission(GetTokenPermissionOptions options) const
{
    return token_permission(hub_.state(), std::move(options));
}

boost::asio::awaitable<void> UsersApi::like(std::string repo_id, LikeOptions options) const
{
    return send_like(hub_.state(), http::Method::post, std::move(repo_id), std::move(options));
}

boost::asio::awaitable<void> UsersApi::unlike(std::string repo_id, UnlikeOptions options) const
{
    return send_like(hub_.state(), http::Method::delete_, std::move(repo_id), std::move(options));
}

boost::asio::awaitable<UserLikes> UsersApi::list_liked_repos(ListLikedReposOptions options) const
{
    return liked_repos(hub_.state(), std::move(options));
}

AsyncGenerator<User> UsersApi::list_repo_likers(std::string repo_id, ListRepoLikersOptions options) const
{
    http::ErrorScope scope{.what = "the likers of " + repo_id};
    auto first = [hub = hub_.state(), repo_id = std::move(repo_id), options = std::move(options)] {
        http::Request request;
        request.url = api_url(hub, repo_api_path(repo_type_or_model(options.repo_type), repo_id, "/likers"));
        request.auth.token = options.token;
        return request;
    };
    return listing<User>(PageWalk(hub_.state(), std::move(first), std::move(scope)),
                         [](auto&& value, const auto& context) {
                             auto user = read_user(std::move(value), context);
                             // Documented of a liker are the names and the picture.
                             return User{.username = std::move(user.username),
                                         .fullname = std::move(user.fullname),
                                         .avatar_url = std::move(user.avatar_url)};
                         });
}

boost::asio::awaitable<User> UsersApi::get_user_overview(std::string username,
                                                         GetUserOverviewOptions options) const
{
    return user_overview(hub_.state(), std::move(username), std::move(options));
}

AsyncGenerator<User> UsersApi::list_organization_members(std::string organization,
                                                         ListOrganizationMembersOptions options) const
{
    return people(hub_.state(), "organizations", std::move(organization), "members",
                  std::move(options.token));
}

AsyncGenerator<User> UsersApi::list_user_followers(std::string username,
                                                   ListUserFollowersOptions options) const
{
    return people(hub_.state(), "users", std::move(username), "followers", std::move(options.token));
}

AsyncGenerator<User> UsersApi::list_user_following(std::string username,
                                                   ListUserFollowingOptions options) const
{
    return people(hub_.state(), "users", std::move(username), "following", std::move(options.token));
}

} // namespace hfasync
