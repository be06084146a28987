#include "policy/header_values.hpp"

#include <algorithm>
#include <charconv>

namespace hfasync::detail {

namespace {

char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24);

std::chrono::milliseconds seconds_cut(std::uint64_t seconds) noexcept
{
    return seconds > 86'400 ? longest_wait : std::chrono::milliseconds(seconds * 1000);
}

/// One `;`-separated parameter; quotes may hide a semicolon.
std::string_view next_parameter(std::string_view& rest) noexcept
{
    bool quoted = false;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
        if (quoted && rest[i] == '\\' && i + 1 < rest.size())
            ++i;
        else if (rest[i] == '"')
            quoted = !quoted;
        else if (rest[i] == ';' && !quoted)
            break;
    }
    const auto parameter = trim(rest.substr(0, i));
    rest.remove_prefix(std::min(rest.size(), i + 1));
    return parameter;
}

std::string_view unquoted(std::string_view text) noexcept
{
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

/// rel is a list of relation types separated by blanks.
bool names_next(std::string_view relations) noexcept
{
    while (!relations.empty()) {
        const auto blank = std::min(relations.find(' '), relations.size());
        if (iequals(relations.substr(0, blank), "next")) return true;
        relations.remove_prefix(std::min(relations.size(), blank + 1));
    }
    return false;
}

} // namespace

bool iequals(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string_view trim(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept
{
    // from_chars takes no sign for unsigned types other than '-', which the first-digit check refuses.
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept
{
    std::optional<std::uint64_t> value;
    for (;;) {
        const auto comma = std::min(text.find(','), text.size());
        const auto one = parse_decimal(trim(text.substr(0, comma)));
        if (!one || (value && *value != *one)) return std::nullopt;
        value = one;
        if (comma == text.size()) return value;
        text.remove_prefix(comma + 1);
    }
}

std::optional<ContentRange> parse_content_range(std::string_view text) noexcept
{
    text = trim(text);
    if (text.size() < 6 || !iequals(text.substr(0, 5), "bytes") || text[5] != ' ') return std::nullopt;
    text = trim(text.substr(6));
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto range = text.substr(0, slash), total = text.substr(slash + 1);
    ContentRange out;
    if (total != "*") {
        out.total = parse_decimal(total);
        if (!out.total) return std::nullopt;
    }
    if (range == "*") return out.total ? std::optional(out) : std::nullopt;
    const auto dash = range.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    out.first = parse_decimal(range.substr(0, dash));
    out.last = parse_decimal(range.substr(dash + 1));
    if (!out.first || !out.last || *out.first > *out.last || (out.total && *out.last >= *out.total))
        return std::nullopt;
    return out;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, Timestamp now) noexcept
{
    text = trim(text);
    if (!text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        const auto seconds = parse_decimal(text);
        return seconds ? seconds_cut(*seconds) : longest_wait; // too many digits: still a number, a huge one
    }
    const auto when = parse_http_date(text);
    if (!when) return std::nullopt;
    if (*when <= now) return std::chrono::milliseconds(0);
    return std::min(longest_wait, std::chrono::ceil<std::chrono::milliseconds>(*when - now));
}

std::optional<RateLimit> parse_rate_limit(std::string_view text)
{
    RateLimit out;
    out.policy = std::string(unquoted(next_parameter(text)));
    bool has_remaining = false;
    while (!text.empty()) {
        const auto parameter = next_parameter(text);
        if (parameter.size() < 3 || parameter[1] != '=') continue;
        const auto value = parse_decimal(parameter.substr(2));
        if (!value) continue;
        if (parameter[0] == 'r') {
            out.remaining = *value;
            has_remaining = true;
        } else if (parameter[0] == 't') {
            out.reset = seconds_cut(*value);
        }
    }
    if (!has_remaining) return std::nullopt;
    return out;
}

std::optional<std::string> parse_link_next(std::string_view text)
{
    while (!text.empty()) {
        const auto open = text.find('<');
        if (open == std::string_view::npos) return std::nullopt;
        const auto close = text.find('>', open);
        if (close == std::string_view::npos) return std::nullopt;
        const auto target = trim(text.substr(open + 1, close - open - 1));
        text.remove_prefix(close + 1);
        // The parameters of this link end at the comma before the next '<'; a quoted comma cannot be followed
        // by one.
        auto end = text.find('<');
        auto parameters = text.substr(0, end);
        if (end != std::string_view::npos) {
            const auto comma = parameters.rfind(',');
            if (comma != std::string_view::npos) parameters = parameters.substr(0, comma);
        }
        while (!parameters.empty()) {
            auto parameter = next_parameter(parameters);
            const auto equals = parameter.find('=');
            if (equals == std::string_view::npos || !iequals(trim(parameter.substr(0, equals)), "rel"))
                continue;
            auto value = trim(parameter.substr(equals + 1));
            if (!value.empty() && value.back() == ',') value = trim(value.substr(0, value.size() - 1));
            if (names_next(unquoted(value))) return std::string(target);
        }
        if (end == std::string_view::npos) return std::nullopt;
        text.remove_prefix(end);
    }
    return std::nullopt;
}

bool is_strong_etag(std::string_view text) noexcept
{
    return text.size() > 2 && text.starts_with('"') && text.ends_with('"');
}

} // namespace hfasync::detail
