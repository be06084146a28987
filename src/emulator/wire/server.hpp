// Listeners and threads.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "emulator/wire/session.hpp"

namespace hfasync::emulator {

/// One io_context a thread, connections dealt out in turn: a session never needs a lock or a strand.
class Server {
public:
    Server(std::size_t threads, boost::asio::ssl::context* tls);
    ~Server();
    Server(const Server&) = delete;

    /// On 127.0.0.1. Before start(). \returns the port
    /// \throws boost::system::system_error
    std::uint16_t listen(std::uint16_t port, const SessionShared& shared);
    void start();
    /// Joins the threads; connections end with the Server. Not from one of its threads.
    void stop();

private:
    struct Lane {
        std::list<Session*> sessions; ///< each owned by its own coroutine
        boost::asio::io_context context{1};
        boost::asio::steady_timer sweep{context};
        std::thread thread;
    };
    struct Listener {
        boost::asio::ip::tcp::acceptor acceptor;
        const SessionShared& shared;
    };

    boost::asio::awaitable<void> accept(Listener& listener);
    boost::asio::awaitable<void> host(Lane& lane, boost::asio::ip::tcp::socket socket,
                                      const SessionShared& shared);
    boost::asio::awaitable<void> sweep(Lane& lane);

    boost::asio::ssl::context* tls_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::list<Listener> listeners_;
    std::size_t next_lane_ = 0;
};

} // namespace hfasync::emulator
