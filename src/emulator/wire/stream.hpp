// A connection's bytes: plain TCP or TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace hfasync::emulator {

/// The peer went away, or the session was told to end.
struct Disconnected {};

/// References and views given to these coroutines live in the session, which awaits them.
class Stream {
public:
    Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
    Stream(const Stream&) = delete; // the TLS layer refers to the socket

    bool is_tls() const noexcept { return tls_.has_value(); }
    /// \throws Disconnected
    boost::asio::awaitable<void> handshake();
    /// 0 at the end of the stream. \throws Disconnected
    boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into);
    /// \throws Disconnected
    boost::asio::awaitable<void> write(std::string_view first, std::string_view second = {});
    /// From the file to the socket inside the kernel (plain TCP), or in chunks of 256 KiB (TLS).
    /// \throws Disconnected
    boost::asio::awaitable<void> write_file(int file, std::uint64_t offset, std::uint64_t size);

    /// The peer has ended its side, or the connection is closed.
    bool peer_is_gone() noexcept;
    /// TLS: sends close_notify.
    boost::asio::awaitable<void> say_goodbye();
    /// Sends FIN.
    void shutdown_send() noexcept;
    /// Sends RST once what was written has left the send queue.
    boost::asio::awaitable<void> reset();
    void close() noexcept;

private:
    boost::asio::awaitable<void> send_file(int file, std::uint64_t offset, std::uint64_t size);

    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    std::unique_ptr<char[]> chunk_; ///< for files over TLS; made at the first one
};

} // namespace hfasync::emulator
