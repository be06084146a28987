#include "api/common/repo_results.hpp"

#include "api/common/card_data.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

json::value* member(json::value& value, std::string_view key)
{
    auto* object = value.if_object();
    return object ? object->if_contains(key) : nullptr;
}

void tidy(json::value& info, RepoType type)
{
    for (const auto key : {"cardData", "card_data"})
        if (auto* card = member(info, key)) tidy_card_data(*card, type);
}

// {"hardware": {"current": .., "requested": ..}} to the two documented fields; the whole answer as `raw`.
void flatten_runtime(json::value& runtime)
{
    auto* object = runtime.if_object();
    if (!object) return; // decoding says what is wrong
    json::value raw = runtime;
    json::value current, requested;
    if (auto* hardware = object->if_contains("hardware"); hardware && hardware->is_object()) {
        if (auto* found = member(*hardware, "current")) current = *found;
        if (auto* found = member(*hardware, "requested")) requested = *found;
        (*object)["hardware"] = std::move(current);
        (*object)["requestedHardware"] = std::move(requested);
    }
    (*object)["raw"] = std::move(raw);
}

} // namespace

ModelInfo read_model_info(json::value&& value, const DecodeContext& context)
{
    tidy(value, RepoType::model);
    return decode<ModelInfo>(value, context);
}

DatasetInfo read_dataset_info(json::value&& value, const DecodeContext& context)
{
    tidy(value, RepoType::dataset);
    return decode<DatasetInfo>(value, context);
}

SpaceInfo read_space_info(json::value&& value, const DecodeContext& context)
{
    tidy(value, RepoType::space);
    if (auto* runtime = member(value, "runtime")) {
        if (runtime->is_object() && runtime->get_object().empty())
            *runtime = nullptr; // a Space that never ran
        else
            flatten_runtime(*runtime);
    }
    return decode<SpaceInfo>(value, context);
}

SpaceRuntime read_space_runtime(json::value&& value, const DecodeContext& context)
{
    flatten_runtime(value);
    return decode<SpaceRuntime>(value, context);
}

} // namespace hfasync::detail
