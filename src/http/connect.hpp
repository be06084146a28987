// From a host name to a connection that requests can be written to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/engine.hpp"
#include "http/proxy.hpp"

namespace hfasync::http {

struct ConnectTimes {
    std::chrono::microseconds resolve{0}, connect{0}, handshake{0};
};

struct Opened {
    std::unique_ptr<Connection> connection;
    std::optional<Fault> fault;
};

/// Resolves, tries all addresses (RFC 8305: families in turn, 250 ms apart), passes the proxy, shakes hands.
/// `engine`, `url`, `proxy`, `limits` and `times` live until the awaiter resumes.
boost::asio::awaitable<Opened> open_connection(Engine& engine, const Url& url,
                                               const std::optional<Proxy>& proxy, const Limits& limits,
                                               ConnectTimes& times);

struct Addresses {
    std::vector<boost::asio::ip::tcp::endpoint> endpoints;
    std::optional<Fault> fault;
};
boost::asio::awaitable<Addresses> resolve(Engine& engine, std::string host, std::uint16_t port,
                                          SteadyTime deadline);
/// IPv6 and IPv4 in turn, beginning with the family that the resolver put first.
std::vector<boost::asio::ip::tcp::endpoint> in_turn(std::vector<boost::asio::ip::tcp::endpoint> endpoints);
boost::asio::awaitable<Opened>
connect_any(Engine& engine, std::vector<boost::asio::ip::tcp::endpoint> endpoints, SteadyTime deadline);

} // namespace hfasync::http
