#include "http/url.hpp"

#include <algorithm>

#include <boost/asio/ip/address_v6.hpp>

#include <hfasync/error.hpp>

#include "policy/header_values.hpp"

namespace hfasync::http {

namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view why)
{
    throw ValueError("'" + detail::printable(detail::redact_url(text)) + "' is not a usable URL: " +
                     std::string(why) + "; give an absolute http:// or https:// URL");
}

bool has_blank_or_control(std::string_view text) noexcept
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

/// Raw non-ASCII bytes of a Location are sent as percent escapes, as browsers and `requests` do.
std::string ascii_only(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

bool valid_host_name(std::string_view host) noexcept
{
    return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               c == '-' || c == '_';
    });
}

/// host[:port] into `url`; the port stays what it was when there is none.
void parse_host_port(std::string_view authority, Url& url, std::string_view whole)
{
    std::string_view port;
    if (!authority.empty() && authority.front() == '[') {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) refuse(whole, "the IPv6 address has no closing bracket");
        const std::string address(authority.substr(1, close - 1));
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(address, error);
        if (error || address.find('%') != std::string::npos) refuse(whole, "the IPv6 address is broken");
        url.host = detail::to_lower(address);
        port = authority.substr(close + 1);
        if (!port.empty() && port.front() != ':') refuse(whole, "something follows the IPv6 address");
    } else {
        const auto colon = authority.find(':');
        const auto host = authority.substr(0, colon);
        if (!valid_host_name(host)) refuse(whole, "the host name is empty or has bytes that are not allowed");
        url.host = detail::to_lower(host);
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (port.size() <= 1) return;
    const auto number = detail::parse_decimal(port.substr(1));
    if (!number || *number == 0 || *number > 65535) refuse(whole, "the port is not a number from 1 to 65535");
    url.port = static_cast<std::uint16_t>(*number);
}

void set_path_and_query(Url& url, std::string_view rest)
{
    rest = rest.substr(0, rest.find('#'));
    const auto mark = rest.find('?');
    url.path = ascii_only(rest.substr(0, mark));
    if (url.path.empty()) url.path = "/";
    url.query = mark == std::string_view::npos ? std::string() : ascii_only(rest.substr(mark + 1));
}

/// RFC 3986 5.2.4.
std::string remove_dot_segments(std::string_view path)
{
    std::string out;
    std::size_t at = 0;
    while (at < path.size()) {
        auto end = path.find('/', at + 1);
        if (end == std::string_view::npos) end = path.size();
        const auto segment = path.substr(at, end - at); // "/name"
        const bool last = end == path.size();
        if (segment == "/..") {
            out.resize(out.empty() ? 0 : out.rfind('/'));
            if (last) out += '/';
        } else if (segment == "/.") {
            if (last) out += '/';
        } else {
            out += segment;
        }
        at = end;
    }
    return out.empty() ? "/" : out;
}

bool has_scheme(std::string_view text) noexcept
{
    const auto end = text.find_first_of(":/?#");
    if (end == std::string_view::npos || end == 0 || text[end] != ':') return false;
    const auto scheme = text.substr(0, end);
    return std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
               c == '.' || c == '-';
    });
}

std::optional<Url> parse_or_nothing(std::string_view text)
{
    try {
        return Url::parse(text);
    } catch (const ValueError&) {
        return std::nullopt;
    }
}

} // namespace

Url Url::parse(std::string_view text)
{
    if (has_blank_or_control(text)) refuse(text, "it holds blanks or control bytes");
    Url url;
    const auto colon = text.find("://");
    if (colon == std::string_view::npos) refuse(text, "it has no scheme");
    url.scheme = detail::to_lower(text.substr(0, colon));
    if (url.scheme != "http" && url.scheme != "https") refuse(text, "its scheme is neither http nor https");
    url.port = url.tls() ? 443 : 80;
    const auto rest = text.substr(colon + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    auto authority = rest.substr(0, end);
    // Some parsers read a backslash as a slash: such a URL would name another host to them than to us.
    if (authority.find('\\') != std::string_view::npos) refuse(text, "it holds a backslash");
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        url.userinfo = std::string(authority.substr(0, at));
        authority.remove_prefix(at + 1);
    }
    parse_host_port(authority, url, text);
    set_path_and_query(url, rest.substr(end));
    return url;
}

std::optional<Url> Url::resolve(std::string_view reference) const
{
    reference = detail::trim(reference);
    if (has_blank_or_control(reference)) return std::nullopt;
    if (has_scheme(reference)) return parse_or_nothing(reference);
    if (reference.starts_with("//")) return parse_or_nothing(scheme + ":" + std::string(reference));
    reference = reference.substr(0, reference.find('#'));
    Url out = *this;
    if (reference.empty()) return out;
    if (reference.front() == '?') {
        out.query = ascii_only(reference.substr(1));
        return out;
    }
    const auto base = path.substr(0, path.rfind('/') + 1);
    set_path_and_query(out,
                       reference.front() == '/' ? std::string(reference) : base + std::string(reference));
    out.path = remove_dot_segments(out.path);
    return out;
}

std::string Url::origin() const
{
    std::string out;
    out.reserve(scheme.size() + host.size() + 12);
    out += scheme;
    out += "://";
    const bool v6 = host.find(':') != std::string::npos;
    if (v6) out += '[';
    out += host;
    if (v6) out += ']';
    if (port != (tls() ? 443 : 80)) {
        out += ':';
        out += std::to_string(port);
    }
    return out;
}

std::string Url::target() const
{
    return query.empty() ? path : path + "?" + query;
}
std::string Url::text() const
{
    return origin() + target();
}
std::string Url::redacted() const
{
    return detail::printable(origin() + path);
}

Url& Url::add_query(const detail::QueryPairs& pairs)
{
    if (pairs.empty()) return *this;
    if (!query.empty()) query += '&';
    query += detail::encode_query(pairs);
    return *this;
}

} // namespace hfasync::http
