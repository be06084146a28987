#include "emulator/wire/server.hpp"

#include <csignal>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hfasync::emulator {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Sessions and loops end by themselves; what they throw has nowhere to go.
constexpr auto forget = [](const std::exception_ptr&) {};

} // namespace

Server::Server(std::size_t threads, asio::ssl::context* tls) : tls_(tls)
{
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i)
        lanes_.push_back(std::make_unique<Lane>());
}

Server::~Server()
{
    stop();
    listeners_.clear();
    lanes_.clear(); // and with each context the coroutines that were waiting in it
}

std::uint16_t Server::listen(std::uint16_t port, const SessionShared& shared)
{
    const tcp::endpoint address(asio::ip::address_v4::loopback(), port);
    auto& listener = listeners_.emplace_back(Listener{tcp::acceptor(lanes_.front()->context), shared});
    listener.acceptor.open(address.protocol());
    listener.acceptor.set_option(tcp::acceptor::reuse_address(true));
    listener.acceptor.bind(address);
    listener.acceptor.listen(asio::socket_base::max_listen_connections);
    return listener.acceptor.local_endpoint().port();
}

void Server::start()
{
    for (auto& listener : listeners_)
        asio::co_spawn(lanes_.front()->context, accept(listener), forget);
    for (auto& lane : lanes_) {
        asio::co_spawn(lane->context, sweep(*lane), forget);
        lane->thread = std::thread([lane = lane.get()] {
            // sendfile(2) has no MSG_NOSIGNAL, and the process may not ignore SIGPIPE.
            sigset_t pipe;
            sigemptyset(&pipe);
            sigaddset(&pipe, SIGPIPE);
            pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
            lane->context.run();
        });
    }
}

void Server::stop()
{
    for (auto& lane : lanes_)
        lane->context.stop();
    for (auto& lane : lanes_)
        if (lane->thread.joinable()) lane->thread.join();
}

asio::awaitable<void> Server::accept(Listener& listener)
{
    while (listener.acceptor.is_open()) {
        Lane& lane = *lanes_[next_lane_++ % lanes_.size()];
        error_code ec;
        auto socket = co_await listener.acceptor.async_accept(lane.context,
                                                              asio::redirect_error(asio::use_awaitable, ec));
        if (ec == asio::error::operation_aborted) co_return;
        if (ec) {
            // Out of descriptors, say: others will be closed soon.
            asio::steady_timer timer(lanes_.front()->context, std::chrono::milliseconds(20));
            co_await timer.async_wait(asio::use_awaitable);
            continue;
        }
        asio::co_spawn(lane.context, host(lane, std::move(socket), listener.shared), forget);
    }
}

asio::awaitable<void> Server::host(Lane& lane, tcp::socket socket, const SessionShared& shared)
{
    Session session(std::move(socket), tls_, shared);
    lane.sessions.push_front(&session);
    const auto place = lane.sessions.begin();
    co_await session.run();
    lane.sessions.erase(place);
}

asio::awaitable<void> Server::sweep(Lane& lane)
{
    while (true) {
        lane.sweep.expires_after(std::chrono::seconds(1));
        co_await lane.sweep.async_wait(asio::use_awaitable);
        const auto now = Session::Clock::now();
        for (auto& session : lane.sessions)
            session->close_if_idle(now);
    }
}

} // namespace hfasync::emulator
