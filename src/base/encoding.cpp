#include "base/encoding.hpp"

#include <array>
#include <cstdint>

namespace hfasync::detail {
namespace {

constexpr char upper_hex[] = "0123456789ABCDEF";

constexpr bool is_alnum(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_unreserved(char c) noexcept
{
    return is_alnum(c) || c == '_' || c == '.' || c == '~' || c == '-';
}

int hex_digit(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_escape(std::string& out, char c)
{
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(upper_hex[byte >> 4]);
    out.push_back(upper_hex[byte & 15]);
}

void append_form(std::string& out, std::string_view text)
{
    for (char c : text) {
        if (c == ' ')
            out.push_back('+');
        else if (is_unreserved(c))
            out.push_back(c);
        else
            append_escape(out, c);
    }
}

std::optional<std::string> decode_escapes(std::string_view text, bool plus_is_blank)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_blank) {
            out.push_back(' ');
        } else if (text[i] != '%') {
            out.push_back(text[i]);
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    return out;
}

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int16_t, 256> base64_values = [] {
    std::array<std::int16_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64_digits.size(); ++i)
        values[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::int16_t>(i);
    return values;
}();

} // namespace

std::string percent_encode(std::string_view text, std::string_view safe)
{
    std::string out;
    out.reserve(text.size() + 8);
    for (char c : text) {
        if (is_unreserved(c) || safe.find(c) != std::string_view::npos)
            out.push_back(c);
        else
            append_escape(out, c);
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text)
{
    return decode_escapes(text, false);
}

std::string encode_query(const QueryPairs& pairs)
{
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!out.empty()) out.push_back('&');
        append_form(out, name);
        out.push_back('=');
        append_form(out, value);
    }
    return out;
}

std::optional<QueryPairs> decode_query(std::string_view query)
{
    QueryPairs pairs;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto item = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (item.empty()) continue;
        const auto equals = item.find('=');
        auto name = decode_escapes(item.substr(0, equals), true);
        auto value = decode_escapes(equals == std::string_view::npos ? "" : item.substr(equals + 1), true);
        if (!name || !value) return std::nullopt;
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

void base64_append(std::string& out, std::string_view data)
{
    const auto start = out.size();
    out.resize(start + (data.size() + 2) / 3 * 4);
    char* to = out.data() + start;
    auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(data[i]));
    };
    std::size_t i = 0;
    for (; i + 3 <= data.size(); i += 3) {
        const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        for (int shift = 18; shift >= 0; shift -= 6)
            *to++ = base64_digits[(bits >> shift) & 63];
    }
    if (const auto rest = data.size() - i; rest > 0) {
        const std::uint32_t bits = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
        *to++ = base64_digits[bits >> 18];
        *to++ = base64_digits[(bits >> 12) & 63];
        *to++ = rest == 2 ? base64_digits[(bits >> 6) & 63] : '=';
        *to++ = '=';
    }
}

std::string base64_encode(std::string_view data)
{
    std::string out;
    base64_append(out, data);
    return out;
}

std::optional<std::string> base64_decode(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && !text.empty() && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : text) {
        const int value = base64_values[static_cast<unsigned char>(c)];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if ((held += 6) >= 8) {
            held -= 8;
            out.push_back(static_cast<char>(bits >> held & 255));
        }
    }
    // The bits below the last byte must be nothing: one text for one content.
    if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
    return out;
}

} // namespace hfasync::detail
