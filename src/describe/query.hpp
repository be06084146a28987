// A described type as URL query pairs.
#pragma once

#include "base/encoding.hpp"
#include "describe/json.hpp"

namespace hfasync::detail {

/// Python's str(): the reference's query parameters go through it.
std::string query_number(double value);
inline std::string query_text(bool value)
{
    return value ? "True" : "False";
}

template <class T>
void append_query_value(QueryPairs& out, std::string_view name, const T& value)
{
    if constexpr (std::is_same_v<T, bool>) {
        out.emplace_back(name, query_text(value));
    } else if constexpr (std::is_integral_v<T>) {
        out.emplace_back(name, std::to_string(value));
    } else if constexpr (std::is_floating_point_v<T>) {
        out.emplace_back(name, query_number(value));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        out.emplace_back(name, std::string_view(value));
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
        out.emplace_back(name, value.string());
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        out.emplace_back(name, format_timestamp(value));
    } else if constexpr (std::is_same_v<T, RepoType>) {
        out.emplace_back(name, to_string(value));
    } else if constexpr (std::is_same_v<T, Json>) {
        if (!value.is_null()) out.emplace_back(name, value.text());
    } else if constexpr (std::is_enum_v<T>) {
        out.emplace_back(name, enum_text(value));
    } else if constexpr (requires { value.text_if_unknown(); }) { // Open<E>
        out.emplace_back(name, value.known() ? enum_text(value.value())
                                             : std::string_view(value.text_if_unknown()));
    } else if constexpr (is_optional<T>) {
        if (value) append_query_value(out, name, *value);
    } else if constexpr (requires { std::visit([](const auto&) {}, value); }) {
        std::visit([&](const auto& alternative) { append_query_value(out, name, alternative); }, value);
    } else if constexpr (std::is_same_v<T, std::monostate>) {
    } else {
        // A list is a repeated key. What is no list either (a map, an object) has no place in a query:
        // in_query.
        for (const auto& element : value)
            append_query_value(out, name, element);
    }
}

/// The name of field I in a query.
template <Described T, std::size_t I>
constexpr std::string_view query_name() noexcept
{
    return field_rule<T, I>.query.empty() ? wire_name<T, I>() : field_rule<T, I>.query;
}

/// Puts the prefix before those of the pairs from `first` on that lack it: "squad" and "dataset:squad" say
/// the same.
void prefix_query_values(QueryPairs& pairs, std::size_t first, std::string_view prefix);

/// Appends the fields that belong into the query, under their wire names and in their order. Empty optionals
/// and lists give nothing; a token and what only code can set never.
template <Described T>
void append_query(QueryPairs& out, const T& options)
{
    for_each_index_of<T>([&](auto i) {
        constexpr FieldRule rule = field_rule<T, i()>;
        const auto& member = options.*std::get<i()>(fields_of<T>).pointer;
        using Member = std::remove_cvref_t<decltype(member)>;
        if constexpr (!rule.in_query || is_opaque<Member> || std::is_same_v<Member, Token>) {
        } else if constexpr (rule.flatten) {
            if constexpr (is_optional<Member>) {
                if (member) append_query(out, *member);
            } else {
                append_query(out, member);
            }
        } else if constexpr (rule.only_true && std::is_same_v<Member, bool>) {
            if (member) append_query_value(out, query_name<T, i()>(), true);
        } else if constexpr (rule.only_true && std::is_same_v<Member, std::optional<bool>>) {
            if (member.value_or(false)) append_query_value(out, query_name<T, i()>(), true);
        } else {
            const auto first = out.size();
            append_query_value(out, query_name<T, i()>(), member);
            if constexpr (!rule.prefix.empty()) prefix_query_values(out, first, rule.prefix);
        }
    });
}

} // namespace hfasync::detail
