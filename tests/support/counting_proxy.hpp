// A plain HTTP proxy that counts the bytes of files it passes on, and stops at one of them.
#pragma once

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace hfasync::test {

/// One request a connection. Its buffers are small, so that what it has passed on is close to what the client
/// has got; what lies in between is known, see unread().
class CountingProxy {
public:
    CountingProxy()
    {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 128) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("the proxy cannot listen");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    CountingProxy(const CountingProxy&) = delete;
    ~CountingProxy()
    {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        disarm();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// Calls `reached` once `bytes` of files have been passed on from now, and passes nothing more on until
    /// disarm().
    void arm(std::uint64_t bytes, std::function<void()> reached)
    {
        const std::lock_guard lock(gate_);
        left_ = bytes;
        reached_ = std::move(reached);
    }
    /// All connections end; the next ones pass freely. The clients of before must be gone.
    void disarm()
    {
        std::vector<std::thread> ended;
        {
            const std::lock_guard lock(gate_);
            ended.swap(threads_);
            left_ = unlimited;
            reached_ = nullptr;
            for (const auto& [client, upstream] : open_) {
                ::shutdown(client, SHUT_RDWR);
                ::shutdown(upstream, SHUT_RDWR);
            }
        }
        for (auto& thread : ended)
            thread.join();
        stopped_ = false;
    }
    /// Bytes of files passed on, ever.
    std::uint64_t passed() const { return passed_; }

    /// Of these, what the clients have not read yet: in the kernel, on its way. Ask while they are stopped.
    std::uint64_t unread()
    {
        const std::lock_guard lock(gate_);
        std::uint64_t bytes = 0;
        for (const auto& [client, upstream] : open_) {
            int queued = 0;
            if (::ioctl(client, SIOCOUTQ, &queued) == 0) bytes += static_cast<std::uint64_t>(queued);
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            if (::getpeername(client, reinterpret_cast<sockaddr*>(&peer), &size) == 0)
                bytes += receive_queue(ntohs(peer.sin_port));
        }
        return bytes;
    }

private:
    static constexpr std::uint64_t unlimited = ~std::uint64_t{0};

    static sockaddr_in loopback(std::uint16_t port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    /// Of the socket with this local port that is connected to us.
    std::uint64_t receive_queue(std::uint16_t local) const
    {
        std::ifstream table("/proc/net/tcp");
        std::string line;
        char wanted[32];
        std::snprintf(wanted, sizeof wanted, "0100007F:%04X 0100007F:%04X", local, port_);
        while (std::getline(table, line)) {
            const auto at = line.find(wanted);
            if (at == std::string::npos) continue;
            unsigned long long sent = 0, received = 0;
            unsigned state = 0;
            if (std::sscanf(line.c_str() + at + 27, " %x %llx:%llx", &state, &sent, &received) == 3)
                return received;
        }
        return 0;
    }

    void accept_all()
    {
        for (;;) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) return;
            const std::lock_guard lock(gate_);
            threads_.emplace_back([this, client] { serve(client); });
        }
    }
    void serve(int client)
    {
        const int small = 64 << 10;
        ::setsockopt(client, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        std::string head;
        char byte[4096];
        while (head.find("\r\n\r\n") == std::string::npos) {
            const auto got = ::recv(client, byte, sizeof byte, 0);
            if (got <= 0) break;
            head.append(byte, static_cast<std::size_t>(got));
        }
        if (const int upstream = connect_for(head); upstream >= 0) {
            {
                const std::lock_guard lock(gate_);
                open_[client] = upstream;
            }
            if (send_all(upstream, head)) pass_on(client, upstream, head);
            {
                const std::lock_guard lock(gate_);
                open_.erase(client);
            }
            ::close(upstream);
        }
        ::close(client);
    }
    /// "GET http://127.0.0.1:80/x HTTP/1.1" becomes "GET /x HTTP/1.1", of a connection that ends with it.
    static int connect_for(std::string& head)
    {
        const auto scheme = head.find(" http://");
        const auto path = scheme == std::string::npos ? scheme : head.find('/', scheme + 8);
        if (path == std::string::npos) return -1;
        const auto host = head.substr(scheme + 8, path - scheme - 8);
        head.erase(scheme + 1, path - scheme - 1);
        head.insert(head.find("\r\n") + 2, "Connection: close\r\n");
        const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int small = 64 << 10;
        ::setsockopt(upstream, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        const auto address =
            loopback(static_cast<std::uint16_t>(std::atoi(host.substr(host.rfind(':') + 1).c_str())));
        if (::connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return upstream;
        ::close(upstream);
        return -1;
    }
    void pass_on(int client, int upstream, const std::string& request)
    {
        const auto line = request.substr(0, request.find('\r'));
        const bool of_file = line.starts_with("GET ") && (line.find("/resolve/") != std::string::npos ||
                                                          line.find(" /repos/") != std::string::npos);
        std::string head;
        bool in_body = false, counted = false;
        std::vector<char> buffer(16 << 10);
        for (;;) {
            const auto got = ::recv(upstream, buffer.data(), buffer.size(), 0);
            if (got <= 0) return;
            std::string_view some(buffer.data(), static_cast<std::size_t>(got));
            if (!in_body) {
                head.append(some);
                const auto end = head.find("\r\n\r\n");
                if (end == std::string::npos) continue;
                counted = of_file && head.starts_with("HTTP/1.1 20");
                in_body = true;
                if (!send_all(client, std::string_view(head).substr(0, end + 4))) return;
                some = std::string_view(head).substr(end + 4);
            }
            if (!(counted ? send_counted(client, some) : send_all(client, some))) return;
        }
    }
    bool send_counted(int client, std::string_view some)
    {
        while (!some.empty()) {
            std::unique_lock lock(gate_);
            if (stopped_) return wait_for_end(lock, client);
            const auto now =
                some.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(some.size(), left_)));
            // Not the blocking send: the gate would be shut for the others as long as this client is slow.
            const auto sent = ::send(client, now.data(), now.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return false;
            if (sent > 0) {
                some.remove_prefix(static_cast<std::size_t>(sent));
                passed_ += static_cast<std::uint64_t>(sent);
                if (left_ != unlimited) left_ -= static_cast<std::uint64_t>(sent);
            }
            if (left_ == 0 && reached_) {
                stopped_ = true;
                std::exchange(reached_, nullptr)();
                return wait_for_end(lock, client);
            }
            lock.unlock();
            if (sent < 0) wait_writable(client);
        }
        return true;
    }
    /// Until disarm() shuts the connection down, or the client goes.
    static bool wait_for_end(std::unique_lock<std::mutex>& lock, int client)
    {
        lock.unlock();
        char byte = 0;
        while (::recv(client, &byte, 1, 0) > 0) {
        }
        return false;
    }
    static void wait_writable(int fd)
    {
        pollfd one{fd, POLLOUT, 0};
        ::poll(&one, 1, 20'000);
    }
    static bool send_all(int fd, std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex gate_; ///< held while a piece is passed on
    std::map<int, int> open_;
    std::uint64_t left_ = unlimited;
    std::function<void()> reached_;
    std::atomic<bool> stopped_{false};
    std::atomic<std::uint64_t> passed_{0};
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

} // namespace hfasync::test
