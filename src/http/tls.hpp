// One TLS context a client, and the sessions that later handshakes resume.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <hfasync/hub.hpp>

namespace hfasync::http {

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

/// TLS >= 1.2, verify_peer always. Made at the first https connection, because reading the CAs costs time.
class TlsClient {
public:
    /// \throws SSLError naming the CA file that cannot be used.
    explicit TlsClient(const TlsOptions& options);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;

    boost::asio::ssl::context& context() noexcept { return context_; }
    /// Before the handshake: SNI (not for addresses), the name to be verified, a session to resume.
    /// `key` (host:port) must outlive the stream.
    void prepare(TlsStream& stream, const std::string& host, const std::string& key);
    /// Why the certificate was refused, or what else went wrong; names the host.
    static std::string failure(TlsStream& stream, const std::string& host,
                               const boost::system::error_code& error);

private:
    static int on_session(SSL* ssl, SSL_SESSION* session);
    struct FreeSession {
        void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
    };

    boost::asio::ssl::context context_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<SSL_SESSION, FreeSession>> sessions_;
};

} // namespace hfasync::http
