// The half of encoding.hpp that makes text safe to print.
#include <algorithm>
#include <array>

#include "base/encoding.hpp"

namespace hfasync::detail {
namespace {

/// Bytes of the well-formed UTF-8 sequence at the start of `text` (RFC 3629: no surrogates, no overlong
/// forms); 0 when there is none.
std::size_t utf8_length(std::string_view text) noexcept
{
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto tail = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    if (text.empty()) return 0;
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned char low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned char low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

void append_hex(std::string& out, std::string_view bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
}

char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) noexcept
{
    return text.size() >= lower_prefix.size() &&
           std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                      [](char a, char b) { return a == lower(b); });
}

bool ends_word(char c) noexcept
{
    return static_cast<unsigned char>(c) <= 0x20 ||
           std::string_view("\"'<>`\\,;{}|^").find(c) != std::string_view::npos;
}

std::size_t word_length(std::string_view text) noexcept
{
    return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends_word) - text.begin());
}

bool is_token_char(char c) noexcept
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/// Length of a user access token ("hf_" and at least 20 letters or digits) at the start of `text`, or 0.
std::size_t access_token_length(std::string_view text) noexcept
{
    for (std::string_view prefix : {std::string_view("hf_"), std::string_view("api_org_")}) {
        if (!text.starts_with(prefix)) continue;
        std::size_t end = prefix.size();
        while (end < text.size() && is_token_char(text[end]))
            ++end;
        if (end - prefix.size() >= 20) return end;
    }
    return 0;
}

/// Appends what may be shown of a secret at the start of `text`; returns how much of `text` that was, or 0.
std::size_t append_redacted(std::string& out, std::string_view text)
{
    // Signed URLs of S3, CloudFront, Azure and Google; `text` may hold one without its scheme.
    static constexpr std::array keys = {std::string_view("signature="), std::string_view("x-amz-credential="),
                                        std::string_view("x-amz-security-token="),
                                        std::string_view("policy=")};
    if (starts_with_ignoring_case(text, "http://") || starts_with_ignoring_case(text, "https://")) {
        const auto length = word_length(text);
        out += redact_url(text.substr(0, length));
        return length;
    }
    for (std::string_view scheme : {std::string_view("bearer "), std::string_view("basic ")}) {
        if (!starts_with_ignoring_case(text, scheme)) continue;
        const auto length = word_length(text.substr(scheme.size()));
        if (length < 8) continue; // "bearer token" in prose
        out += text.substr(0, scheme.size());
        out += "<redacted>";
        return scheme.size() + length;
    }
    if (const auto length = access_token_length(text)) {
        out += "<redacted>";
        return length;
    }
    for (std::string_view key : keys) {
        if (!starts_with_ignoring_case(text, key)) continue;
        out += text.substr(0, key.size());
        out += "<redacted>";
        auto rest = text.substr(key.size());
        return key.size() + std::min(word_length(rest), std::min(rest.find('&'), rest.size()));
    }
    return 0;
}

} // namespace

bool is_valid_utf8(std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text[0]);
        // C1 controls (U+0080..U+009F) move a terminal's cursor as ESC sequences do.
        const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
        if (length == 0 || c1 || first < 0x20 || first == 0x7F) {
            length = std::max<std::size_t>(length, 1);
            append_hex(out, text.substr(0, length));
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return out;
}

std::string redact_url(std::string_view url)
{
    url = url.substr(0, url.find_first_of("?#"));
    const auto scheme = url.find("://");
    const auto authority = scheme == std::string_view::npos ? std::size_t{0} : scheme + 3;
    if (scheme == std::string_view::npos && !url.starts_with("//")) return printable(url);
    const auto path = std::min(url.find('/', url.starts_with("//") ? 2 : authority), url.size());
    const auto at = url.substr(0, path).rfind('@');
    if (at == std::string_view::npos || at < authority) return printable(url);
    std::string out(url.substr(0, url.starts_with("//") ? 2 : authority));
    out += url.substr(at + 1);
    return printable(out);
}

std::string redact_text(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    bool in_word = false;
    while (!text.empty()) {
        auto length = in_word ? std::size_t{0} : append_redacted(out, text);
        if (length == 0) {
            out.push_back(text[0]);
            length = 1;
        }
        in_word = is_token_char(text[length - 1]);
        text.remove_prefix(length);
    }
    return out;
}

} // namespace hfasync::detail
