#include "emulator/store/collection.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

std::string text(const json::object& object, std::string_view key)
{
    return std::string(object.at(key).as_string());
}

std::optional<std::string> optional_text(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    return std::string(value->as_string());
}

std::int64_t micros(Timestamp time)
{
    return time.time_since_epoch().count();
}

Timestamp from_micros(const json::value& value)
{
    return Timestamp(std::chrono::microseconds(value.to_number<std::int64_t>()));
}

json::value or_null(const std::optional<std::string>& text)
{
    return text ? json::value(*text) : json::value(nullptr);
}

} // namespace

std::string kebab_case(std::string_view title)
{
    std::string out;
    for (const char c : title) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out.push_back(upper ? static_cast<char>(c + 32) : c);
        else if (!out.empty() && out.back() != '-')
            out.push_back('-');
    }
    while (out.ends_with('-'))
        out.pop_back();
    return out;
}

std::string Collection::slug() const
{
    const auto words = kebab_case(title);
    return owner + "/" + words + (words.empty() ? "" : "-") + id;
}

std::optional<std::size_t> Collection::place_of(std::string_view item_id) const
{
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.id == item_id; });
    if (found == items.end()) return std::nullopt;
    return static_cast<std::size_t>(found - items.begin());
}

json::object to_json(const Collection& collection)
{
    json::object upvoters;
    for (const auto& [name, since] : collection.upvoters)
        upvoters.emplace(name, micros(since));
    json::array items;
    for (const auto& item : collection.items)
        items.push_back(json::object{{"id", item.id},
                                     {"type", item.type},
                                     {"name", item.name},
                                     {"key", item.key},
                                     {"note", or_null(item.note)}});
    return {{"id", collection.id},
            {"owner", collection.owner},
            {"title", collection.title},
            {"description", or_null(collection.description)},
            {"theme", collection.theme},
            {"private", collection.is_private},
            {"lastUpdated", micros(collection.last_updated)},
            {"upvoters", std::move(upvoters)},
            {"items", std::move(items)}};
}

Collection collection_from_json(const json::object& object)
{
    Collection out;
    out.id = text(object, "id");
    out.owner = text(object, "owner");
    out.title = text(object, "title");
    out.description = optional_text(object, "description");
    out.theme = text(object, "theme");
    out.is_private = object.at("private").as_bool();
    out.last_updated = from_micros(object.at("lastUpdated"));
    for (const auto& [name, since] : object.at("upvoters").as_object())
        out.upvoters.emplace(name, from_micros(since));
    for (const auto& value : object.at("items").as_array()) {
        const auto& item = value.as_object();
        out.items.push_back({text(item, "id"), text(item, "type"), text(item, "name"), text(item, "key"),
                             optional_text(item, "note")});
    }
    return out;
}

} // namespace hfasync::emulator::store
