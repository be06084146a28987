// What the Hub answers about discussions, as the documented types.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string_view>

#include <hfasync/types/discussion.hpp>

#include "describe/json.hpp"
#include "http/message.hpp"

namespace hfasync::detail {

/// Puts the member of a nested object also under its dotted name ("author.name"), so that a description can
/// name it and errors tell the Hub's own path. An absent or null object on the way counts as absent.
/// \throws BadResponseError when something on the way is no object
void lift_member(boost::json::object& object, std::string_view dotted, const DecodeContext& context);

template <Described T>
void lift_members(boost::json::object& object, const DecodeContext& context)
{
    for_each_index_of<T>([&](auto i) {
        constexpr auto name = wire_name<T, i()>();
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*std::get<i()>(fields_of<T>).pointer)>;
        if constexpr (field_rule<T, i()>.flatten)
            lift_members<Member>(object, context);
        else if constexpr (name.find('.') != std::string_view::npos)
            lift_member(object, name, context);
    });
}

/// "GET https://hub/api/models/acme/tiny/discussions": for messages.
DecodeContext context_of(const http::Request& request);

Discussion read_discussion(boost::json::value&& value, const DecodeContext& context,
                           std::string_view endpoint);
DiscussionWithDetails read_discussion_details(boost::json::value&& value, const DecodeContext& context,
                                              std::string_view endpoint);
/// By its `type`.
AnyDiscussionEvent read_discussion_event(boost::json::value&& value, const DecodeContext& context);

/// An event of a known kind: what a change answers.
template <Described Event>
Event read_event_as(boost::json::value&& value, const DecodeContext& context)
{
    const auto raw = Json::from(value);
    if (auto* object = value.if_object()) lift_members<Event>(*object, context);
    auto event = decode<Event>(value, context);
    if constexpr (std::is_same_v<Event, DiscussionEvent>)
        event.raw = raw;
    else
        event.event.raw = raw;
    return event;
}

} // namespace hfasync::detail
