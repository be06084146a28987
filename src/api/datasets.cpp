#include <hfasync/api/datasets.hpp>

#include "api/common/info_and_list.hpp"
#include "api/common/repo_results.hpp"

namespace hfasync {

namespace {

using namespace detail;

boost::asio::awaitable<DatasetInfo> dataset_info(HubPtr hub, std::string repo_id, DatasetInfoOptions options)
{
    RepoRef repo{RepoType::dataset, std::move(repo_id), std::move(options.token)};
    auto answer = co_await ask_repo_info(std::move(hub), std::move(repo), std::move(options));
    co_return read_dataset_info(std::move(answer.value), answer.context);
}

http::Request list_request(const HubPtr& hub, const ListDatasetsOptions& options)
{
    if (!options.expand.empty() && options.full.value_or(false))
        throw ValueError("`expand` cannot be used if `full` is passed.");
    return repo_list_request(hub, RepoType::dataset, options);
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
    return detail::tags_by_type(hub_.state(), RepoType::dataset);
}

} // namespace hfasync
