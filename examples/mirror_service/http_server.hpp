// The service's own HTTP server: status page, its events, metrics, webhooks.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>

namespace mirror {

namespace asio = boost::asio;
class Service;

/// Serves until it is cancelled. `on_listen` gets the port.
///
///     GET /          the page           GET /events   server-sent events, one a change; 64 readers at most
///     GET /status    the same as JSON   GET /metrics  Prometheus
///     GET /healthz   "ok"               POST /webhook what the Hub calls
/// \throws hfasync::OSError when it cannot listen
asio::awaitable<void> serve_http(Service& service, std::function<void(std::uint16_t)> on_listen);

} // namespace mirror
