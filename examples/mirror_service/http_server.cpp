#include "http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <array>

#include <openssl/evp.h>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "crew.hpp"
#include "feed.hpp"
#include "page.hpp"
#include "service.hpp"
#include "webhook.hpp"

namespace mirror {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t most_connections = 256;
constexpr std::uint64_t most_body = 1 << 20;
constexpr std::uint32_t most_head = 16 << 10;
constexpr std::chrono::seconds patience{10}; ///< for a request, and for a reader of the answer
constexpr std::chrono::seconds linger{2};
constexpr int ticks_until_comment = 150; ///< shows a dead connection, and keeps proxies from closing it
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

/// Allows what the page itself holds and nothing else.
std::string content_policy()
{
    std::array<unsigned char, 32> digest{};
    EVP_Digest(page_script.data(), page_script.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::array<unsigned char, 48> base64{};
    EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
    return fmt::format(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        reinterpret_cast<const char*>(base64.data()));
}

Response answer(const Request& request, http::status status, std::string_view type, std::string body)
{
    Response response(status, request.version());
    response.set(http::field::content_type, type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.keep_alive(request.keep_alive());
    response.body() = std::move(body);
    response.prepare_payload();
    if (request.method() == http::verb::head) response.body().clear();
    return response;
}

Response refuse(const Request& request, http::status status, std::string_view why)
{
    return answer(request, status, "text/plain; charset=utf-8", std::string(why) + "\n");
}

class Session {
public:
    Session(Service& service, Feed& feed, tcp::socket socket)
        : service_(service), feed_(feed), stream_(std::move(socket))
    {
    }

    asio::awaitable<void> run()
    {
        beast::flat_buffer buffer(most_body + most_head);
        for (;;) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(most_body);
            parser.header_limit(most_head);
            stream_.expires_after(patience);
            const auto [failed, size] = co_await http::async_read(stream_, buffer, parser, no_throw);
            if (failed == http::error::body_limit || failed == http::error::header_limit) {
                co_await send(refuse(parser.get(), http::status::payload_too_large, "too large"));
                co_await let_finish();
                break;
            }
            if (failed) break;
            const auto& request = parser.get();
            if (request.target() == "/events" && request.method() == http::verb::get && feed_.has_room()) {
                const Feed::Reader reader(feed_);
                co_await stream_events();
                break;
            }
            if (!co_await send(respond(request))) break;
        }
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    }

private:
    /// false: the connection has ended.
    asio::awaitable<bool> send(Response response)
    {
        const bool again = response.keep_alive();
        stream_.expires_after(patience);
        const auto [failed, size] = co_await http::async_write(stream_, response, no_throw);
        co_return !failed && again;
    }

    /// Who is still sending would not see an answer on a connection that is closed under it.
    asio::awaitable<void> let_finish()
    {
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        std::array<char, 16'384> waste{};
        stream_.expires_after(linger);
        for (std::uint64_t left = 16 * most_body; left > 0;) {
            const auto [failed, size] = co_await stream_.async_read_some(asio::buffer(waste), no_throw);
            if (failed) co_return;
            left -= std::min<std::uint64_t>(left, size);
        }
    }

    Response respond(const Request& request)
    {
        const auto target = request.target();
        if (target == "/webhook") {
            if (request.method() == http::verb::post) return webhook(request);
            auto response = refuse(request, http::status::method_not_allowed, "POST only");
            response.set(http::field::allow, "POST");
            return response;
        }
        if (target != "/" && target != "/status" && target != "/metrics" && target != "/healthz" &&
            target != "/events")
            return refuse(request, http::status::not_found, "no such page");
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            auto response = refuse(request, http::status::method_not_allowed, "GET only");
            response.set(http::field::allow, "GET, HEAD");
            return response;
        }
        if (target == "/events" && request.method() == http::verb::get)
            return refuse(request, http::status::service_unavailable, "too many readers; see /status");
        if (target == "/status")
            return answer(request, http::status::ok, "application/json", service_.status().json());
        if (target == "/metrics")
            return answer(request, http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                          service_.status().metrics());
        if (target != "/") return refuse(request, http::status::ok, "ok");
        auto response = answer(request, http::status::ok, "text/html; charset=utf-8",
                               fmt::format("{}{}{}", page_head, page_script, page_tail));
        response.set("Content-Security-Policy", content_policy());
        return response;
    }

    Response webhook(const Request& request)
    {
        auto delivery =
            read_webhook(service_.config().http->webhook_secret, request["X-Webhook-Secret"], request.body());
        if (delivery.result == WebhookResult::accepted && !service_.notice(std::move(*delivery.changed)))
            delivery.result = WebhookResult::ignored;
        switch (delivery.result) {
        case WebhookResult::accepted:
            service_.status().webhook("accepted");
            return refuse(request, http::status::accepted, "accepted");
        case WebhookResult::ignored:
            service_.status().webhook("ignored");
            return refuse(request, http::status::ok, "nothing to do");
        case WebhookResult::forbidden:
            service_.status().webhook("refused");
            return refuse(request, http::status::unauthorized, "X-Webhook-Secret is missing or wrong");
        case WebhookResult::malformed:
            break;
        }
        service_.status().webhook("refused");
        return refuse(request, http::status::bad_request, "this is not what the Hub sends");
    }

    asio::awaitable<bool> write(std::string text)
    {
        stream_.expires_after(patience);
        const auto [failed, size] = co_await asio::async_write(stream_, asio::buffer(text), no_throw);
        co_return !failed;
    }

    asio::awaitable<bool> write_event(std::shared_ptr<const std::string> data)
    {
        const std::array<asio::const_buffer, 3> parts{asio::buffer("data: ", 6), asio::buffer(*data),
                                                      asio::buffer("\n\n", 2)};
        stream_.expires_after(patience);
        const auto [failed, size] = co_await asio::async_write(stream_, parts, no_throw);
        co_return !failed;
    }

    /// Whether the reader has gone, who has nothing to say meanwhile. Does not wait.
    bool has_left()
    {
        std::array<char, 512> waste{};
        boost::system::error_code failed;
        stream_.socket().non_blocking(true, failed);
        if (!failed) stream_.socket().read_some(asio::buffer(waste), failed);
        return failed && failed != asio::error::would_block;
    }

    /// The whole state with every change: there is no history to catch up with after a break.
    asio::awaitable<void> stream_events()
    {
        bool is_open = co_await write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                      "Connection: close\r\n\r\nretry: 1000\n\n");
        asio::steady_timer timer(stream_.get_executor());
        std::uint64_t seen = 0;
        for (int quiet = 0; is_open && !has_left();) {
            const auto event = feed_.latest(service_.status(), Feed::Clock::now());
            if (event.version != seen) {
                seen = event.version;
                quiet = 0;
                is_open = co_await write_event(event.json);
            } else if (++quiet % ticks_until_comment == 0) {
                is_open = co_await write(": still here\n\n");
            }
            timer.expires_after(Feed::tick);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    Service& service_;
    Feed& feed_; ///< of all sessions
    beast::tcp_stream stream_;
};

/// The frame keeps the session.
asio::awaitable<void> run_session(Service& service, Feed& feed, tcp::socket socket)
{
    Session session(service, feed, std::move(socket));
    std::exception_ptr failure;
    try {
        co_await session.run();
    } catch (...) {
        failure = std::current_exception();
    }
    // One connection's end is nobody else's business.
    if (failure && is_cancel(failure)) std::rethrow_exception(failure);
}

asio::awaitable<void> accept_all(Service& service, tcp::acceptor& acceptor, Feed& feed, Crew& sessions)
{
    asio::steady_timer pause(acceptor.get_executor());
    for (;;) {
        auto [failed, socket] = co_await acceptor.async_accept(no_throw);
        if (!failed && sessions.size() < most_connections) {
            sessions.start(run_session(service, feed, std::move(socket)));
            continue;
        }
        if (!failed) continue;                               // closed at once
        pause.expires_after(std::chrono::milliseconds(100)); // no descriptor is free
        co_await pause.async_wait(asio::use_awaitable);
    }
}

tcp::acceptor listen(const asio::any_io_executor& executor, const HttpConfig& config)
{
    try {
        return tcp::acceptor(executor, tcp::endpoint(asio::ip::make_address(config.address), config.port));
    } catch (const boost::system::system_error& error) {
        throw hfasync::OSError(
            std::error_code(error.code().value(), std::generic_category()),
            fmt::format(
                "Cannot listen on {}; 'http: listen' of the configuration needs another address or port",
                config.host_and_port(config.port)));
    }
}

} // namespace

asio::awaitable<void> serve_http(Service& service, std::function<void(std::uint16_t)> on_listen)
{
    const auto executor = co_await asio::this_coro::executor;
    auto acceptor = listen(executor, *service.config().http);
    on_listen(acceptor.local_endpoint().port());
    Feed feed;
    Crew sessions(executor);
    std::exception_ptr failure;
    try {
        co_await accept_all(service, acceptor, feed, sessions);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await sessions.cancel_and_join();
    std::rethrow_exception(failure);
}

} // namespace mirror
