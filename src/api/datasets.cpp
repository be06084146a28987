#include <hfasync/api/datasets.hpp>

#include "api/common/pages.hpp"
#include "api/common/query_pairs.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/repo_results.hpp"

namespace hfasync {

namespace {

using namespace detail;

boost::asio::awaitable<DatasetInfo> dataset_info(HubPtr hub, std::string repo_id, DatasetInfoOptions options)
{
    if (!options.expand.empty() && options.files_metadata)
        throw ValueError("`expand` cannot be used if `files_metadata` is set.");
    const RepoRef repo{RepoType::dataset, std::move(repo_id), std::move(options.token)};
    auto request = repo_info_request(hub, repo,
                                     {.revision = std::move(options.revision),
                                      .timeout = options.timeout,
                                      .files_metadata = options.files_metadata,
                                      .expand = std::move(options.expand)});
    const DecodeContext context{.source = "GET " + request.url.redacted()};
    co_return read_dataset_info(co_await fetch_json(hub, std::move(request), scope_of(repo)), context);
}

http::Request list_request(const HubPtr& hub, const ListDatasetsOptions& options)
{
    if (!options.expand.empty() && options.full.value_or(false))
        throw ValueError("`expand` cannot be used if `full` is passed.");
    http::Request request;
    request.url = api_url(hub, "/api/datasets");
    request.url.add_query(Query()
                              .add("filter", options.filter)
                              .add("filter", options.benchmark, "benchmark:")
                              .add("filter", options.language_creators, "language_creators:")
                              .add("filter", options.language, "language:")
                              .add("filter", options.multilinguality, "multilinguality:")
                              .add("filter", options.size_categories, "size_categories:")
                              .add("filter", options.task_categories, "task_categories:")
                              .add("filter", options.task_ids, "task_ids:")
                              .add("filter", options.tags)
                              .add("author", options.author)
                              .add("gated", options.gated)
                              .add("search", options.dataset_name)
                              .add("search", options.search)
                              .add("sort", sort_key(options.sort))
                              .add("direction", options.direction)
                              .add("limit", options.limit)
                              .add_if("full", options.full)
                              .add("expand", options.expand)
                              .pairs());
    request.auth.token = options.token;
    return request;
}

boost::asio::awaitable<Json> tags_by_type(HubPtr hub)
{
    http::Request request;
    request.url = api_url(hub, "/api/datasets-tags-by-type");
    request.auth.never = true;
    co_return Json::from(co_await fetch_json(hub, std::move(request), {.what = "the tags of datasets"}));
}

} // namespace

boost::asio::awaitable<DatasetInfo> DatasetsApi::dataset_info(std::string repo_id,
                                                              DatasetInfoOptions options) const
{
    return hfasync::dataset_info(hub_.state(), std::move(repo_id), std::move(options));
}

AsyncGenerator<DatasetInfo> DatasetsApi::list_datasets(ListDatasetsOptions options) const
{
    const auto limit = options.limit;
    auto first = [hub = hub_.state(), options = std::move(options)] { return list_request(hub, options); };
    return listing<DatasetInfo>(PageWalk(hub_.state(), std::move(first), {.what = "the list of datasets"}),
                                read_dataset_info, limit);
}

boost::asio::awaitable<Json> DatasetsApi::get_dataset_tags() const
{
    return tags_by_type(hub_.state());
}

} // namespace hfasync
