#include "byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace cache_server {

namespace {

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

bool same_etag(std::string_view quoted, std::string_view etag)
{
    return quoted.size() == etag.size() + 2 && quoted.front() == '"' && quoted.back() == '"' &&
           quoted.substr(1, etag.size()) == etag;
}

} // namespace

WantedRange wanted_range(std::string_view range, std::string_view if_range, std::string_view etag,
                         std::uint64_t size)
{
    const WantedRange whole{RangeKind::whole, {0, size}};
    if (!range.starts_with("bytes=")) return whole;
    if (!if_range.empty() && !same_etag(trimmed(if_range), etag)) return whole;
    const auto wanted = trimmed(range.substr(6));
    const auto dash = wanted.find('-');
    if (dash == std::string_view::npos || wanted.find(',') != std::string_view::npos) return whole;
    const auto first = number(wanted.substr(0, dash)), last = number(wanted.substr(dash + 1));
    if (dash == 0) { // the last n bytes
        if (!last) return whole;
        if (*last == 0 || size == 0) return {RangeKind::unsatisfiable, {}};
        return {RangeKind::part, {size - std::min(*last, size), size}};
    }
    const bool open = dash + 1 == wanted.size();
    if (!first || (!open && (!last || *last < *first))) return whole;
    if (*first >= size) return {RangeKind::unsatisfiable, {}};
    return {RangeKind::part, {*first, open ? size : std::min(*last, size - 1) + 1}};
}

bool names_etag(std::string_view if_none_match, std::string_view etag)
{
    while (!if_none_match.empty()) {
        const auto comma = if_none_match.find(',');
        auto one = trimmed(if_none_match.substr(0, comma));
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == "*" || same_etag(one, etag)) return true;
        if (comma == std::string_view::npos) break;
        if_none_match.remove_prefix(comma + 1);
    }
    return false;
}

} // namespace cache_server
