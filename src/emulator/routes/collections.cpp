// Collections and their items.
#include <algorithm>
#include <array>

#include "emulator/access.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/routes/collection_json.hpp"
#include "emulator/store/state_file.hpp"

namespace hfasync::emulator {

namespace json = boost::json;
using store::CollectionPtr;
using store::Permission;

namespace {

constexpr std::size_t longest_title = 60, longest_description = 150, longest_note = 500;
constexpr std::array<std::string_view, 6> themes{"orange", "blue", "green", "purple", "pink", "indigo"};
constexpr std::array<std::string_view, 4> item_types{"model", "dataset", "space", "paper"};

// ---- which one, and who may

std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void require_length(std::string_view key, std::string_view value, std::size_t most)
{
    if (characters(value) > most)
        refuse_member(key,
                      "length must be less than or equal to " + std::to_string(most) + " characters long");
}

/// An absent or null member is nullopt. \throws Refusal 400 for another kind than a text
std::optional<std::string> optional_text(const json::object& body, std::string_view key, std::size_t most)
{
    const auto* value = body.if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    if (!value->is_string()) refuse_member(key, "must be a string");
    std::string text(value->get_string());
    require_length(key, text, most);
    return text;
}

std::optional<bool> optional_bool(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    if (!value->is_bool()) refuse_member(key, "must be a boolean");
    return value->get_bool();
}

std::string checked_title(const json::object& body)
{
    auto title = require_text(body, "title");
    if (title.empty()) refuse_member("title", "is not allowed to be empty");
    require_length("title", title, longest_title);
    return title;
}

bool visible(const Call& call, const store::Collection& collection)
{
    return !collection.is_private ||
           call.site.store.accounts().in_namespace(call.identity(), collection.owner) != Permission::none;
}

/// \throws Refusal 404; 401 when nobody is signed in: a private one of others looks like none
CollectionPtr readable_collection(const Call& call)
{
    auto found = call.site.collections.find(call.param("owner"), call.param("slug"));
    if (found && visible(call, *found)) return found;
    if (!call.who) throw Refusal(401, "", "Invalid username or password.");
    throw Refusal(404, "", "Collection not found");
}

void require_rights(const Call& call, std::string_view owner)
{
    signed_in(call);
    if (call.site.store.accounts().in_namespace(call.identity(), owner) < Permission::write)
        throw Refusal(403, "", "You don't have the required permissions to perform this action");
}

CollectionPtr editable_collection(const Call& call)
{
    auto found = readable_collection(call);
    require_rights(call, found->owner);
    return found;
}

// ---- answers

Reply collection_reply(const Call& call, const store::Collection& collection)
{
    JsonText out;
    CollectionJson(call).write(out, collection);
    return json_reply(out.take());
}

Reply success()
{
    return json_reply(R"({"success":true})");
}

/// The 409 says where the other one is.
template <class Work>
auto or_conflict(Work work)
{
    try {
        return work();
    } catch (const store::CollectionExists& exists) {
        std::string extra = ",\"slug\":";
        append_json_string(extra, exists.slug());
        throw Refusal(409, "", exists.what(), extra);
    }
}

// ---- collections

Reply get(Call& call)
{
    return collection_reply(call, *readable_collection(call));
}

Reply create(Call& call)
{
    signed_in(call);
    const auto body = read_object(call.body);
    store::Collection wanted;
    wanted.title = checked_title(body);
    wanted.owner = require_text(body, "namespace");
    wanted.description = optional_text(body, "description", longest_description);
    wanted.is_private = optional_bool(body, "private").value_or(false);
    wanted.theme = themes[wanted.title.size() % themes.size()];
    require_rights(call, wanted.owner);
    return collection_reply(call, *or_conflict([&] { return call.site.collections.create(wanted); }));
}

Reply update(Call& call)
{
    const auto old = editable_collection(call);
    const auto body = read_object(call.body);
    const auto title = body.contains("title") ? std::optional(checked_title(body)) : std::nullopt;
    const auto description = optional_text(body, "description", longest_description);
    const auto is_private = optional_bool(body, "private");
    const auto theme = optional_text(body, "theme", longest_title);
    const auto position = whole_number(body, "position");
    if (theme) require_one_of("theme", *theme, themes);
    auto& collections = call.site.collections;
    const auto changed = or_conflict([&] {
        return collections.change(old->id, [&](store::Collection& collection) {
            if (title) collection.title = *title;
            if (description) collection.description = *description;
            if (is_private) collection.is_private = *is_private;
            if (theme) collection.theme = *theme;
        });
    });
    if (position) collections.move(old->id, static_cast<std::size_t>(*position));
    JsonText out;
    out.open('{').key("success").boolean(true).key("data");
    CollectionJson(call).write(out, *changed);
    return json_reply(out.close('}').take());
}

Reply remove(Call& call)
{
    call.site.collections.remove(editable_collection(call)->id);
    return success();
}

Reply upvote(Call& call)
{
    const auto& name = signed_in(call).account->name;
    const auto old = readable_collection(call);
    const bool up = call.request.method == "POST";
    const auto changed = call.site.collections.change(old->id, [&](store::Collection& collection) {
        if (up)
            collection.upvoters.try_emplace(name, call.site.store.now());
        else
            collection.upvoters.erase(name);
        collection.last_updated = old->last_updated; // it is the owner's work that makes it newer
    });
    JsonText out;
    out.open('{').key("upvotes").number(changed->upvoters.size()).close('}');
    return json_reply(out.take());
}

// ---- items

/// As the Hub indexes a paper when somebody names it, every arXiv id is one.
bool is_paper_id(const Site& site, std::string_view id)
{
    const auto& papers = site.options.papers;
    if (std::any_of(papers.begin(), papers.end(), [&](const Paper& paper) { return paper.id == id; }))
        return true;
    const auto dot = id.find('.');
    const auto digits = [](std::string_view text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    return dot == 4 && (id.size() == 9 || id.size() == 10) && digits(id.substr(0, 4)) && digits(id.substr(5));
}

/// {"id", "type"}, with the name and the key of what it is. \throws Refusal 400, 404
store::CollectionItem read_item(const Call& call, const json::object& body)
{
    const auto* asked = body.if_contains("item");
    if (!asked || !asked->is_object()) refuse_member("item", "is required");
    const auto& fields = asked->get_object();
    store::CollectionItem item;
    item.type = require_text(fields, "type");
    item.name = require_text(fields, "id");
    require_one_of("item.type", item.type, item_types);
    item.note = optional_text(body, "note", longest_note);
    if (item.type == "paper") {
        if (!is_paper_id(call.site, item.name)) throw Refusal(404, "", "Paper not found");
        item.key = item.name;
        return item;
    }
    // "datasets/squad" is how the Hub's pages call a dataset.
    if (item.name.starts_with(item.type + "s/") && item.name.find('/') != item.name.rfind('/'))
        item.name.erase(0, item.type.size() + 2);
    const auto type = read_repo_type(fields);
    const auto repo = call.site.store.find(type, item.name);
    if (!repo || call.site.store.accounts().permission(call.identity(), repo->settings()) == Permission::none)
        throw Refusal(404, "", "Item not found");
    const auto settings = repo->settings();
    item.name = settings.id;
    item.key = settings.uid;
    return item;
}

Reply add_item(Call& call)
{
    const auto old = editable_collection(call);
    auto item = read_item(call, read_object(call.body));
    item.id = store::new_object_id(old->id + item.key, call.site.store.now());
    const auto changed = call.site.collections.change(old->id, [&](store::Collection& collection) {
        for (const auto& other : collection.items)
            if (other.type == item.type && other.key == item.key)
                throw Refusal(409, "", "Item already in collection");
        collection.items.push_back(item);
    });
    return collection_reply(call, *changed);
}

/// \throws Refusal 404
std::size_t require_place(const store::Collection& collection, std::string_view item)
{
    const auto place = collection.place_of(item);
    if (!place) throw Refusal(404, "", "Collection item not found");
    return *place;
}

Reply update_item(Call& call)
{
    const auto old = editable_collection(call);
    const auto body = read_object(call.body);
    const auto note = optional_text(body, "note", longest_note);
    const auto position = whole_number(body, "position");
    call.site.collections.change(old->id, [&](store::Collection& collection) {
        auto& items = collection.items;
        const auto from =
            items.begin() + static_cast<std::ptrdiff_t>(require_place(collection, call.param("item")));
        if (note) from->note = *note;
        if (!position) return;
        auto item = std::move(*from);
        items.erase(from);
        const auto place = std::min<std::uint64_t>(*position, items.size());
        items.insert(items.begin() + static_cast<std::ptrdiff_t>(place), std::move(item));
    });
    return success();
}

Reply remove_item(Call& call)
{
    const auto old = editable_collection(call);
    call.site.collections.change(old->id, [&](store::Collection& collection) {
        const auto place = require_place(collection, call.param("item"));
        collection.items.erase(collection.items.begin() + static_cast<std::ptrdiff_t>(place));
    });
    return success();
}

} // namespace

void add_collection_routes(Router& router)
{
    const std::string one = "/api/collections/{owner}/{slug}";
    add_collection_listing(router);
    router.add("POST", "/api/collections", {}, create);
    router.add("GET", one, {}, get);
    router.add("PATCH", one, {}, update);
    router.add("DELETE", one, {}, remove);
    router.add("POST", one + "/items", {}, add_item);
    router.add("PATCH", one + "/items/{item}", {}, update_item);
    router.add("DELETE", one + "/items/{item}", {}, remove_item);
    router.add("POST", one + "/upvote", {}, upvote);
    router.add("DELETE", one + "/upvote", {}, upvote);
}

} // namespace hfasync::emulator
