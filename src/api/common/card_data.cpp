#include "api/common/card_data.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace hfasync::detail {

namespace json = boost::json;

namespace {

const json::value null_value;

// A broken model-index ends here; rebuild_model_index() turns it into nullopt.
struct Broken {};

const json::value& require(const json::value& owner, std::string_view key)
{
    const auto* object = owner.if_object();
    const auto* member = object ? object->if_contains(key) : nullptr;
    if (!member) throw Broken{};
    return *member;
}

const json::value& maybe(const json::value& owner, std::string_view key)
{
    const auto* object = owner.if_object();
    if (!object) throw Broken{};
    const auto* member = object->if_contains(key);
    return member ? *member : null_value;
}

const json::array& list(const json::value& value)
{
    const auto* array = value.if_array();
    if (!array) throw Broken{};
    return *array;
}

void drop_nulls(json::object& object)
{
    for (auto it = object.begin(); it != object.end();)
        it = it->value().is_null() ? object.erase(it) : std::next(it);
}

// Nulls go at every depth, out of lists too.
json::value without_nulls(const json::value& value)
{
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& [key, member] : *object)
            if (!member.is_null()) out.emplace(key, without_nulls(member));
        return out;
    }
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& item : *array)
            if (!item.is_null()) out.push_back(without_nulls(item));
        return out;
    }
    return value;
}

json::object pick(const json::value& from, std::initializer_list<std::string_view> keys)
{
    json::object out;
    for (const auto key : keys)
        if (const auto& member = maybe(from, key); !member.is_null()) out.emplace(key, without_nulls(member));
    return out;
}

// One result of the rebuilt index and what it is told apart by.
struct Group {
    json::value key;
    json::object result;
};

void add_result(std::vector<Group>& groups, const json::value& result)
{
    const auto& task = require(result, "task");
    const auto& dataset = require(result, "dataset");
    require(dataset, "name");
    json::value key = json::array{require(task, "type"), require(dataset, "type"), maybe(dataset, "config"),
                                  maybe(dataset, "split"), maybe(dataset, "revision")};
    json::object source;
    if (const auto& from = maybe(result, "source"); !from.is_null()) source = pick(from, {"url", "name"});
    if (source.contains("name") && !source.contains("url")) throw Broken{};
    for (const auto& metric : list(require(result, "metrics"))) {
        require(metric, "type");
        require(metric, "value");
        auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.key == key; });
        if (group == groups.end()) {
            groups.push_back(
                {key,
                 {{"task", pick(task, {"type", "name"})},
                  {"dataset", pick(dataset, {"name", "type", "config", "split", "revision", "args"})},
                  {"metrics", json::array()}}});
            group = std::prev(groups.end());
            if (!source.empty()) group->result.emplace("source", source);
        }
        group->result.at("metrics").get_array().push_back(
            pick(metric, {"type", "value", "name", "config", "args", "verified", "verifyToken"}));
    }
}

bool truthy(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::null:
        return false;
    case json::kind::bool_:
        return value.get_bool();
    case json::kind::int64:
        return value.get_int64() != 0;
    case json::kind::uint64:
        return value.get_uint64() != 0;
    case json::kind::double_:
        return value.get_double() != 0;
    case json::kind::string:
        return !value.get_string().empty();
    case json::kind::array:
        return !value.get_array().empty();
    case json::kind::object:
        return !value.get_object().empty();
    }
    return false;
}

void tidy_model_index(json::object& card)
{
    const auto found = card.find("model-index");
    if (found == card.end()) return;
    auto rebuilt = truthy(found->value()) ? rebuild_model_index(found->value()) : std::nullopt;
    card.erase("model-index");
    if (!rebuilt) return;
    // The name inside the index is the one that counts.
    card.erase("model_name");
    card.erase("eval_results");
    card.emplace("model-index", std::move(*rebuilt));
}

void unique_tags(json::object& card)
{
    auto* tags = card.if_contains("tags");
    if (!tags || !tags->is_array()) return;
    json::array unique;
    for (auto& tag : tags->get_array())
        if (std::find(unique.begin(), unique.end(), tag) == unique.end()) unique.push_back(std::move(tag));
    *tags = std::move(unique);
}

} // namespace

std::optional<json::array> rebuild_model_index(const json::value& index)
{
    try {
        json::value name;
        std::vector<Group> groups;
        for (const auto& model : list(index)) {
            name = require(model, "name"); // of several models the last name stays
            for (const auto& result : list(require(model, "results")))
                add_result(groups, result);
        }
        json::array results;
        for (auto& group : groups)
            results.push_back(std::move(group.result));
        json::object model;
        if (!name.is_null()) model.emplace("name", name);
        model.emplace("results", std::move(results));
        return json::array{std::move(model)};
    } catch (const Broken&) {
        return std::nullopt;
    }
}

void tidy_card_data(json::value& card, RepoType type)
{
    auto* object = card.if_object();
    if (!object) return;
    if (type == RepoType::model) tidy_model_index(*object);
    if (type != RepoType::dataset) unique_tags(*object);
    drop_nulls(*object);
}

} // namespace hfasync::detail
