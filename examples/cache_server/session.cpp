#include "session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace cache_server {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t most_discarded = 64u << 20; // of what a refused client still sends
constexpr std::size_t piece = 256u << 10;
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

std::string_view word(Source source)
{
    switch (source) {
    case Source::hit:
        return "HIT";
    case Source::miss:
        return "MISS";
    case Source::stale:
        return "STALE";
    case Source::bypass:
        return "BYPASS";
    case Source::none:
        break;
    }
    return {};
}

std::string head_of(const Reply& reply, std::uint64_t length, bool keep_alive)
{
    std::string head;
    auto out = std::back_inserter(head);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\nServer: hfasync-cache\r\n", reply.status, reason(reply.status));
    for (const auto& [name, value] : reply.headers)
        fmt::format_to(out, "{}: {}\r\n", name, value);
    if (const auto from = word(reply.source); !from.empty()) fmt::format_to(out, "X-Cache: {}\r\n", from);
    if (reply.source == Source::stale)
        fmt::format_to(out, "Warning: 111 hfasync-cache \"Revalidation Failed\"\r\n");
    if (reply.status != 304 && reply.length_known) fmt::format_to(out, "Content-Length: {}\r\n", length);
    fmt::format_to(out, "Connection: {}\r\n\r\n", keep_alive ? "keep-alive" : "close");
    return head;
}

} // namespace

asio::awaitable<Session::Asked> Session::read()
{
    Asked asked;
    http::request_parser<http::string_body> parser;
    parser.header_limit(32u << 10);
    parser.body_limit(boost::none); // what is too long is refused below, in words
    stream_.expires_after(options_.idle);
    const auto [failed, size] = co_await http::async_read_header(stream_, buffer_, parser, no_throw);
    if (failed) co_return asked;
    busy_ = true;
    const auto& message = parser.get();
    const auto text = [&](http::field name) {
        const auto value = message[name];
        return std::string(value.data(), value.size());
    };
    auto& request = asked.request;
    request.method = {message.method_string().data(), message.method_string().size()};
    request.target = {message.target().data(), message.target().size()};
    request.host = text(http::field::host);
    request.authorization = text(http::field::authorization);
    request.range = text(http::field::range);
    request.if_range = text(http::field::if_range);
    request.if_none_match = text(http::field::if_none_match);
    request.content_type = text(http::field::content_type);
    asked.keep_alive = message.keep_alive();
    const auto length = parser.content_length();
    request.body_left = length && *length > most_body;
    if (!request.body_left && !parser.is_done() &&
        http::token_list(message[http::field::expect]).exists("100-continue") &&
        !co_await write_text(std::string("HTTP/1.1 100 Continue\r\n\r\n")))
        co_return asked;
    while (!request.body_left && !parser.is_done()) {
        stream_.expires_after(options_.idle);
        const auto [broken, more] = co_await http::async_read_some(stream_, buffer_, parser, no_throw);
        if (broken) co_return asked;
        request.body_left = parser.get().body().size() > most_body; // chunks announce no length
    }
    if (!request.body_left) request.body = std::move(parser.get().body());
    asked.ok = true;
    co_return asked;
}

asio::awaitable<bool> Session::write_text(SharedText text)
{
    // A slow reader of a long text is not an idle one.
    for (std::size_t at = 0; at < text.size(); at += piece) {
        stream_.expires_after(options_.idle);
        const auto bytes = asio::buffer(text.get().data() + at, std::min(piece, text.size() - at));
        const auto [failed, size] = co_await asio::async_write(stream_, bytes, no_throw);
        if (failed) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> Session::write(const Request& request, Reply reply, bool keep_alive)
{
    const auto length = reply.body || request.method == "HEAD"
                            ? std::max<std::uint64_t>(reply.length, reply.text.size())
                            : reply.text.size();
    auto head = head_of(reply, length, keep_alive);
    if (request.method == "HEAD" || reply.status == 304) co_return co_await write_text(std::move(head));
    metrics_.served_bytes += reply.text.size();
    const bool together = reply.text.size() < piece; // in one packet when it is short
    if (together) head += reply.text.get();
    if (!co_await write_text(std::move(head))) co_return false;
    if (!together && !co_await write_text(std::move(reply.text))) co_return false;
    if (!reply.body) co_return true;
    // What fails from here on can only be told by an end that comes too early.
    std::uint64_t sent = 0;
    while (true) {
        auto bytes = co_await reply.body->next();
        if (bytes.empty()) break;
        sent += bytes.size();
        metrics_.served_bytes += bytes.size();
        if (!co_await write_text(std::move(bytes))) co_return false;
    }
    if (sent != length) ++metrics_.failed;
    co_return sent == length;
}

/// A client that is still sending reads the answer only if nothing resets the connection meanwhile.
asio::awaitable<void> Session::linger()
{
    boost::system::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::min<std::chrono::seconds>(options_.idle, std::chrono::seconds(5)));
    std::array<char, 16384> waste;
    for (std::size_t total = 0; total < most_discarded;) {
        const auto [failed, size] = co_await stream_.async_read_some(asio::buffer(waste), no_throw);
        if (failed) break;
        total += size;
    }
}

asio::awaitable<void> Session::run()
{
    while (!finishing_) {
        auto asked = co_await read();
        if (!asked.ok) break;
        stream_.expires_never();
        auto reply = co_await handler_(asked.request);
        const bool again = asked.keep_alive && !finishing_ && !reply.close && !asked.request.body_left;
        if (!co_await write(asked.request, std::move(reply), again)) break;
        if (asked.request.body_left) co_await linger();
        if (!again) break;
        busy_ = false;
    }
    boost::system::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    stream_.close();
}

void Session::finish()
{
    finishing_ = true;
    if (!busy_) stream_.cancel();
}

void Session::abort()
{
    finishing_ = true;
    stream_.cancel();
    cancel_.emit(asio::cancellation_type::terminal);
}

} // namespace cache_server
