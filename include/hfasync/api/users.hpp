// Users: whoami, get_token_permission, like, unlike, likes, followers, members.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/user.hpp>

namespace hfasync {

struct WhoamiOptions {
    Token token;
};
HFASYNC_DESCRIBE(WhoamiOptions, token)
using GetTokenPermissionOptions = WhoamiOptions;
using GetUserOverviewOptions = WhoamiOptions;
using ListOrganizationMembersOptions = WhoamiOptions;
using ListUserFollowersOptions = WhoamiOptions;
using ListUserFollowingOptions = WhoamiOptions;

struct LikeOptions {
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(LikeOptions, token, repo_type)
using UnlikeOptions = LikeOptions;
using ListRepoLikersOptions = LikeOptions;

struct ListLikedReposOptions {
    std::optional<std::string> user; ///< default: the user of the token
    Token token;
};
HFASYNC_DESCRIBE(ListLikedReposOptions, user, token)

/// Users, organisations and tokens.
class UsersApi {
public:
    explicit UsersApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns whose token this is: name, organisations, rights, as the Hub sends it. Always requires a
    /// token, even when the client is set to send none.
    /// *Errors*: LocalTokenNotFoundError, HTTPError 401 for a wrong token. Source: `whoami`.
    boost::asio::awaitable<Json> whoami(WhoamiOptions options = {}) const;

    /// "read", "write" or "fineGrained"; nothing without a (valid) token. Source: `get_token_permission`.
    boost::asio::awaitable<std::optional<std::string>>
    get_token_permission(GetTokenPermissionOptions options = {}) const;

    /// Likes a repo. The Hub accepts this from signed-in people, and refuses tokens of machines.
    /// *Errors*: RepositoryNotFoundError. Source: `like`.
    boost::asio::awaitable<void> like(std::string repo_id, LikeOptions options = {}) const;

    /// Withdraws a like. *Errors*: RepositoryNotFoundError. Source: `unlike`.
    boost::asio::awaitable<void> unlike(std::string repo_id, UnlikeOptions options = {}) const;

    /// Returns the ids of all repos that a user likes.
    /// *Errors*: LocalTokenNotFoundError without a user and a token; HfHubHTTPError 404 for an unknown user.
    /// Source: `list_liked_repos`.
    boost::asio::awaitable<UserLikes> list_liked_repos(ListLikedReposOptions options = {}) const;

    /// Lists the users who like a repo. *Errors*: RepositoryNotFoundError. Source: `list_repo_likers`.
    AsyncGenerator<User> list_repo_likers(std::string repo_id, ListRepoLikersOptions options = {}) const;

    /// Returns what the Hub shows about a user. *Errors*: HfHubHTTPError 404 for an unknown user; ValueError
    /// for a name that is not valid in a URL. Source: `get_user_overview`.
    boost::asio::awaitable<User> get_user_overview(std::string username,
                                                   GetUserOverviewOptions options = {}) const;

    /// Lists the members of an organisation. *Errors*: HfHubHTTPError 404. Source:
    /// `list_organization_members`.
    AsyncGenerator<User> list_organization_members(std::string organization,
                                                   ListOrganizationMembersOptions options = {}) const;

    /// Lists who follows a user. *Errors*: HfHubHTTPError 404. Source: `list_user_followers`.
    AsyncGenerator<User> list_user_followers(std::string username,
                                             ListUserFollowersOptions options = {}) const;

    /// Lists whom a user follows. *Errors*: HfHubHTTPError 404. Source: `list_user_following`.
    AsyncGenerator<User> list_user_following(std::string username,
                                             ListUserFollowingOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
