// The proxy that leads to the upstream, as HubOptions::proxy names it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hfasync/hub.hpp>

namespace cache_server {

struct Proxy {
    std::string host;
    std::string port;
    std::string authorization; ///< of Proxy-Authorization; empty: none
};

/// Nothing when the upstream is reached directly. \throws hfasync::ValueError for a proxy that is none
std::optional<Proxy> proxy_for(const hfasync::ProxyOptions& options, bool tls, std::string_view host,
                               std::string_view port);

} // namespace cache_server
