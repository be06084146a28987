// One connection: reads requests, has them answered, sends the answers, plays the faults.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "emulator/faults.hpp"
#include "emulator/request_log.hpp"
#include "emulator/wire/message.hpp"
#include "emulator/wire/stream.hpp"

namespace hfasync::emulator {

class Session;

/// One request with its body still on the wire.
struct Exchange {
    const Request& request;
    Session& session;

    /// 0 at the end of the body. \throws Disconnected
    boost::asio::awaitable<std::size_t> read_body(std::span<char> into);
    /// \throws Refusal 413
    boost::asio::awaitable<std::string> read_whole_body(std::size_t most);
    /// For answers that take long: asked now and then, it keeps the connection, and tells when the client has
    /// gone.
    bool client_waits() const noexcept;
};

using Answer = std::function<boost::asio::awaitable<Reply>(Exchange&)>;

/// What all sessions share; outlives them.
struct SessionShared {
    Origin origin;
    Answer answer;
    FaultScript& faults;
    RequestLog& log;
};

/// Thrown out of a route's read when an upload fault ends the request.
struct UploadBroken {};

class Session {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t header_limit = 64u << 10;
    static constexpr std::chrono::seconds idle_limit{75}; ///< between requests, and for any read or write

    Session(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls, const SessionShared& shared)
        : stream_(std::move(socket), tls), shared_(shared)
    {
    }
    /// Until the connection ends.
    boost::asio::awaitable<void> run();
    /// Called by the server's sweep on the session's own thread.
    void close_if_idle(Clock::time_point now) noexcept
    {
        if (now > deadline_) stream_.close();
    }

private:
    friend struct Exchange;
    bool client_waits() noexcept;
    enum class Next { request, end };
    struct Counted;
    using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<bool> read_head();
    bool take_head(Parser& parser);
    boost::asio::awaitable<bool> fill();
    boost::asio::awaitable<std::size_t> read_body(std::span<char> into);
    boost::asio::awaitable<std::size_t> read_plain(std::span<char> into);
    boost::asio::awaitable<std::size_t> read_chunked(std::span<char> into);
    boost::asio::awaitable<bool> drain();
    boost::asio::awaitable<Next> exchange();
    boost::asio::awaitable<Reply> obtain();

    std::string head_of(const Reply& reply, bool chunked);
    boost::asio::awaitable<std::uint64_t> send(const Reply& reply);
    boost::asio::awaitable<void> send_body(const Reply& reply, std::uint64_t from, std::uint64_t to);

    // faulty_send.cpp
    bool disturbs_reply() const noexcept;
    std::optional<Reply> replace_reply() const;
    boost::asio::awaitable<std::uint64_t> send_disturbed(Reply reply);
    boost::asio::awaitable<void> send_long(const Reply& reply);
    boost::asio::awaitable<void> send_flipped(const Reply& reply);
    boost::asio::awaitable<void> send_drip(const Reply& reply);
    boost::asio::awaitable<void> break_upload();
    boost::asio::awaitable<void> wait(std::chrono::milliseconds delay);
    boost::asio::awaitable<void> hold();
    boost::asio::awaitable<void> end_with(FaultAction action);

    /// The answer has gone out so far; before its connection is held, or ended for the client to notice.
    void answered(std::uint64_t bytes);
    void touch() noexcept { deadline_ = Clock::now() + idle_limit; }

    Stream stream_;
    const SessionShared& shared_;
    Clock::time_point deadline_ = Clock::time_point::max();
    std::string buffer_;
    std::size_t begin_ = 0, end_ = 0; ///< of what is in buffer_ unread
    std::optional<Parser> parser_;
    Request request_;
    std::optional<FaultRule> fault_;
    std::uint64_t body_left_ = 0; ///< with a Content-Length
    std::uint64_t received_ = 0;
    bool body_done_ = true;
    bool continue_due_ = false;           ///< the client waits for 100 Continue
    std::optional<Reply> early_reply_;    ///< of an upload fault
    bool over_ = false;                   ///< a fault has ended the connection
    std::optional<std::uint64_t> logged_; ///< number of the request whose answer is under way
};

} // namespace hfasync::emulator
