// Whom a webhook calls: takes one call after the other and answers as the test says.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace hfasync::test {

class WebhookReceiver {
public:
    struct Received {
        std::string head; ///< request line and fields
        std::string body;

        std::string header(std::string_view name) const
        {
            for (auto at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
                const auto line = std::string_view(head).substr(at + 2);
                if (line.size() > name.size() && line[name.size()] == ':' &&
                    ::strncasecmp(line.data(), name.data(), name.size()) == 0)
                    return std::string(line.substr(name.size() + 2, line.find("\r\n") - name.size() - 2));
            }
            return {};
        }
    };

    WebhookReceiver()
    {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(socket_, 64) != 0 ||
            ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(address.sin_port);
    }
    ~WebhookReceiver() { ::close(socket_); }
    WebhookReceiver(const WebhookReceiver&) = delete;

    std::string url(const std::string& target = "/hook") const
    {
        return "http://127.0.0.1:" + std::to_string(port_) + target;
    }

    /// The next call, answered with `status`; 0: the connection is closed without an answer. nullopt when
    /// none comes within the time.
    std::optional<Received> next(int status = 200, int timeout_ms = 10'000)
    {
        const int connection = accept_within(timeout_ms);
        if (connection < 0) return std::nullopt;
        auto received = read(connection);
        if (status != 0) {
            const auto answer = "HTTP/1.1 " + std::to_string(status) + " Answer\r\nContent-Length: 0\r\n\r\n";
            (void)::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        ::close(connection);
        return received;
    }

private:
    int accept_within(int timeout_ms) const
    {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, timeout_ms) != 1) return -1;
        const int connection = ::accept(socket_, nullptr, nullptr);
        const timeval limit{10, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        return connection;
    }
    static Received read(int connection)
    {
        std::string text;
        std::size_t end = 0, length = 0;
        char piece[4096];
        while (true) {
            end = text.find("\r\n\r\n");
            if (end != std::string::npos) {
                Received received{text.substr(0, end + 2), text.substr(end + 4)};
                length = std::stoull("0" + received.header("content-length"));
                if (received.body.size() >= length) return received;
            }
            const auto got = ::recv(connection, piece, sizeof piece, 0);
            if (got <= 0) return {};
            text.append(piece, static_cast<std::size_t>(got));
        }
    }

    int socket_ = -1;
    std::uint16_t port_ = 0;
};

} // namespace hfasync::test
