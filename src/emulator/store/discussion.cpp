#include "emulator/store/discussion.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

std::int64_t micros(Timestamp time)
{
    return time.time_since_epoch().count();
}
Timestamp time_at(const json::object& object, std::string_view key)
{
    return Timestamp(std::chrono::microseconds(object.at(key).to_number<std::int64_t>()));
}
std::string text_at(const json::object& object, std::string_view key)
{
    return std::string(object.at(key).as_string());
}

json::object event_to_json(const DiscussionEvent& event)
{
    json::object out{{"id", event.id},         {"type", event.type},          {"author", event.author},
                     {"at", micros(event.at)}, {"hiddenBy", event.hidden_by}, {"from", event.from},
                     {"to", event.to}};
    json::array texts;
    for (const auto& text : event.texts)
        texts.push_back(json::object{{"raw", text.raw}, {"author", text.author}, {"at", micros(text.at)}});
    out["texts"] = std::move(texts);
    return out;
}

DiscussionEvent event_from_json(const json::object& o)
{
    DiscussionEvent event{.id = text_at(o, "id"),
                          .type = text_at(o, "type"),
                          .author = text_at(o, "author"),
                          .at = time_at(o, "at"),
                          .texts = {},
                          .hidden_by = text_at(o, "hiddenBy"),
                          .from = text_at(o, "from"),
                          .to = text_at(o, "to")};
    for (const auto& item : o.at("texts").as_array()) {
        const auto& text = item.as_object();
        event.texts.push_back(
            {.raw = text_at(text, "raw"), .author = text_at(text, "author"), .at = time_at(text, "at")});
    }
    return event;
}

} // namespace

DiscussionEvent& Discussion::comment(std::string_view id)
{
    const auto found = std::find_if(events.begin(), events.end(), [&](const DiscussionEvent& event) {
        return event.id == id && event.type == "comment";
    });
    if (found == events.end()) throw StoreError(404, "", "Comment not found");
    return *found;
}

std::size_t Discussion::comments() const noexcept
{
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [](const DiscussionEvent& event) { return event.type == "comment"; }));
}

json::object to_json(const Discussion& discussion)
{
    json::array events;
    for (const auto& event : discussion.events)
        events.push_back(event_to_json(event));
    return {{"num", discussion.num},
            {"title", discussion.title},
            {"status", discussion.status},
            {"author", discussion.author},
            {"createdAt", micros(discussion.created_at)},
            {"isPullRequest", discussion.is_pull_request},
            {"base", discussion.base},
            {"mergeCommit", discussion.merge_commit},
            {"mergeBase", discussion.merge_base},
            {"events", std::move(events)}};
}

Discussion discussion_from_json(const json::object& o)
{
    Discussion out{.num = o.at("num").to_number<int>(),
                   .title = text_at(o, "title"),
                   .status = text_at(o, "status"),
                   .author = text_at(o, "author"),
                   .created_at = time_at(o, "createdAt"),
                   .is_pull_request = o.at("isPullRequest").as_bool(),
                   .base = text_at(o, "base"),
                   .merge_commit = text_at(o, "mergeCommit"),
                   .merge_base = text_at(o, "mergeBase"),
                   .events = {}};
    for (const auto& event : o.at("events").as_array())
        out.events.push_back(event_from_json(event.as_object()));
    return out;
}

} // namespace hfasync::emulator::store
