#include "proxy.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string>

#include <hfasync/error.hpp>

#include "request_target.hpp"

namespace cache_server {

namespace {

/// "*", a host, a suffix of it after a dot, or one of these with a port.
bool matches(std::string_view rule, std::string_view host, std::string_view port)
{
    if (rule == "*") return true;
    const auto colon = rule.rfind(':');
    if (colon != std::string_view::npos && rule.find(':') == colon) {
        if (rule.substr(colon + 1) != port) return false;
        rule = rule.substr(0, colon);
    }
    while (rule.starts_with('.'))
        rule.remove_prefix(1);
    if (rule.empty() || host.size() < rule.size() || !host.ends_with(rule)) return false;
    return host.size() == rule.size() || host[host.size() - rule.size() - 1] == '.';
}

std::string basic(std::string_view user_info)
{
    const auto colon = user_info.find(':');
    const auto part = [](std::string_view text) { return percent_decode(text).value_or(std::string(text)); };
    const auto plain = part(user_info.substr(0, colon)) + ":" +
                       (colon == std::string_view::npos ? "" : part(user_info.substr(colon + 1)));
    std::string out(4 * ((plain.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
    out.resize(static_cast<std::size_t>(size));
    return "Basic " + out;
}

} // namespace

std::optional<Proxy> proxy_for(const hfasync::ProxyOptions& options, bool tls, std::string_view host,
                               std::string_view port)
{
    const auto& text = tls ? options.https : options.http;
    if (!text || text->empty()) return std::nullopt;
    if (std::any_of(options.no_proxy.begin(), options.no_proxy.end(),
                    [&](const auto& rule) { return matches(rule, host, port); }))
        return std::nullopt;
    std::string_view rest = *text;
    if (rest.starts_with("http://")) rest.remove_prefix(7);
    rest = rest.substr(0, rest.find('/'));
    Proxy out;
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        out.authorization = basic(rest.substr(0, at));
        rest.remove_prefix(at + 1);
    }
    const auto colon = rest.rfind(':');
    out.host = rest.substr(0, colon);
    out.port = colon == std::string_view::npos ? "80" : std::string(rest.substr(colon + 1));
    if (out.host.empty() || out.port.find_first_not_of("0123456789") != std::string::npos)
        throw hfasync::ValueError("The proxy is not http://[user:password@]host[:port].");
    return out;
}

} // namespace cache_server
