#include <hfasync/api/spaces.hpp>

#include "api/common/info_and_list.hpp"
#include "api/common/repo_results.hpp"

namespace hfasync {

namespace {

using namespace detail;

boost::asio::awaitable<SpaceInfo> space_info(HubPtr hub, std::string repo_id, SpaceInfoOptions options)
{
    RepoRef repo{RepoType::space, std::move(repo_id), std::move(options.token)};
    auto answer = co_await ask_repo_info(std::move(hub), std::move(repo), std::move(options));
    co_return read_space_info(std::move(answer.value), answer.context);
}

http::Request list_request(const HubPtr& hub, const ListSpacesOptions& options)
{
    if (!options.expand.empty() && options.full.value_or(false))
        throw ValueError("`expand` cannot be used if `full` is passed.");
    return repo_list_request(hub, RepoType::space, options);
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
