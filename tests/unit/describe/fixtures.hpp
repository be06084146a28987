// Described types that use every rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/repo_id.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/time.hpp>
#include <hfasync/token.hpp>

namespace fixture {

enum class Stage { running, no_app_file, static_ };
HFASYNC_DESCRIBE_ENUM(Stage, running, no_app_file, static_)

struct Sibling {
    std::string rfilename;
    std::optional<std::uint64_t> size;
    bool operator==(const Sibling&) const = default;
};
HFASYNC_DESCRIBE(Sibling, rfilename, size)

struct Common {
    std::optional<std::string> author;
    int like_count = 0;
    bool operator==(const Common&) const = default;
};
HFASYNC_DESCRIBE(Common, author, like_count)

struct Model {
    std::string id;
    std::optional<bool> private_;
    std::optional<std::int64_t> trending_score;
    std::uint64_t downloads = 7;
    std::int32_t small = 0;
    double ratio = 0.5;
    std::optional<hfasync::Timestamp> last_modified;
    std::vector<std::string> tags;
    std::optional<std::vector<Sibling>> siblings;
    std::variant<bool, std::string> gated;
    hfasync::Open<Stage> stage;
    std::map<std::string, std::uint64_t> parameters;
    hfasync::Json card_data;
    Common common;
    std::string secret_note;
    bool operator==(const Model&) const = default;
};
HFASYNC_DESCRIBE(Model, id, private_, trending_score, downloads, small, ratio, last_modified, tags, siblings,
                 gated, stage, parameters, card_data, common, secret_note)

struct File {
    std::string path;
    std::uint64_t size = 0;
};
HFASYNC_DESCRIBE(File, path, size)
struct Folder {
    std::string path;
};
HFASYNC_DESCRIBE(Folder, path)

struct Options {
    std::optional<std::string> search;
    hfasync::Strings filter;
    bool full = false;
    bool card_data = true;
    std::optional<bool> gated;
    std::optional<int> limit;
    std::optional<double> score;
    std::vector<std::uint64_t> numbers;
    Stage stage = Stage::running;
    std::optional<hfasync::RepoType> repo_type;
    std::optional<std::chrono::duration<double>> timeout;
    std::optional<std::pair<std::optional<double>, std::optional<double>>> thresholds;
    std::filesystem::path local_dir;
    hfasync::Token token;
    std::function<void()> callback;
    Common common;
};
HFASYNC_DESCRIBE(Options, search, filter, full, card_data, gated, limit, score, numbers, stage, repo_type,
                 timeout, thresholds, local_dir, token, callback, common)

struct Filters {
    std::vector<std::string> tags;
    std::vector<std::string> data;
    std::optional<std::string> own_name;
};
HFASYNC_DESCRIBE(Filters, tags, data, own_name)

} // namespace fixture

template <>
inline constexpr std::array hfasync::field_rules<fixture::Filters>{
    hfasync::FieldRule{.field = "tags", .query = "filter"},
    hfasync::FieldRule{.field = "data", .query = "filter", .prefix = "dataset:"},
    hfasync::FieldRule{.field = "own_name", .query = "search"},
};

template <>
inline constexpr std::array hfasync::field_rules<fixture::Model>{
    hfasync::FieldRule{.field = "id", .also = "modelId", .required = true},
    hfasync::FieldRule{.field = "card_data", .also = "card_data"},
    hfasync::FieldRule{.field = "common", .flatten = true},
    hfasync::FieldRule{.field = "secret_note", .printed = false},
};
template <>
inline constexpr std::array hfasync::field_rules<fixture::File>{
    hfasync::FieldRule{.field = "path", .required = true},
    hfasync::FieldRule{.field = "size", .required = true}};
template <>
inline constexpr std::array hfasync::field_rules<fixture::Folder>{
    hfasync::FieldRule{.field = "path", .required = true}};
template <>
inline constexpr std::array hfasync::field_rules<fixture::Options>{
    hfasync::FieldRule{.field = "full", .only_true = true, .help = "Everything"},
    hfasync::FieldRule{.field = "card_data", .also = "cardData"},
    hfasync::FieldRule{.field = "gated", .wire = "is-gated"},
    hfasync::FieldRule{.field = "timeout", .in_query = false},
    hfasync::FieldRule{.field = "thresholds", .in_query = false},
    hfasync::FieldRule{.field = "local_dir", .in_query = false},
    hfasync::FieldRule{.field = "common", .flatten = true},
};
