// Spaces: list_spaces, space_info.
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

struct SpaceInfoOptions {
    std::optional<std::string> revision; ///< branch, tag, commit or refs/pr/N; default: the head of main
    std::optional<double> timeout;       ///< seconds to the first byte
    bool files_metadata = false;         ///< size, blob id and LFS data of every file
    Strings expand; ///< properties to return, in place of the default ones (camelCase, as the Hub names them)
    Token token;
};
HFASYNC_DESCRIBE(SpaceInfoOptions, revision, timeout, files_metadata, expand, token)
template <>
inline constexpr auto field_rules<SpaceInfoOptions> = repo_info_rules;

struct ListSpacesOptions {
    Strings filter; ///< tags, as the Hub writes them
    std::optional<std::string> author;
    std::optional<std::string> search;
    Strings datasets;                   ///< Spaces that use one of them
    Strings models;                     ///< Spaces that use one of them
    bool linked = false;                ///< only Spaces that use a model or a dataset
    std::optional<std::string> sort;    ///< last_modified, created_at, trending_score, likes ...
    std::optional<int> direction;       ///< -1: descending
    std::optional<std::uint64_t> limit; ///< most Spaces to ask for; 0 asks for none
    Strings expand;                     ///< properties to return; not with full
    std::optional<bool> full;
    Token token;
};
HFASYNC_DESCRIBE(ListSpacesOptions, filter, author, search, datasets, models, linked, sort, direction, limit,
                 expand, full, token)
template <>
inline constexpr std::array field_rules<ListSpacesOptions>{
    FieldRule{.field = "linked", .only_true = true},
    FieldRule{.field = "full", .only_true = true},
};

/// Spaces on the Hub.
class SpacesApi {
public:
    explicit SpacesApi(Hub hub) : hub_(std::move(hub)) {}

    /// Gives what the Hub knows about one Space, at one revision.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError; ValueError when `expand` is combined with
    /// `files_metadata`. Source: `space_info`.
    boost::asio::awaitable<SpaceInfo> space_info(std::string repo_id, SpaceInfoOptions options = {}) const;

    /// Lists Spaces page by page.
    /// *Errors*: ValueError for options that exclude each other; BadRequestError for values that the Hub does
    /// not know. Source: `list_spaces`.
    AsyncGenerator<SpaceInfo> list_spaces(ListSpacesOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
