// One TCP or TLS connection, its read buffer and its deadline.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "http/tls.hpp"
#include "http/watchdog.hpp"

namespace hfasync::http {

/// Used by one coroutine at a time. Only expire() comes from other threads; it and close() share a mutex, so
/// that a deadline never shuts down a descriptor that was closed and given to somebody else.
class Connection final : public Watched {
public:
    using Done = std::tuple<boost::system::error_code, std::size_t>;

    Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<Watchdog> watchdog);
    ~Connection() override;

    /// From now on bytes go through TLS. `key` names the session to resume.
    TlsStream& start_tls(std::shared_ptr<TlsClient> client, const std::string& host, std::string key);
    boost::asio::awaitable<boost::system::error_code> handshake();

    boost::asio::awaitable<Done> read_some(boost::asio::mutable_buffer into);
    boost::asio::awaitable<Done> write_some(boost::asio::const_buffer from);
    /// Reads into `buffer`.
    boost::asio::awaitable<Done> fill();

    void watch() { watchdog_->add(*this); }
    void unwatch() { watchdog_->remove(*this); }
    void deadline(SteadyTime when) { watchdog_->set(*this, when); }
    bool timed_out() const noexcept { return timed_out_; }

    enum class Pending { nothing, bytes, closed };
    /// What waits in the socket, without waiting. Bytes of TLS may be its own records.
    Pending pending() noexcept;
    bool tls() const noexcept { return tls_.has_value(); }
    void close() noexcept;

    boost::beast::flat_buffer buffer; ///< read, not yet used

private:
    void expire() noexcept override;

    std::shared_ptr<Watchdog> watchdog_;
    std::shared_ptr<TlsClient> tls_client_;
    std::string tls_key_;
    boost::asio::ip::tcp::socket socket_;
    std::optional<TlsStream> tls_;
    std::mutex mutex_;
    std::atomic<bool> timed_out_{false};
};

} // namespace hfasync::http
