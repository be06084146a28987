// The HTTP server: connections, routes, and the end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "access.hpp"
#include "answers.hpp"
#include "files.hpp"
#include "index.hpp"
#include "metrics.hpp"
#include "openness.hpp"
#include "options.hpp"
#include "session.hpp"
#include "store.hpp"
#include "upstream.hpp"

namespace cache_server {

/// A pull-through mirror of a Hub. Everything happens on one io_context, which one thread runs; only the disk
/// is read and written by others. The io_context must be run until it has no more work before this object
/// goes.
class Server {
public:
    /// Listens, and looks at what the folder has; blocking.
    /// \throws boost::system::system_error (the port), std::runtime_error (the folder), hfasync::ValueError
    Server(asio::io_context& context, Options options);
    ~Server();
    Server(const Server&) = delete;

    /// http://ADDRESS:PORT
    std::string endpoint() const;
    const Metrics& metrics() const noexcept { return metrics_; }
    /// Takes no more connections, lets answers that are under way end (Options::grace), then ends.
    /// Thread-safe.
    void stop();
    /// Called once, when everything has ended.
    void when_stopped(std::function<void()> call) { stopped_ = std::move(call); }

private:
    asio::awaitable<void> accept();
    asio::awaitable<void> shut_down();
    void start(asio::ip::tcp::socket socket);
    asio::awaitable<Reply> handle(Request request);
    asio::awaitable<Reply> route(const Request& request);
    void count(const Reply& reply);

    asio::io_context& context_;
    Options options_;
    Metrics metrics_;
    asio::thread_pool disk_{2};
    Store store_;
    Index index_;
    Access access_;
    Upstream upstream_;
    Openness openness_;
    Files files_;
    Answers answers_;
    asio::ip::tcp::acceptor acceptor_;
    std::list<std::shared_ptr<Session>> sessions_;
    Signal changed_;
    bool stopping_ = false;
    std::function<void()> stopped_;
};

} // namespace cache_server
