#include "api/common/discussion_results.hpp"

#include <hfasync/error.hpp>

namespace hfasync {

std::optional<std::string> Discussion::git_reference() const
{
    if (!is_pull_request) return std::nullopt;
    return "refs/pr/" + std::to_string(num);
}

std::string Discussion::url() const
{
    std::string url = endpoint;
    while (url.ends_with('/'))
        url.pop_back();
    url.append("/").append(url_prefix(repo_type)).append(repo_id);
    return url + "/discussions/" + std::to_string(num);
}

std::optional<std::string> DiscussionComment::rendered() const
{
    return event.raw["data"]["latest"]["html"].as_string();
}

std::optional<Timestamp> DiscussionComment::last_edited_at() const
{
    const auto text = event.raw["data"]["latest"]["updatedAt"].as_string();
    return text ? parse_timestamp(*text) : std::nullopt;
}

std::string DiscussionComment::last_edited_by() const
{
    return event.raw["data"]["latest"]["author"]["name"].as_string().value_or("deleted");
}

std::vector<Json> DiscussionComment::edit_history() const
{
    const auto history = event.raw["data"]["history"];
    std::vector<Json> out;
    if (!history.is_array()) return out;
    for (std::size_t i = 0; i < history.size(); ++i)
        out.push_back(history[i]);
    return out;
}

std::size_t DiscussionComment::number_of_edits() const
{
    const auto history = event.raw["data"]["history"];
    return history.is_array() ? history.size() : 0;
}

const DiscussionEvent& common_part(const AnyDiscussionEvent& event) noexcept
{
    const auto* part = std::visit(
        [](const auto& e) {
            if constexpr (std::is_same_v<decltype(e), const DiscussionEvent&>)
                return &e;
            else
                return &e.event;
        },
        event);
    return *part;
}

namespace detail {

namespace json = boost::json;

void lift_member(json::object& object, std::string_view dotted, const DecodeContext& context)
{
    object.erase(dotted); // a member that is spelt so is none that the Hub documents
    const json::object* within = &object;
    for (std::size_t at = 0;;) {
        const auto dot = dotted.find('.', at);
        const auto* found = within->if_contains(dotted.substr(at, dot - at));
        if (!found || found->is_null()) return;
        if (dot == std::string_view::npos) {
            json::value copy = *found;
            object[dotted] = std::move(copy);
            return;
        }
        within = found->if_object();
        if (!within) {
            const auto path = context.root + "." + std::string(dotted.substr(0, dot));
            throw BadResponseError(errc::bad_response,
                                   context.source + ": expected an object at " + path +
                                       ", the server sent another kind of JSON",
                                   {.path = path});
        }
        at = dot + 1;
    }
}

DecodeContext context_of(const http::Request& request)
{
    return {.source = std::string(to_string(request.method)) + " " + request.url.redacted()};
}

Discussion read_discussion(json::value&& value, const DecodeContext& context, std::string_view endpoint)
{
    if (auto* object = value.if_object()) lift_members<Discussion>(*object, context);
    auto discussion = decode<Discussion>(value, context);
    discussion.endpoint = endpoint;
    return discussion;
}

AnyDiscussionEvent read_discussion_event(json::value&& value, const DecodeContext& context)
{
    std::string_view type;
    if (const auto* object = value.if_object())
        if (const auto* found = object->if_contains("type"); found && found->is_string())
            type = found->get_string();
    if (type == "comment") return read_event_as<DiscussionComment>(std::move(value), context);
    if (type == "status-change") return read_event_as<DiscussionStatusChange>(std::move(value), context);
    if (type == "commit") return read_event_as<DiscussionCommit>(std::move(value), context);
    if (type == "title-change") return read_event_as<DiscussionTitleChange>(std::move(value), context);
    return read_event_as<DiscussionEvent>(std::move(value), context);
}

namespace {

// What `events` holds, taken out of the answer: a variant alone cannot tell its kinds apart.
std::vector<AnyDiscussionEvent> take_events(json::object& answer, const DecodeContext& context)
{
    std::vector<AnyDiscussionEvent> events;
    auto* found = answer.if_contains("events");
    if (!found || !found->is_array()) return events; // decoding says what is wrong
    DecodeContext here = context;
    for (auto& event : found->get_array()) {
        here.root = context.root + ".events[" + std::to_string(events.size()) + "]";
        events.push_back(read_discussion_event(std::move(event), here));
    }
    answer.erase("events");
    return events;
}

} // namespace

DiscussionWithDetails read_discussion_details(json::value&& value, const DecodeContext& context,
                                              std::string_view endpoint)
{
    std::vector<AnyDiscussionEvent> events;
    if (auto* object = value.if_object()) {
        const auto* is_pull_request = object->if_contains("isPullRequest");
        if (!is_pull_request || *is_pull_request != json::value(true)) {
            // Of a plain discussion the Hub's leftovers mean nothing.
            object->erase("changes");
            object->erase("filesWithConflicts");
        }
        lift_members<DiscussionWithDetails>(*object, context);
        events = take_events(*object, context);
    }
    auto details = decode<DiscussionWithDetails>(value, context);
    details.discussion.endpoint = endpoint;
    details.events = std::move(events);
    return details;
}

} // namespace detail
} // namespace hfasync
