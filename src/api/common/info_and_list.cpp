#include "api/common/info_and_list.hpp"

namespace hfasync::detail {

std::optional<std::string> sort_key(std::optional<std::string> sort)
{
    if (sort == "last_modified") return "lastModified";
    if (sort == "created_at") return "createdAt";
    if (sort == "trending_score") return "trendingScore";
    return sort;
}

boost::asio::awaitable<Json> tags_by_type(HubPtr hub, RepoType type)
{
    const std::string kind(plural(type));
    http::Request request;
    request.url = api_url(hub, "/api/" + kind + "-tags-by-type");
    request.auth.never = true;
    co_return Json::from(co_await fetch_json(hub, std::move(request), {.what = "the tags of " + kind}));
}

} // namespace hfasync::detail
