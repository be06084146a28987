// Models: list_models, model_info, get_model_tags.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/info_rules.hpp>
#include <hfasync/types/repo_info.hpp>

namespace hfasync {

struct ModelInfoOptions {
    std::optional<std::string> revision; ///< branch, tag, commit or refs/pr/N; default: the head of main
    std::optional<double> timeout;       ///< seconds to the first byte
    std::optional<bool> security_status; ///< asks for the security scan too
    bool files_metadata = false;         ///< size, blob id and LFS data of every file
    Strings expand; ///< properties to return, in place of the default ones (camelCase, as the Hub names them)
    Token token;
};
HFASYNC_DESCRIBE(ModelInfoOptions, revision, timeout, security_status, files_metadata, expand, token)
template <>
inline constexpr std::array field_rules<ModelInfoOptions>{
    repo_info_rules[0],
    repo_info_rules[1],
    repo_info_rules[2],
    FieldRule{.field = "security_status",
              .also = "securityStatus",
              .only_true = true,
              .help = "Ask for the security scan too"},
};

/// A range of grams of CO2; an absent bound is open.
using EmissionsThresholds = std::pair<std::optional<double>, std::optional<double>>;

struct ListModelsOptions {
    Strings filter; ///< tags, as the Hub writes them
    std::optional<std::string> author;
    std::optional<bool> gated;            ///< true: gated models only; false: others only
    std::optional<std::string> inference; ///< cold, frozen or warm
    Strings library;
    Strings language;
    std::optional<std::string> model_name;
    Strings task;
    Strings trained_dataset; ///< with or without the prefix `dataset:`
    Strings tags;
    std::optional<std::string> search;
    std::optional<std::string> pipeline_tag;
    /// Keeps models whose card states emissions within the range; needs card_data.
    std::optional<EmissionsThresholds> emissions_thresholds;
    std::optional<std::string> sort;    ///< last_modified, created_at, trending_score, downloads, likes ...
    std::optional<int> direction;       ///< -1: descending
    std::optional<std::uint64_t> limit; ///< at most this many models; 0: none
    Strings expand;                     ///< properties to return; not with full, card_data, fetch_config
    std::optional<bool> full;
    std::optional<bool> card_data = false;
    bool fetch_config = false;
    Token token;
};
HFASYNC_DESCRIBE(ListModelsOptions, filter, author, gated, inference, library, language, model_name, task,
                 trained_dataset, tags, search, pipeline_tag, emissions_thresholds, sort, direction, limit,
                 expand, full, card_data, fetch_config, token)
template <>
inline constexpr std::array field_rules<ListModelsOptions>{
    FieldRule{.field = "library", .query = "filter"},
    FieldRule{.field = "language", .query = "filter"},
    FieldRule{.field = "task", .query = "filter"},
    FieldRule{.field = "trained_dataset", .query = "filter", .prefix = "dataset:"},
    FieldRule{.field = "tags", .query = "filter"},
    FieldRule{.field = "model_name", .query = "search"},
    FieldRule{.field = "pipeline_tag", .query = "pipeline_tag"},
    FieldRule{.field = "emissions_thresholds", .in_query = false}, // filtered on this side
    FieldRule{.field = "full", .only_true = true},
    FieldRule{.field = "card_data",
              .also = "cardData",
              .only_true = true,
              .help = "Ask for the card's metadata too"},
    FieldRule{.field = "fetch_config", .query = "config", .only_true = true},
};

/// Models on the Hub.
class ModelsApi {
public:
    explicit ModelsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns what the Hub knows about one model, at one revision.
    /// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError; ValueError when `expand` is
    /// combined with `security_status` or `files_metadata`. Source: `model_info`.
    boost::asio::awaitable<ModelInfo> model_info(std::string repo_id, ModelInfoOptions options = {}) const;

    /// Lists models page by page.
    /// *Errors*: ValueError for mutually exclusive options; BadRequestError for values unknown to the Hub.
    /// Source: `list_models`.
    AsyncGenerator<ModelInfo> list_models(ListModelsOptions options = {}) const;

    /// Returns all tags that models have, grouped by type: `{"library": [{"id", "label", "type"}, ...],
    /// ...}`. Sends no token. Source: `get_model_tags`.
    boost::asio::awaitable<Json> get_model_tags() const;

private:
    Hub hub_;
};

} // namespace hfasync
