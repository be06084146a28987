#include "http/stream.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>

namespace hfasync::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

Fault cut_short(Connection& connection, const error_code& error, std::string detail)
{
    return fault_of(error, connection.timed_out(), Phase::body, std::move(detail));
}

} // namespace

void send_report(Engine& engine, RequestReport& report, SteadyTime started) noexcept
{
    if (!engine.options.on_request) return;
    report.total =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
    try {
        engine.options.on_request(report);
    } catch (...) { // NOLINT: a hook that throws must not change the outcome of a request
    }
}

Response::Stream::Stream(std::shared_ptr<Engine> of, Pool::Lease held, const Limits& within)
    : engine(std::move(of)), lease(std::move(held)), limits(within)
{
}

Response::Stream::~Stream()
{
    finish("the body was not read to its end");
}

void Response::Stream::finish(std::string_view error) noexcept
{
    if (std::exchange(done, true)) return;
    if (lease) {
        auto& connection = *lease.connection;
        // Bytes behind the end of a body belong to no request: such a connection is not to be trusted.
        if (error.empty() && reusable && connection.buffer.size() == 0 && !connection.timed_out())
            lease.keep();
        else
            lease.drop();
    }
    if (report.error.empty() && !error.empty()) report.error = error;
    send_report(*engine, report, started);
}

/// The limit between two reads never ends a body that comes byte by byte.
std::optional<Fault> Response::Stream::too_slow(SteadyTime since, std::size_t bytes)
{
    if (bytes == 0 || limits.timeouts.idle.count() == 0) return std::nullopt; // no limit is none
    if (floor_.read(engine->clock->now() - since, bytes)) return std::nullopt;
    return Fault{.code = errc::timed_out,
                 .phase = Phase::body,
                 .cause = {},
                 .detail = "less than " + std::to_string(detail::RateFloor::least) + " bytes came in " +
                           std::to_string(detail::RateFloor::window.count()) + " seconds"};
}

/// Bytes without their framing: what the head's read left over first, then straight from the stream.
asio::awaitable<Response::Stream::Some> Response::Stream::raw(asio::mutable_buffer into)
{
    auto& connection = *lease.connection;
    Some out;
    if (connection.buffer.size() > 0) {
        out.bytes = asio::buffer_copy(into, connection.buffer.data());
        connection.buffer.consume(out.bytes);
        co_return out;
    }
    connection.deadline(limits.until(limits.timeouts.idle));
    const auto since = engine->clock->now();
    const auto [error, some] = co_await connection.read_some(into);
    connection.deadline(
        limits.end); // the limit is the server's: a reader may take its time between two reads
    out.bytes = some;
    // A truncated TLS stream (no close_notify) is an error here like any other: an attacker can cut it
    // anywhere.
    if (error && some == 0) out.fault = cut_short(connection, error, {});
    if (!out.fault && framing == Framing::length && some == left) co_return out; // the end, however late
    if (!out.fault) out.fault = too_slow(since, some);
    co_return out;
}

asio::awaitable<Response::Stream::Some> Response::Stream::sized(asio::mutable_buffer into)
{
    auto some = co_await raw(
        asio::buffer(into, static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size()))));
    left -= some.bytes;
    if (some.fault && some.fault->code == errc::connection_lost)
        some.fault->detail = "it ended " + std::to_string(left) + " bytes before the end of the body";
    co_return some;
}

asio::awaitable<Response::Stream::Some> Response::Stream::chunked(asio::mutable_buffer into)
{
    auto& connection = *lease.connection;
    for (;;) {
        switch (chunks.next()) {
        case ChunkDecoder::Next::end:
            co_return Some{};
        case ChunkDecoder::Next::broken:
            co_return Some{.bytes = 0,
                           .fault = Fault{.code = errc::bad_response,
                                          .phase = Phase::body,
                                          .cause = {},
                                          .detail = "the chunked framing of the body is broken"}};
        case ChunkDecoder::Next::data: {
            const auto most =
                static_cast<std::size_t>(std::min<std::uint64_t>(chunks.data_left(), into.size()));
            auto some = co_await raw(asio::buffer(into, most));
            if (some.bytes > 0) chunks.took_data(some.bytes);
            co_return some;
        }
        case ChunkDecoder::Next::framing:
            break;
        }
        if (connection.buffer.size() == 0) {
            connection.deadline(limits.until(limits.timeouts.idle));
            const auto since = engine->clock->now();
            const auto [error, some] = co_await connection.fill();
            connection.deadline(limits.end);
            if (error && some == 0)
                co_return Some{.bytes = 0,
                               .fault = cut_short(connection, error, "it ended before the last chunk")};
            if (auto fault = too_slow(since, some)) co_return Some{.bytes = 0, .fault = std::move(fault)};
        }
        const auto bytes = connection.buffer.data();
        connection.buffer.consume(chunks.feed({static_cast<const char*>(bytes.data()), bytes.size()}));
    }
}

asio::awaitable<Response::Stream::Some> Response::Stream::to_end(asio::mutable_buffer into)
{
    auto some = co_await raw(into);
    if (some.fault && some.fault->cause == asio::error::eof && some.fault->code == errc::connection_lost)
        some.fault.reset();
    co_return some;
}

asio::awaitable<std::size_t> Response::Stream::read(asio::mutable_buffer into)
{
    if (done || into.size() == 0) co_return 0;
    Some some;
    if (encoded)
        some.fault = Fault{.code = errc::bad_response,
                           .phase = Phase::body,
                           .cause = {},
                           .detail = "the body is compressed, though identity was asked for"};
    else if (framing == Framing::length)
        some = co_await sized(into);
    else if (framing == Framing::chunked)
        some = co_await chunked(into);
    else
        some = co_await to_end(into);
    report.bytes_received += some.bytes;
    engine->bytes_received += some.bytes;
    if (some.fault) {
        finish(to_string(some.fault->phase));
        throw_fault(*some.fault, method, url);
    }
    if (some.bytes == 0 || (framing == Framing::length && left == 0)) finish();
    co_return some.bytes;
}

Response::Response(Response&&) noexcept = default;
Response& Response::operator=(Response&&) noexcept = default;
Response::~Response() = default;

namespace {

/// Per-operation cancellation also shows as operation_aborted thrown by the next co_await of a coroutine.
[[noreturn]] void rethrow_cancel(const boost::system::system_error& error, Method method, const Url& url)
{
    if (dynamic_cast<const Error*>(&error) || error.code() != asio::error::operation_aborted) throw;
    throw_fault(fault_of(error.code(), false, Phase::body), method, url);
}

asio::awaitable<std::size_t> read_body(std::shared_ptr<Response::Stream> stream, asio::mutable_buffer into)
{
    if (!stream) co_return 0;
    try {
        co_return co_await stream->read(into);
    } catch (const boost::system::system_error& error) {
        stream->finish("cancelled");
        rethrow_cancel(error, stream->method, stream->url);
    }
}

asio::awaitable<std::string> read_whole(std::shared_ptr<Response::Stream> stream,
                                        std::optional<std::uint64_t> length, std::size_t most)
{
    std::string out;
    if (!stream || stream->done) co_return out;
    const auto too_long = [&] {
        stream->finish("too long");
        throw_fault({.code = errc::bad_response,
                     .phase = Phase::body,
                     .cause = {},
                     .detail = "the body is longer than " + std::to_string(most) + " bytes"},
                    stream->method, stream->url);
    };
    if (length && *length > most) too_long();
    // A hostile length must not decide how much memory is taken before the bytes are there.
    constexpr std::size_t first = 64 * 1024, step = 1024 * 1024;
    std::size_t used = 0;
    out.resize(length ? static_cast<std::size_t>(std::min<std::uint64_t>(*length, step)) : first);
    while (!stream->done) {
        if (used == out.size()) {
            if (used > most) too_long();
            out.resize(std::min(used + std::max(used, first), most + 1));
        }
        const auto some = co_await read_body(stream, asio::buffer(out.data() + used, out.size() - used));
        used += some;
        if (used > most) too_long();
        if (some == 0) break;
    }
    out.resize(used);
    co_return out;
}

asio::awaitable<void> drop_rest(std::shared_ptr<Response::Stream> stream)
{
    // More than this costs more than a new connection.
    constexpr std::size_t most = 64 * 1024;
    if (!stream || stream->done) co_return;
    std::array<char, 4096> bytes; // NOLINT: filled by the reads
    const bool little = stream->framing != Framing::length || stream->left <= most;
    std::size_t dropped = 0;
    try {
        while (little && !stream->done && !stream->encoded && dropped < most) {
            const auto some = co_await read_body(stream, asio::buffer(bytes));
            if (some == 0) break;
            dropped += some;
        }
    } catch (const HubError& error) {
        // Nobody wants these bytes: that they broke off costs the connection, not the call.
        if (error.code() == errc::cancelled) throw;
    }
    stream->finish("not read");
}

} // namespace

asio::awaitable<std::size_t> Response::read_some(asio::mutable_buffer into)
{
    return read_body(stream, into);
}
asio::awaitable<std::string> Response::read_all(std::size_t most)
{
    return read_whole(stream, content_length, most);
}
asio::awaitable<void> Response::drain()
{
    return drop_rest(stream);
}

} // namespace hfasync::http
