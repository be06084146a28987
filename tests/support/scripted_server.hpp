// A server that does exactly what a script says, byte for byte: what no proper server would.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "support/certs.hpp"

namespace hfasync::test {

/// The longest that a peer waits for anything: a bound, never a pause.
inline constexpr int most_wait_ms = 20'000;

/// One accepted connection, from the server's side. Calls block, on the connection's own thread.
class Peer {
public:
    Peer(int fd, SSL_CTX* tls) : fd_(fd)
    {
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const timeval limit{most_wait_ms / 1000, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        tls_context_ = tls;
        if (tls) start_tls();
    }
    Peer(const Peer&) = delete;
    ~Peer() { close(); }

    bool handshake_failed() const { return failed_; }
    bool resumed() const { return ssl_ && SSL_session_reused(ssl_) == 1; }
    void start_tls()
    {
        ssl_ = SSL_new(tls_context_);
        SSL_set_fd(ssl_, fd_);
        failed_ = SSL_accept(ssl_) != 1;
        ERR_clear_error();
    }
    void tunnel_to_tls(SSL_CTX* context)
    {
        tls_context_ = context;
        start_tls();
    }

    /// Some bytes; empty at the end, on an error, or after most_wait_ms.
    std::string read_some()
    {
        std::string out(65536, '\0');
        const auto got = ssl_ ? SSL_read(ssl_, out.data(), static_cast<int>(out.size()))
                              : static_cast<int>(::recv(fd_, out.data(), out.size(), 0));
        out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return out;
    }
    /// Head and body of the next request ("" at the end of the connection); bodies by length or chunked
    /// (raw).
    std::string read_request()
    {
        std::size_t end = 0;
        while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
            if (!more()) return {};
        end += 4;
        auto lower = pending_.substr(0, end);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        if (const auto at = lower.find("\r\ncontent-length: "); at != std::string::npos) {
            end += std::strtoull(lower.c_str() + at + 18, nullptr, 10);
            while (pending_.size() < end)
                if (!more()) return {};
        } else if (lower.find("\r\ntransfer-encoding: chunked") != std::string::npos) {
            std::size_t last = 0;
            while ((last = pending_.find("0\r\n\r\n", end)) == std::string::npos)
                if (!more()) return {};
            end = last + 5;
        }
        auto request = pending_.substr(0, end);
        pending_.erase(0, end);
        return request;
    }
    /// False when the client is gone.
    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto some = ssl_ ? SSL_write(ssl_, bytes.data(),
                                               static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)))
                                   : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
            if (some <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(some));
        }
        return true;
    }
    /// Until the client closes or resets: how a script stalls without a pause.
    void wait_closed()
    {
        while (!read_some().empty()) {
        }
    }
    void close()
    {
        if (ssl_) {
            if (clean_) SSL_shutdown(ssl_);
            SSL_free(ssl_);
            ssl_ = nullptr;
        }
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void cut() // a TLS end without close_notify
    {
        clean_ = false;
        close();
    }
    void reset()
    {
        const linger now{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        cut();
    }
    int fd() const { return fd_; }

private:
    bool more()
    {
        auto some = read_some();
        pending_ += some;
        return !some.empty();
    }

    int fd_;
    SSL_CTX* tls_context_ = nullptr;
    SSL* ssl_ = nullptr;
    bool failed_ = false, clean_ = true;
    std::string pending_;
};

/// Plays one script a connection, in the order in which they are accepted; the last script again for all
/// later ones.
class ScriptedServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(std::vector<Script> scripts, const ServerCertificate* certificate = nullptr)
        : scripts_(std::move(scripts))
    {
        if (certificate) tls_ = certificate->make_context();
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 128) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("the scripted server cannot listen");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] {
            // OpenSSL writes to its socket without MSG_NOSIGNAL; the threads of the connections inherit this.
            // Only here: that the client raises no SIGPIPE is part of what is tested.
            sigset_t pipe;
            sigemptyset(&pipe);
            sigaddset(&pipe, SIGPIPE);
            pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
            accept_all();
        });
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ~ScriptedServer()
    {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        {
            const std::lock_guard lock(mutex_);
            for (const int fd : open_)
                ::shutdown(fd, SHUT_RDWR);
        }
        for (auto& thread : threads_)
            thread.join();
        if (tls_) SSL_CTX_free(tls_);
    }

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view host = "127.0.0.1") const
    {
        return (tls_ ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port_);
    }
    std::size_t connections() const { return accepted_; }

    /// What scripts note for the test to look at.
    void note(std::string text)
    {
        const std::lock_guard lock(mutex_);
        notes_.push_back(std::move(text));
    }
    std::vector<std::string> notes() const
    {
        const std::lock_guard lock(mutex_);
        return notes_;
    }

private:
    void accept_all()
    {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0 || stopping_) {
                if (fd >= 0) ::close(fd);
                return;
            }
            const auto index = accepted_++;
            const auto script = scripts_[std::min(index, scripts_.size() - 1)];
            const std::lock_guard lock(mutex_);
            open_.push_back(fd);
            threads_.emplace_back([this, fd, script] {
                {
                    Peer peer(fd, tls_);
                    if (!peer.handshake_failed()) script(peer);
                    const std::lock_guard inner(mutex_);
                    std::erase(open_, fd);
                }
            });
        }
    }

    std::vector<Script> scripts_;
    SSL_CTX* tls_ = nullptr;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> accepted_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> notes_;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with a length and further header lines ("Name: value\r\n").
inline std::string answer(int status, std::string_view body = {}, std::string_view headers = {})
{
    return "HTTP/1.1 " + std::to_string(status) +
           " Scripted\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) +
           "\r\n" + std::string(body);
}

/// Answers every request of the connection with the same.
inline ScriptedServer::Script always(std::string response)
{
    return [response = std::move(response)](Peer& peer) {
        while (!peer.read_request().empty())
            if (!peer.send(response)) return;
    };
}

} // namespace hfasync::test
