#include "http/connect.hpp"

#include "http/head.hpp"
#include "http/wire.hpp"

namespace hfasync::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::string host_and_port(const Url& url)
{
    const bool v6 = url.host.find(':') != std::string::npos;
    return (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

std::chrono::microseconds since(SteadyTime start)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

/// CONNECT. Everything but a 2xx is the proxy's refusal; its body is not read, for it may be anything.
asio::awaitable<std::optional<Fault>> tunnel(Connection& connection, const Url& url, const Proxy& proxy,
                                             const Limits& limits)
{
    const std::string target = host_and_port(url);
    std::string head;
    append_request_line(head, "CONNECT", target);
    append_field(head, "Host", target);
    if (!proxy.authorization.empty()) append_field(head, "Proxy-Authorization", proxy.authorization);
    head += "\r\n";
    connection.deadline(limits.until(limits.timeouts.connect));
    auto sent = co_await write_all(connection, asio::buffer(head));
    if (sent.error)
        co_return fault_of(sent.error, connection.timed_out(), Phase::connect, "the proxy hung up");
    auto answer = co_await read_head(connection, Phase::connect);
    if (answer.fault) co_return answer.fault;
    const int status = answer.parser->status();
    if (status < 200 || status > 299)
        co_return Fault{
            .code = errc::proxy_failed,
            .phase = Phase::proxy,
            .cause = {},
            .detail = proxy.host + ":" + std::to_string(proxy.port) + " answered " + std::to_string(status) +
                      (status == 407 ? " (it wants a user name and a password)" : "") + " to CONNECT"};
    if (connection.buffer.size() != 0)
        co_return Fault{.code = errc::proxy_failed,
                        .phase = Phase::proxy,
                        .cause = {},
                        .detail = "it sent bytes ahead of the tunnel"};
    co_return std::nullopt;
}

asio::awaitable<std::optional<Fault>> secure(Engine& engine, Connection& connection, const Url& url,
                                             const Limits& limits)
{
    auto& stream = connection.start_tls(engine.tls(), url.host, host_and_port(url));
    connection.deadline(limits.until(limits.timeouts.handshake));
    const auto error = co_await connection.handshake();
    if (!error) co_return std::nullopt;
    auto fault = fault_of(error, connection.timed_out(), Phase::handshake);
    if (fault.code == errc::tls_failed) fault.detail = TlsClient::failure(stream, url.host, error);
    co_return fault;
}

} // namespace

asio::awaitable<Opened> open_connection(Engine& engine, const Url& url, const std::optional<Proxy>& proxy,
                                        const Limits& limits, ConnectTimes& times)
{
    const auto start = std::chrono::steady_clock::now();
    auto addresses = co_await resolve(engine, proxy ? proxy->host : url.host, proxy ? proxy->port : url.port,
                                      limits.until(limits.timeouts.resolve));
    times.resolve = since(start);
    if (addresses.fault) co_return Opened{nullptr, std::move(addresses.fault)};

    const auto connecting = std::chrono::steady_clock::now();
    auto opened =
        co_await connect_any(engine, std::move(addresses.endpoints), limits.until(limits.timeouts.connect));
    if (opened.fault) {
        const auto cause = opened.fault->cause;
        // No descriptors left: idle connections hold some, the next attempt may find them free.
        if (cause == boost::system::errc::too_many_files_open ||
            cause == boost::system::errc::too_many_files_open_in_system)
            engine.pool->close_idle();
        co_return opened;
    }
    ++engine.connections;
    auto& connection = *opened.connection;
    connection.watch();
    if (proxy && url.tls()) opened.fault = co_await tunnel(connection, url, *proxy, limits);
    times.connect = since(connecting);
    if (!opened.fault && url.tls()) {
        const auto shaking = std::chrono::steady_clock::now();
        opened.fault = co_await secure(engine, connection, url, limits);
        times.handshake = since(shaking);
    }
    if (opened.fault) opened.connection.reset();
    co_return opened;
}

} // namespace hfasync::http
