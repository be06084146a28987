#include "http/proxy.hpp"

#include <algorithm>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "policy/header_values.hpp"

namespace hfasync::http {

Proxy parse_proxy(std::string_view text)
{
    text = detail::trim(text);
    std::string whole =
        text.find("://") == std::string_view::npos ? "http://" + std::string(text) : std::string(text);
    Url url;
    try {
        url = Url::parse(whole);
    } catch (const ValueError&) {
        throw ValueError(
            "the proxy is not of the form http://[user:password@]host[:port]; correct HTTP_PROXY, "
            "HTTPS_PROXY or HubOptions::proxy");
    }
    if (url.tls())
        throw ValueError("the proxy at " + url.origin() +
                         " is to be spoken to over https, which is not supported; "
                         "give an http:// proxy (https targets are tunnelled through it with CONNECT)");
    Proxy proxy{.host = url.host, .port = url.port, .authorization = {}};
    if (!url.userinfo.empty()) {
        const auto decoded = detail::percent_decode(url.userinfo);
        if (!decoded) throw ValueError("the user and password of the proxy hold a broken %-escape");
        proxy.authorization = "Basic " + detail::base64_encode(*decoded);
    }
    return proxy;
}

bool bypasses_proxy(const std::vector<std::string>& no_proxy, const Url& target)
{
    for (const auto& raw : no_proxy) {
        std::string entry = detail::to_lower(detail::trim(raw));
        if (entry == "*") return true;
        const std::string host = target.host;
        if (entry == host || entry == "[" + host + "]") return true;
        if (const auto colon = entry.rfind(':');
            colon != std::string::npos && (entry.find(':') == colon || entry[colon - 1] == ']')) {
            if (entry.substr(colon + 1) != std::to_string(target.port)) continue;
            entry.resize(colon);
        }
        if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
        while (entry.starts_with('.') || entry.starts_with('*'))
            entry.erase(0, 1);
        if (!entry.empty() && (host == entry || host.ends_with("." + entry))) return true;
    }
    return false;
}

std::vector<std::string> split_hosts(std::string_view list)
{
    std::vector<std::string> hosts;
    for (std::size_t at = 0; at < list.size();) {
        const auto comma = std::min(list.find(',', at), list.size());
        if (const auto host = detail::trim(list.substr(at, comma - at)); !host.empty())
            hosts.emplace_back(host);
        at = comma + 1;
    }
    return hosts;
}

std::optional<ProxyOptions> proxies_of(const std::optional<std::map<std::string, std::string>>& proxies)
{
    if (!proxies) return std::nullopt;
    ProxyOptions options;
    for (const auto& [scheme, url] : *proxies) {
        if (scheme == "http")
            options.http = url;
        else if (scheme == "https")
            options.https = url;
        else if (scheme == "no_proxy")
            options.no_proxy = split_hosts(url);
        else if (scheme != "all")
            throw ValueError("proxies: '" + detail::printable(scheme) +
                             "' is not one of the keys 'http', 'https', 'all' and 'no_proxy'");
    }
    if (const auto all = proxies->find("all"); all != proxies->end()) {
        if (!options.http) options.http = all->second;
        if (!options.https) options.https = all->second;
    }
    return options;
}

std::optional<Proxy> choose_proxy(const ProxyOptions& options, const Url& target)
{
    const auto& text = target.tls() ? options.https : options.http;
    if (!text || text->empty() || bypasses_proxy(options.no_proxy, target)) return std::nullopt;
    return parse_proxy(*text);
}

} // namespace hfasync::http
