// What the Hub tells about a model, a dataset or a Space.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/time.hpp>
#include <hfasync/types/repo_file.hpp>
#include <hfasync/types/space_runtime.hpp>

namespace hfasync {

/// false, or how access is granted: "auto" or "manual".
using Gated = std::variant<bool, std::string>;

/// How transformers loads a model. Source: `TransformersInfo`.
struct TransformersInfo {
    std::optional<std::string> auto_model;
    std::optional<std::string> custom_class;
    std::optional<std::string> pipeline_tag; ///< possible task; may differ from the model's own
    std::optional<std::string> processor;
    bool operator==(const TransformersInfo&) const = default;
};
HFASYNC_DESCRIBE(TransformersInfo, auto_model, custom_class, pipeline_tag, processor)
template <>
inline constexpr std::array field_rules<TransformersInfo>{
    FieldRule{.field = "auto_model", .wire = "auto_model"},
    FieldRule{.field = "custom_class", .wire = "custom_class"},
    FieldRule{.field = "pipeline_tag", .wire = "pipeline_tag"},
};

/// Parameter counts of a model's safetensors files. Source: `SafeTensorsInfo`.
struct SafeTensorsInfo {
    std::map<std::string, std::uint64_t> parameters; ///< by data type
    std::optional<std::uint64_t> total;
    bool operator==(const SafeTensorsInfo&) const = default;
};
HFASYNC_DESCRIBE(SafeTensorsInfo, parameters, total)

/// A model on the Hub. Which fields are set depends on the call. Source: `ModelInfo`.
struct ModelInfo {
    std::string id;
    std::optional<std::string> author;
    std::optional<std::string> sha;      ///< commit of the revision that was asked for
    std::optional<Timestamp> created_at; ///< not before 2022-03-02, when the Hub began to keep it
    std::optional<Timestamp> last_modified;
    std::optional<bool> private_;
    std::optional<bool> disabled;                    ///< by the Hub
    std::optional<std::uint64_t> downloads;          ///< in the last 30 days
    std::optional<std::uint64_t> downloads_all_time; ///< since the repo was created
    std::optional<Gated> gated;
    Json gguf;                            ///< metadata of its GGUF files
    std::optional<std::string> inference; ///< cold, frozen or warm
    std::optional<std::uint64_t> likes;
    std::optional<std::string> library_name;      ///< transformers, diffusers ...
    std::optional<std::vector<std::string>> tags; ///< of the card, and those computed by the Hub
    std::optional<std::string> pipeline_tag;
    std::optional<std::string> mask_token; ///< text that stands for a masked token
    Json card_data;   ///< the README's metadata: each tag once, null keys dropped, model-index rebuilt
    Json widget_data; ///< example inputs of the page's widget
    Json model_index; ///< evaluation results of the card
    Json config;      ///< of the model, as the Hub extracts it
    std::optional<TransformersInfo> transformers_info;
    std::optional<std::int64_t> trending_score;
    std::optional<std::vector<RepoSibling>> siblings;
    std::optional<std::vector<std::string>> spaces; ///< that use the model
    std::optional<SafeTensorsInfo> safetensors;
    Json security_repo_status; ///< result of the security scan, with `security_status`
    bool operator==(const ModelInfo&) const = default;
};
HFASYNC_DESCRIBE(ModelInfo, id, author, sha, created_at, last_modified, private_, disabled, downloads,
                 downloads_all_time, gated, gguf, inference, likes, library_name, tags, pipeline_tag,
                 mask_token, card_data, widget_data, model_index, config, transformers_info, trending_score,
                 siblings, spaces, safetensors, security_repo_status)
template <>
inline constexpr std::array field_rules<ModelInfo>{
    FieldRule{.field = "id", .required = true},
    FieldRule{.field = "created_at", .also = "created_at"},
    FieldRule{.field = "last_modified", .also = "last_modified"},
    FieldRule{.field = "library_name", .wire = "library_name"},
    FieldRule{.field = "pipeline_tag", .wire = "pipeline_tag"},
    FieldRule{.field = "mask_token", .wire = "mask_token"},
    FieldRule{.field = "card_data", .also = "card_data"},
    FieldRule{.field = "model_index", .wire = "model-index", .also = "model_index"},
    FieldRule{.field = "transformers_info", .also = "transformers_info"},
};

/// A dataset on the Hub. Which fields are set depends on the call. Source: `DatasetInfo`.
struct DatasetInfo {
    std::string id;
    std::optional<std::string> author;
    std::optional<std::string> sha; ///< commit of the revision that was asked for
    std::optional<Timestamp> created_at;
    std::optional<Timestamp> last_modified;
    std::optional<bool> private_;
    std::optional<Gated> gated;
    std::optional<bool> disabled;                    ///< by the Hub
    std::optional<std::uint64_t> downloads;          ///< in the last 30 days
    std::optional<std::uint64_t> downloads_all_time; ///< since the repo was created
    std::optional<std::uint64_t> likes;
    std::optional<std::string> paperswithcode_id; ///< id on Papers with Code
    std::optional<std::vector<std::string>> tags;
    std::optional<std::int64_t> trending_score;
    Json card_data; ///< the README's metadata: each tag once, null keys dropped
    std::optional<std::vector<RepoSibling>> siblings;
    bool operator==(const DatasetInfo&) const = default;
};
HFASYNC_DESCRIBE(DatasetInfo, id, author, sha, created_at, last_modified, private_, gated, disabled,
                 downloads, downloads_all_time, likes, paperswithcode_id, tags, trending_score, card_data,
                 siblings)
template <>
inline constexpr std::array field_rules<DatasetInfo>{
    FieldRule{.field = "id", .required = true},
    FieldRule{.field = "created_at", .also = "created_at"},
    FieldRule{.field = "last_modified", .also = "last_modified"},
    FieldRule{.field = "paperswithcode_id", .wire = "paperswithcode_id"},
    FieldRule{.field = "card_data", .also = "card_data"},
};

/// A Space on the Hub. Which fields are set depends on the call. Source: `SpaceInfo`.
struct SpaceInfo {
    std::string id;
    std::optional<std::string> author;
    std::optional<std::string> sha; ///< commit of the revision that was asked for
    std::optional<Timestamp> created_at;
    std::optional<Timestamp> last_modified;
    std::optional<bool> private_;
    std::optional<Gated> gated;
    std::optional<bool> disabled;         ///< by the Hub
    std::optional<std::string> host;      ///< URL of the running Space
    std::optional<std::string> subdomain; ///< first part of `host`: acme-demo
    std::optional<std::uint64_t> likes;
    std::optional<std::string> sdk; ///< gradio, streamlit, docker or static
    std::optional<std::vector<std::string>> tags;
    std::optional<std::vector<RepoSibling>> siblings;
    std::optional<std::int64_t> trending_score;
    Json card_data; ///< the README's metadata: each tag once, null keys dropped
    std::optional<SpaceRuntime> runtime;
    std::optional<std::vector<std::string>> models;   ///< that the Space uses
    std::optional<std::vector<std::string>> datasets; ///< that the Space uses
    bool operator==(const SpaceInfo&) const = default;
};
HFASYNC_DESCRIBE(SpaceInfo, id, author, sha, created_at, last_modified, private_, gated, disabled, host,
                 subdomain, likes, sdk, tags, siblings, trending_score, card_data, runtime, models, datasets)
template <>
inline constexpr std::array field_rules<SpaceInfo>{
    FieldRule{.field = "id", .required = true},
    FieldRule{.field = "created_at", .also = "created_at"},
    FieldRule{.field = "last_modified", .also = "last_modified"},
    FieldRule{.field = "card_data", .also = "card_data"},
};

/// The result of repo_info.
using RepoInfo = std::variant<ModelInfo, DatasetInfo, SpaceInfo>;

} // namespace hfasync
