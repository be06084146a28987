#include "http/wire.hpp"

#include <boost/beast/http/error.hpp>

namespace hfasync::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr int most_interim = 16;

Fault unusable_head(const boost::system::error_code& error, Phase phase)
{
    const bool large = error == beast::http::error::header_limit;
    return {.code = errc::bad_response,
            .phase = phase,
            .cause = error,
            .detail = large ? "the response head is larger than 64 KiB"
                            : "no HTTP/1.1 response head: " + error.message()};
}

} // namespace

asio::awaitable<Written> write_all(Connection& connection, asio::const_buffer bytes, const Limits* limits)
{
    Written out;
    while (bytes.size() > 0) {
        const auto [error, some] = co_await connection.write_some(bytes);
        out.bytes += some;
        bytes += some;
        if (error) {
            out.error = error;
            break;
        }
        if (limits && bytes.size() > 0) connection.deadline(limits->until(limits->timeouts.idle));
    }
    co_return out;
}

asio::awaitable<ReadHead> read_head(Connection& connection, Phase phase)
{
    ReadHead out;
    for (int interim = 0; interim <= most_interim; ++interim) {
        out.parser = std::make_unique<HeadParser>();
        std::size_t head_bytes = 0;
        for (;;) {
            if (connection.buffer.size() > 0) {
                out.any_byte = true;
                boost::system::error_code error;
                const auto used = out.parser->put(connection.buffer.data(), error);
                connection.buffer.consume(used);
                // Beast's own limit counts what one put() sees; this one counts the head.
                head_bytes += used;
                if (head_bytes + (out.parser->is_header_done() ? 0 : connection.buffer.size()) >
                    most_head_bytes)
                    error = beast::http::error::header_limit;
                else if (out.parser->is_header_done())
                    break;
                if (error && error != beast::http::error::need_more) {
                    out.fault = unusable_head(error, phase);
                    co_return out;
                }
            }
            const auto [error, some] = co_await connection.fill();
            if (error && some == 0) {
                out.fault = fault_of(error, connection.timed_out(), phase);
                if (out.any_byte && out.fault->code == errc::connection_lost)
                    out.fault->detail = "it ended in the middle of the response head";
                co_return out;
            }
        }
        const int status = out.parser->status();
        if (status >= 200 && status <= 599) co_return out;
        if (status < 100 || status > 199 || status == 101) break; // no protocol was asked for
    }
    out.fault = Fault{.code = errc::bad_response,
                      .phase = phase,
                      .cause = {},
                      .detail = "the server answered with status " + std::to_string(out.parser->status())};
    co_return out;
}

} // namespace hfasync::http
