// A request to the upstream whose answer goes on as it is: hfasync's own calls give decoded results.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <hfasync/hub.hpp>

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
    std::string body;
    std::string header(std::string_view name) const;
};

class RawClient {
public:
    /// \throws hfasync::ValueError for an endpoint that cannot be used
    explicit RawClient(const hfasync::HubOptions& upstream);
    const std::string& endpoint() const noexcept { return endpoint_; }

    /// One connection a request; redirects are not followed.
    /// \throws hfasync::ConnectionError, hfasync::TimeoutError, hfasync::BadResponseError
    boost::asio::awaitable<RawAnswer> ask(RawRequest request) const;

private:
    template <class Stream>
    boost::asio::awaitable<RawAnswer> converse(Stream& stream, const RawRequest& request) const;
    boost::asio::awaitable<RawAnswer> connect_and_ask(RawRequest request) const;
    boost::asio::awaitable<void> open_tunnel(boost::beast::tcp_stream& stream) const;

    std::string endpoint_, authority_, host_, port_, base_;
    std::optional<Proxy> proxy_;
    bool tls_ = false;
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace cache_server
