#include "http/send_body.hpp"

#include <algorithm>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

namespace hfasync::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_size = 256 * 1024;
/// A body of up to this size goes out in one write with the head.
constexpr std::size_t small_body = 16 * 1024;

class Sender {
public:
    Sender(Connection& connection, BodySource* body, const Limits& limits,
           const std::function<void(std::uint64_t)>* on_sent)
        : connection_(connection), body_(body), limits_(limits), on_sent_(on_sent)
    {
    }

    asio::awaitable<SentRequest> run(const std::string& head)
    {
        const auto size = body_ ? body_->size() : std::uint64_t{0};
        if (body_ && size && *size > 0 && *size <= small_body && body_->peek().size() == *size) {
            const auto bytes = body_->peek();
            std::string both;
            both.reserve(head.size() + bytes.size());
            both += head;
            both.append(static_cast<const char*>(bytes.data()), bytes.size());
            if (co_await put(asio::buffer(both))) {
                body_->consume(bytes.size());
                count_body(bytes.size());
                out_.complete = true;
            }
            co_return out_;
        }
        if (!co_await put(asio::buffer(head))) co_return out_;
        if (!body_)
            out_.complete = true;
        else if (size)
            co_await send_sized(*size);
        else
            co_await send_chunked();
        co_return out_;
    }

private:
    asio::awaitable<bool> put(asio::const_buffer bytes)
    {
        connection_.deadline(limits_.until(limits_.timeouts.idle));
        const auto written = co_await write_all(connection_, bytes, &limits_);
        out_.bytes += written.bytes;
        out_.error = written.error;
        co_return !written.error;
    }

    void count_body(std::size_t amount)
    {
        out_.body_bytes += amount;
        if (on_sent_ && *on_sent_) (*on_sent_)(out_.body_bytes);
    }

    /// The next bytes: those the source holds, or a piece that it reads. The deadline does not run meanwhile:
    /// a slow disk is no fault of the network.
    asio::awaitable<asio::const_buffer> next(std::uint64_t most)
    {
        if (const auto held = body_->peek(); held.size() > 0) {
            from_peek_ = true;
            co_return asio::buffer(
                held, static_cast<std::size_t>(std::min<std::uint64_t>({held.size(), most, piece_size})));
        }
        from_peek_ = false;
        if (piece_.empty())
            piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, most)));
        connection_.deadline(limits_.end);
        const auto some = co_await body_->read(asio::buffer(
            piece_.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), most))));
        co_return asio::buffer(piece_.data(), some);
    }

    void took(std::size_t amount)
    {
        if (from_peek_) body_->consume(amount);
        count_body(amount);
    }

    /// A server may refuse (413) long before the end of a body. Plain connections only: over TLS, bytes that
    /// wait are mostly session tickets.
    bool answered_early() const
    {
        return !connection_.tls() && connection_.pending() == Connection::Pending::bytes;
    }

    asio::awaitable<void> send_sized(std::uint64_t size)
    {
        std::uint64_t left = size;
        while (left > 0) {
            if (answered_early()) co_return;
            const auto bytes = co_await next(left);
            if (bytes.size() == 0)
                throw FileModified(errc::file_modified,
                                   fmt::format("the content to send ended {} bytes before its announced "
                                               "size of {}; it changed while it was read, send it again",
                                               left, size));
            if (!co_await put(bytes)) co_return;
            took(bytes.size());
            left -= bytes.size();
        }
        out_.complete = true;
    }

    asio::awaitable<void> send_chunked()
    {
        for (;;) {
            if (answered_early()) co_return;
            const auto bytes = co_await next(piece_size);
            if (bytes.size() == 0) break;
            const auto line = fmt::format("{:x}\r\n", bytes.size());
            if (!co_await put(asio::buffer(line)) || !co_await put(bytes) ||
                !co_await put(asio::buffer("\r\n", 2)))
                co_return;
            took(bytes.size());
        }
        out_.complete = co_await put(asio::buffer("0\r\n\r\n", 5));
    }

    Connection& connection_;
    BodySource* body_;
    const Limits& limits_;
    const std::function<void(std::uint64_t)>* on_sent_;
    SentRequest out_;
    std::vector<char> piece_;
    bool from_peek_ = false;
};

} // namespace

asio::awaitable<SentRequest> send_request(Connection& connection, const std::string& head, BodySource* body,
                                          const Limits& limits,
                                          const std::function<void(std::uint64_t)>* on_sent)
{
    Sender sender(connection, body, limits, on_sent);
    co_return co_await sender.run(head);
}

} // namespace hfasync::http
