// A request to the upstream whose answer goes on as it is: hfasync's own calls give decoded results.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/hub.hpp>

#include "byte_budget.hpp"
#include "options.hpp"
#include "proxy.hpp"
#include "reply.hpp"

namespace cache_server {

struct RawRequest {
    std::string method = "GET";
    std::string target; ///< with its query
    hfasync::Token token = false;
    std::string content_type;
    std::string body;
};

struct RawAnswer {
    unsigned status = 0;
    Headers headers; ///< the few that mean something to a client of the Hub
    SharedText body;
    std::string header(std::string_view name) const;
};

/// Connections of one origin that wait for their next request; who was used last is used next.
template <class Stream>
class IdleConnections {
public:
    /// Null when there is none that the other side is likely to keep open.
    std::unique_ptr<Stream> take()
    {
        if (!all_.empty() && Now::now() > all_.back().since + std::chrono::seconds(15)) all_.clear();
        if (all_.empty()) return nullptr;
        auto last = std::move(all_.back().stream);
        all_.pop_back();
        return last;
    }
    void keep(std::unique_ptr<Stream> stream)
    {
        if (all_.size() == 8) all_.erase(all_.begin());
        all_.push_back({std::move(stream), Now::now()});
    }

private:
    using Now = std::chrono::steady_clock;
    struct One {
        std::unique_ptr<Stream> stream;
        Now::time_point since;
    };
    std::vector<One> all_;
};

class RawClient {
public:
    /// \throws hfasync::ValueError for an endpoint that cannot be used
    RawClient(const boost::asio::any_io_executor& executor, const Options& options);
    const std::string& endpoint() const noexcept { return endpoint_; }

    /// Every request only reads: one on a used connection that turns out to be closed is repeated once on a
    /// new one. Redirects are not followed. An answer may take as long as it likes while
    /// bytes of it come within Options::answer_wait of each other; memory for a long one is waited for.
    /// \throws hfasync::ConnectionError, hfasync::TimeoutError, hfasync::BadResponseError, what
    /// ByteBudget::take throws
    boost::asio::awaitable<RawAnswer> ask(RawRequest request);

private:
    using Plain = boost::beast::tcp_stream;
    using Secure = boost::beast::ssl_stream<Plain>;
    struct Conversation {
        RawAnswer answer;
        bool goes_on = false; ///< the connection may be used again
    };
    template <class Stream>
    boost::asio::awaitable<Conversation> converse(Stream& stream, const RawRequest& request);
    template <class Stream>
    boost::asio::awaitable<RawAnswer> ask_on(IdleConnections<Stream>& idle, const RawRequest& request);
    template <class Stream>
    boost::asio::awaitable<std::unique_ptr<Stream>> connect() const;
    boost::asio::awaitable<void> open_tunnel(boost::beast::tcp_stream& stream) const;

    IdleConnections<Plain> plain_;
    IdleConnections<Secure> secure_;
    ByteBudget memory_; ///< of bodies, until nobody holds them any more
    std::chrono::milliseconds wait_;
    std::string endpoint_, authority_, host_, port_, base_;
    std::optional<Proxy> proxy_;
    bool tls_ = false;
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace cache_server
