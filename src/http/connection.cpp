#include "http/connection.hpp"

#include <sys/socket.h>

#include <cerrno>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hfasync::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
/// Most answers fit one read of this size; larger bodies go around the buffer.
constexpr std::size_t fill_size = 16 * 1024;

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<Watchdog> watchdog)
    : watchdog_(std::move(watchdog)), socket_(std::move(socket))
{
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection()
{
    watchdog_->remove(*this);
    // Without this OpenSSL takes the end for a fault and makes the session unfit to be resumed.
    if (tls_) SSL_set_shutdown(tls_->native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    close();
}

TlsStream& Connection::start_tls(std::shared_ptr<TlsClient> client, const std::string& host, std::string key)
{
    tls_client_ = std::move(client);
    tls_key_ = std::move(key);
    tls_.emplace(socket_, tls_client_->context());
    tls_client_->prepare(*tls_, host, tls_key_);
    return *tls_;
}

asio::awaitable<error_code> Connection::handshake()
{
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_tuple);
    co_return error;
}

asio::awaitable<Connection::Done> Connection::read_some(asio::mutable_buffer into)
{
    return tls_ ? tls_->async_read_some(into, as_tuple) : socket_.async_read_some(into, as_tuple);
}

asio::awaitable<Connection::Done> Connection::write_some(asio::const_buffer from)
{
    return tls_ ? tls_->async_write_some(from, as_tuple) : socket_.async_write_some(from, as_tuple);
}

asio::awaitable<Connection::Done> Connection::fill()
{
    const auto done = co_await read_some(buffer.prepare(fill_size));
    buffer.commit(std::get<1>(done));
    co_return done;
}

Connection::Pending Connection::pending() noexcept
{
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return Pending::bytes;
    if (got == 0) return Pending::closed;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Pending::nothing : Pending::closed;
}

void Connection::close() noexcept
{
    const std::lock_guard lock(mutex_);
    error_code ignored;
    socket_.close(ignored);
}

void Connection::expire() noexcept
{
    const std::lock_guard lock(mutex_);
    timed_out_ = true;
    // Not close(): the pending operation must complete, and the descriptor must stay ours until it has.
    if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

} // namespace hfasync::http
