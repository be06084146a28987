#include "emulator/wire/stream.hpp"

#include <array>
#include <cerrno>
#include <chrono>

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace hfasync::emulator {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr std::size_t file_chunk = 256u << 10;
} // namespace

Stream::Stream(asio::ip::tcp::socket socket, asio::ssl::context* tls) : socket_(std::move(socket))
{
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    if (tls) tls_.emplace(socket_, *tls);
}

asio::awaitable<void> Stream::handshake()
{
    if (!tls_) co_return;
    error_code ec;
    co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                   asio::redirect_error(asio::use_awaitable, ec));
    if (ec) throw Disconnected{};
}

asio::awaitable<std::size_t> Stream::read_some(asio::mutable_buffer into)
{
    error_code ec;
    std::size_t got = 0;
    if (tls_)
        got = co_await tls_->async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
    else
        got = co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, ec));
    if (ec && ec != asio::error::eof) throw Disconnected{};
    co_return got;
}

asio::awaitable<void> Stream::write(std::string_view first, std::string_view second)
{
    error_code ec;
    std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
    if (tls_) {
        co_await asio::async_write(*tls_, buffers, asio::redirect_error(asio::use_awaitable, ec));
    } else {
        // The send queue nearly always takes a small answer whole: no operation to allocate, nothing to wait
        // for.
        const auto sent = socket_.write_some(buffers, ec);
        if (ec == asio::error::would_block) ec = {};
        if (ec) throw Disconnected{};
        if (sent == first.size() + second.size()) co_return;
        buffers[0] += sent; // not beyond its end
        buffers[1] += sent > first.size() ? sent - first.size() : 0;
        co_await asio::async_write(socket_, buffers, asio::redirect_error(asio::use_awaitable, ec));
    }
    if (ec) throw Disconnected{};
}

asio::awaitable<void> Stream::write_file(int file, std::uint64_t offset, std::uint64_t size)
{
    if (!tls_) {
        co_await send_file(file, offset, size);
        co_return;
    }
    if (!chunk_) chunk_ = std::make_unique_for_overwrite<char[]>(file_chunk);
    while (size > 0) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size, file_chunk));
        const auto got = ::pread(file, chunk_.get(), want, static_cast<off_t>(offset));
        if (got <= 0) throw Disconnected{}; // objects never change: the disk failed
        co_await write({chunk_.get(), static_cast<std::size_t>(got)});
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::uint64_t>(got);
    }
}

asio::awaitable<void> Stream::send_file(int file, std::uint64_t offset, std::uint64_t size)
{
    auto position = static_cast<off_t>(offset);
    while (size > 0) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size, 4u << 20));
        const auto sent = ::sendfile(socket_.native_handle(), file, &position, want);
        if (sent > 0) {
            size -= static_cast<std::uint64_t>(sent);
            continue;
        }
        if (sent < 0 && errno == EINTR) continue;
        if (sent == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) throw Disconnected{};
        error_code ec;
        co_await socket_.async_wait(asio::socket_base::wait_write,
                                    asio::redirect_error(asio::use_awaitable, ec));
        if (ec) throw Disconnected{};
    }
}

bool Stream::peer_is_gone() noexcept
{
    if (!socket_.is_open()) return true;
    pollfd asked{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&asked, 1, 0) > 0; // POLLRDHUP, POLLHUP or POLLERR
}

asio::awaitable<void> Stream::say_goodbye()
{
    if (!tls_) co_return;
    // async_shutdown sends ours and then waits for the peer's close_notify, which need not come.
    error_code ec;
    asio::steady_timer timer(socket_.get_executor(), std::chrono::milliseconds(200));
    timer.async_wait([this](error_code timeout) {
        if (!timeout) {
            error_code ignored;
            socket_.cancel(ignored);
        }
    });
    co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ec));
}

void Stream::shutdown_send() noexcept
{
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

asio::awaitable<void> Stream::reset()
{
    // RST throws the send queue away: wait (at most half a second) until the peer's kernel has it all.
    for (int i = 0; i < 500; ++i) {
        int unsent = 0;
        if (::ioctl(socket_.native_handle(), SIOCOUTQ, &unsent) != 0 || unsent == 0) break;
        asio::steady_timer timer(socket_.get_executor(), std::chrono::milliseconds(1));
        co_await timer.async_wait(asio::use_awaitable);
    }
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void Stream::close() noexcept
{
    error_code ignored;
    socket_.close(ignored);
}

} // namespace hfasync::emulator
