// Which proxy a request goes through. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/hub.hpp>

#include "http/url.hpp"

namespace hfasync::http {

struct Proxy {
    std::string host;
    std::uint16_t port = 0;
    std::string authorization; ///< "Basic ..."; empty for none
    bool operator==(const Proxy&) const = default;
};

/// http://[user:password@]host[:port]; the scheme may be left out. \throws ValueError, which does not show
/// the user info.
Proxy parse_proxy(std::string_view text);
/// An entry is "*", host:port, or a host name that also covers its sub-domains (a leading dot changes
/// nothing).
bool bypasses_proxy(const std::vector<std::string>& no_proxy, const Url& target);
/// The entries of a list with commas between, trimmed, without empty ones.
std::vector<std::string> split_hosts(std::string_view list);
/// A call's `proxies`: "http", "https", "all" (for those that are not given) and "no_proxy" (hosts with
/// commas between). \throws ValueError for another key
std::optional<ProxyOptions> proxies_of(const std::optional<std::map<std::string, std::string>>& proxies);
/// nullopt: direct. \throws ValueError
std::optional<Proxy> choose_proxy(const ProxyOptions& options, const Url& target);

} // namespace hfasync::http
