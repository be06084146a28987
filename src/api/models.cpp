#include <hfasync/api/models.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "api/common/info_and_list.hpp"
#include "api/common/repo_results.hpp"

namespace hfasync {

namespace {

using namespace detail;

boost::asio::awaitable<ModelInfo> model_info(HubPtr hub, std::string repo_id, ModelInfoOptions options)
{
    RepoRef repo{RepoType::model, std::move(repo_id), std::move(options.token)};
    auto answer = co_await ask_repo_info(std::move(hub), std::move(repo), std::move(options));
    co_return read_model_info(std::move(answer.value), answer.context);
}

http::Request list_request(const HubPtr& hub, const ListModelsOptions& options)
{
    if (!options.expand.empty() &&
        (options.full.value_or(false) || options.card_data.value_or(false) || options.fetch_config))
        throw ValueError("`expand` cannot be used if `full`, `cardData` or `fetch_config` are passed.");
    if (options.emissions_thresholds && !options.card_data)
        throw ValueError("`emissions_thresholds` were passed without setting `cardData=True`.");
    return repo_list_request(hub, RepoType::model, options);
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
    return detail::tags_by_type(hub_.state(), RepoType::model);
}

} // namespace hfasync
