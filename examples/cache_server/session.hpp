// One connection of a client.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <functional>
#include <string>

#include "metrics.hpp"
#include "options.hpp"
#include "reply.hpp"

namespace cache_server {

constexpr std::uint64_t most_body = 1u << 20; ///< the longest request is a list of paths

struct Request {
    std::string method;
    std::string target;
    std::string host;
    std::string authorization;
    std::string range, if_range, if_none_match;
    std::string content_type;
    std::string body;
    bool body_left = false; ///< it is longer than most_body, and was not read
};

class Session {
public:
    using Handler = std::function<boost::asio::awaitable<Reply>(Request)>;

    Session(boost::asio::ip::tcp::socket socket, const Options& options, Metrics& metrics, Handler handler)
        : stream_(std::move(socket)), options_(options), metrics_(metrics), handler_(std::move(handler))
    {
    }
    /// Request after request until one side has had enough.
    boost::asio::awaitable<void> run();
    /// The present answer is the last one; a connection without one ends now.
    void finish();
    /// Ends now.
    void abort();
    boost::asio::cancellation_slot slot() { return cancel_.slot(); }

private:
    struct Asked {
        Request request;
        bool keep_alive = false;
        bool ok = false; ///< false: the connection has ended, or what came is no HTTP
    };
    boost::asio::awaitable<Asked> read();
    boost::asio::awaitable<bool> write(const Request& request, Reply reply, bool keep_alive);
    boost::asio::awaitable<bool> write_text(SharedText text);
    boost::asio::awaitable<void> linger();

    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    const Options& options_;
    Metrics& metrics_;
    Handler handler_;
    boost::asio::cancellation_signal cancel_;
    bool busy_ = false;
    bool finishing_ = false;
};

} // namespace cache_server
