// Datasets: list_datasets, dataset_info, get_dataset_tags.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/info_rules.hpp>
#include <hfasync/types/repo_info.hpp>

namespace hfasync {

struct DatasetInfoOptions {
    std::optional<std::string> revision; ///< branch, tag, commit or refs/pr/N; default: the head of main
    std::optional<double> timeout;       ///< seconds to the first byte
    bool files_metadata = false;         ///< size, blob id and LFS data of every file
    Strings expand; ///< properties to return, in place of the default ones (camelCase, as the Hub names them)
    Token token;
};
HFASYNC_DESCRIBE(DatasetInfoOptions, revision, timeout, files_metadata, expand, token)
template <>
inline constexpr auto field_rules<DatasetInfoOptions> = repo_info_rules;

struct ListDatasetsOptions {
    Strings filter; ///< tags, as the Hub writes them
    std::optional<std::string> author;
    // With or without their prefix (`benchmark:` ...).
    Strings benchmark;
    std::optional<std::string> dataset_name;
    std::optional<bool> gated; ///< true: gated datasets only; false: others only
    Strings language_creators;
    Strings language;
    Strings multilinguality;
    Strings size_categories;
    Strings tags;
    Strings task_categories;
    Strings task_ids;
    std::optional<std::string> search;
    std::optional<std::string> sort;    ///< last_modified, created_at, trending_score, downloads, likes ...
    std::optional<int> direction;       ///< -1: descending
    std::optional<std::uint64_t> limit; ///< at most this many datasets; 0: none
    Strings expand;                     ///< properties to return; not with full
    std::optional<bool> full;
    Token token;
};
HFASYNC_DESCRIBE(ListDatasetsOptions, filter, author, benchmark, dataset_name, gated, language_creators,
                 language, multilinguality, size_categories, tags, task_categories, task_ids, search, sort,
                 direction, limit, expand, full, token)
template <>
inline constexpr std::array field_rules<ListDatasetsOptions>{
    FieldRule{.field = "benchmark", .query = "filter", .prefix = "benchmark:"},
    FieldRule{.field = "language_creators", .query = "filter", .prefix = "language_creators:"},
    FieldRule{.field = "language", .query = "filter", .prefix = "language:"},
    FieldRule{.field = "multilinguality", .query = "filter", .prefix = "multilinguality:"},
    FieldRule{.field = "size_categories", .query = "filter", .prefix = "size_categories:"},
    FieldRule{.field = "task_categories", .query = "filter", .prefix = "task_categories:"},
    FieldRule{.field = "task_ids", .query = "filter", .prefix = "task_ids:"},
    FieldRule{.field = "tags", .query = "filter"},
    FieldRule{.field = "dataset_name", .query = "search"},
    FieldRule{.field = "full", .only_true = true},
};

/// Datasets on the Hub.
class DatasetsApi {
public:
    explicit DatasetsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns what the Hub knows about one dataset, at one revision.
    /// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError; ValueError when `expand` is
    /// combined with `files_metadata`. Source: `dataset_info`.
    boost::asio::awaitable<DatasetInfo> dataset_info(std::string repo_id,
                                                     DatasetInfoOptions options = {}) const;

    /// Lists datasets page by page.
    /// *Errors*: ValueError for mutually exclusive options; BadRequestError for values unknown to the Hub.
    /// Source: `list_datasets`.
    AsyncGenerator<DatasetInfo> list_datasets(ListDatasetsOptions options = {}) const;

    /// Returns all tags that datasets have, grouped by type. Sends no token. Source: `get_dataset_tags`.
    boost::asio::awaitable<Json> get_dataset_tags() const;

private:
    Hub hub_;
};

} // namespace hfasync
