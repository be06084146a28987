#include <hfasync/api/models.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "api/common/pages.hpp"
#include "api/common/query_pairs.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/repo_results.hpp"

namespace hfasync {

namespace {

using namespace detail;

boost::asio::awaitable<ModelInfo> model_info(HubPtr hub, std::string repo_id, ModelInfoOptions options)
{
    const bool security_status = options.security_status.value_or(false);
    if (!options.expand.empty() && (security_status || options.files_metadata))
        throw ValueError("`expand` cannot be used if `securityStatus` or `files_metadata` are set.");
    const RepoRef repo{RepoType::model, std::move(repo_id), std::move(options.token)};
    auto request = repo_info_request(hub, repo,
                                     {.revision = std::move(options.revision),
                                      .timeout = options.timeout,
                                      .security_status = security_status,
                                      .files_metadata = options.files_metadata,
                                      .expand = std::move(options.expand)});
    const DecodeContext context{.source = "GET " + request.url.redacted()};
    co_return read_model_info(co_await fetch_json(hub, std::move(request), scope_of(repo)), context);
}

http::Request list_request(const HubPtr& hub, const ListModelsOptions& options)
{
    if (!options.expand.empty() &&
        (options.full.value_or(false) || options.card_data.value_or(false) || options.fetch_config))
        throw ValueError("`expand` cannot be used if `full`, `cardData` or `fetch_config` are passed.");
    if (options.emissions_thresholds && !options.card_data)
        throw ValueError("`emissions_thresholds` were passed without setting `cardData=True`.");
    http::Request request;
    request.url = api_url(hub, "/api/models");
    request.url.add_query(Query()
                              .add("filter", options.filter)
                              .add("filter", options.library)
                              .add("filter", options.task)
                              .add("filter", options.trained_dataset, "dataset:")
                              .add("filter", options.language)
                              .add("filter", options.tags)
                              .add("author", options.author)
                              .add("gated", options.gated)
                              .add("inference", options.inference)
                              .add("pipeline_tag", options.pipeline_tag)
                              .add("search", options.model_name)
                              .add("search", options.search)
                              .add("sort", sort_key(options.sort))
                              .add("direction", options.direction)
                              .add("limit", options.limit)
                              .add_if("full", options.full)
                              .add_if("config", options.fetch_config)
                              .add_if("cardData", options.card_data)
                              .add("expand", options.expand)
                              .pairs());
    request.auth.token = options.token;
    return request;
}

// The first number in a text such as "about 40.25 g"; nullopt when there is none.
std::optional<double> first_number(const std::string& text)
{
    const auto digits = "0123456789";
    const auto start = text.find_first_of(digits);
    if (start == text.npos) return std::nullopt;
    auto end = std::min(text.find_first_not_of(digits, start), text.size());
    if (end + 1 < text.size() && text[end] == '.' && std::isdigit(static_cast<unsigned char>(text[end + 1])))
        end = std::min(text.find_first_not_of(digits, end + 1), text.size());
    return std::strtod(text.substr(start, end - start).c_str(), nullptr);
}

// Grams of CO2 in a card; 0 counts as missing, as it does in the reference.
std::optional<double> emissions_of(const Json& card)
{
    auto value = card["co2_eq_emissions"];
    if (value.is_object()) value = value["emissions"];
    std::optional<double> grams;
    if (auto number = value.as_double())
        grams = std::abs(*number);
    else if (auto text = value.as_string())
        grams = text->empty() ? std::nullopt : first_number(*text);
    return grams && (*grams != 0 || value.as_string()) ? grams : std::nullopt;
}

bool emits_within(const ModelInfo& model, const EmissionsThresholds& range)
{
    if (!range.first && !range.second)
        throw ValueError("Both `minimum_threshold` and `maximum_threshold` cannot both be `None`");
    const auto grams = emissions_of(model.card_data);
    return grams && range.first.value_or(-1) <= *grams &&
           *grams <= range.second.value_or(std::numeric_limits<double>::infinity());
}

boost::asio::awaitable<Json> tags_by_type(HubPtr hub)
{
    http::Request request;
    request.url = api_url(hub, "/api/models-tags-by-type");
    request.auth.never = true;
    co_return Json::from(co_await fetch_json(hub, std::move(request), {.what = "the tags of models"}));
}

} // namespace

boost::asio::awaitable<ModelInfo> ModelsApi::model_info(std::string repo_id, ModelInfoOptions options) const
{
    return hfasync::model_info(hub_.state(), std::move(repo_id), std::move(options));
}

AsyncGenerator<ModelInfo> ModelsApi::list_models(ListModelsOptions options) const
{
    const auto limit = options.limit;
    const auto emissions = options.emissions_thresholds;
    auto first = [hub = hub_.state(), options = std::move(options)] { return list_request(hub, options); };
    auto models = listing<ModelInfo>(PageWalk(hub_.state(), std::move(first), {.what = "the list of models"}),
                                     read_model_info, limit);
    if (!emissions) return models;
    return std::move(models).filter(
        [range = *emissions](const ModelInfo& model) { return emits_within(model, range); });
}

boost::asio::awaitable<Json> ModelsApi::get_model_tags() const
{
    return tags_by_type(hub_.state());
}

} // namespace hfasync
