// What the info and the list call of models, datasets and Spaces share: the options' description is the
// query.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "api/common/pages.hpp"
#include "api/common/repo_head.hpp"
#include "describe/query.hpp"

namespace hfasync::detail {

/// Appends the described options as the query.
template <class Options>
void set_query(http::Request& request, const Options& options)
{
    QueryPairs pairs;
    append_query(pairs, options);
    // An empty text asks for nothing in particular; the reference does not send it either.
    std::erase_if(pairs, [](const auto& pair) { return pair.second.empty(); });
    request.url.add_query(pairs);
}

struct RepoAnswer {
    boost::json::value value;
    DecodeContext context; ///< where it came from
};

/// Makes an info call. \throws ValueError when `expand` meets other properties
template <class Options>
boost::asio::awaitable<RepoAnswer> ask_repo_info(HubPtr hub, RepoRef repo, Options options)
{
    bool more = options.files_metadata;
    if constexpr (requires { options.security_status; })
        more = more || options.security_status.value_or(false);
    if (!options.expand.empty() && more)
        throw ValueError("`expand` cannot be used if `securityStatus` or `files_metadata` are set.");
    auto request = repo_request(hub, repo, options.revision);
    set_query(request, options);
    set_timeout(request, hub->options.timeouts, options.timeout);
    DecodeContext context{.source = "GET " + request.url.redacted()};
    auto value = co_await fetch_json(std::move(hub), std::move(request), scope_of(repo));
    co_return RepoAnswer{std::move(value), std::move(context)};
}

/// The `sort` argument: documented names in snake_case to the Hub's; others pass.
std::optional<std::string> sort_key(std::optional<std::string> sort);

/// The first request of a listing of repos.
template <class Options>
http::Request repo_list_request(const HubPtr& hub, RepoType type, Options options)
{
    options.sort = sort_key(std::move(options.sort));
    http::Request request;
    request.url = api_url(hub, "/api/" + std::string(plural(type)));
    set_query(request, options);
    request.auth.token = std::move(options.token);
    return request;
}

/// The tags that repos of a type have, by group; never with a token.
boost::asio::awaitable<Json> tags_by_type(HubPtr hub, RepoType type);

} // namespace hfasync::detail
