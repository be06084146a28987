#include <hfasync/api/spaces.hpp>

#include "api/common/pages.hpp"
#include "api/common/query_pairs.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/repo_results.hpp"

namespace hfasync {

namespace {

using namespace detail;

boost::asio::awaitable<SpaceInfo> space_info(HubPtr hub, std::string repo_id, SpaceInfoOptions options)
{
    if (!options.expand.empty() && options.files_metadata)
        throw ValueError("`expand` cannot be used if `files_metadata` is set.");
    const RepoRef repo{RepoType::space, std::move(repo_id), std::move(options.token)};
    auto request = repo_info_request(hub, repo,
                                     {.revision = std::move(options.revision),
                                      .timeout = options.timeout,
                                      .files_metadata = options.files_metadata,
                                      .expand = std::move(options.expand)});
    const DecodeContext context{.source = "GET " + request.url.redacted()};
    co_return read_space_info(co_await fetch_json(hub, std::move(request), scope_of(repo)), context);
}

http::Request list_request(const HubPtr& hub, const ListSpacesOptions& options)
{
    if (!options.expand.empty() && options.full.value_or(false))
        throw ValueError("`expand` cannot be used if `full` is passed.");
    http::Request request;
    request.url = api_url(hub, "/api/spaces");
    request.url.add_query(Query()
                              .add("filter", options.filter)
                              .add("author", options.author)
                              .add("search", options.search)
                              .add("sort", sort_key(options.sort))
                              .add("direction", options.direction)
                              .add("limit", options.limit)
                              .add_if("linked", options.linked)
                              .add("datasets", options.datasets)
                              .add("models", options.models)
                              .add_if("full", options.full)
                              .add("expand", options.expand)
                              .pairs());
    request.auth.token = options.token;
    return request;
}

} // namespace

boost::asio::awaitable<SpaceInfo> SpacesApi::space_info(std::string repo_id, SpaceInfoOptions options) const
{
    return hfasync::space_info(hub_.state(), std::move(repo_id), std::move(options));
}

AsyncGenerator<SpaceInfo> SpacesApi::list_spaces(ListSpacesOptions options) const
{
    const auto limit = options.limit;
    auto first = [hub = hub_.state(), options = std::move(options)] { return list_request(hub, options); };
    return listing<SpaceInfo>(PageWalk(hub_.state(), std::move(first), {.what = "the list of Spaces"}),
                              read_space_info, limit);
}

} // namespace hfasync
