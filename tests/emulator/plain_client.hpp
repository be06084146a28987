// A blocking HTTP client of a hundred lines: what it sends and gets is exactly what the test says and sees.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace hfasync::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

enum class Ending { complete, closed, reset, timed_out };

struct PlainResponse {
    int status = 0; ///< 0: no header arrived
    std::string head;
    std::string body;
    Ending ending = Ending::complete;

    std::string header(std::string_view name) const
    {
        std::size_t at = head.find("\r\n");
        while (at != std::string::npos && at + 2 < head.size()) {
            const auto end = head.find("\r\n", at + 2);
            const std::string_view line = std::string_view(head).substr(at + 2, end - at - 2);
            const auto colon = line.find(':');
            if (colon == name.size() && ::strncasecmp(line.data(), name.data(), colon) == 0)
                return std::string(line.substr(std::min(colon + 2, line.size())));
            at = end;
        }
        return {};
    }
};

/// One connection. Reads give up after `timeout_ms`.
class PlainClient {
public:
    /// `origin`: "http://host:port" or, with a CA file, "https://host:port"; the address is 127.0.0.1.
    explicit PlainClient(const std::string& origin, int timeout_ms = 10'000, const std::string& ca_file = {})
    {
        const auto port = static_cast<std::uint16_t>(std::stoi(origin.substr(origin.rfind(':') + 1)));
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot connect to " + origin);
        const timeval limit{timeout_ms / 1000, (timeout_ms % 1000) * 1000};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        host_ = origin.substr(origin.find("//") + 2);
        if (!ca_file.empty()) start_tls(ca_file);
    }
    ~PlainClient()
    {
        SSL_free(tls_);
        SSL_CTX_free(context_);
        ::close(socket_);
    }
    PlainClient(const PlainClient&) = delete;

    PlainResponse request(std::string_view method, std::string_view target, const Headers& headers = {},
                          std::string_view body = {})
    {
        std::string text(method);
        text.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\n");
        bool framed = false;
        for (const auto& [name, value] : headers) {
            text.append(name).append(": ").append(value).append("\r\n");
            framed = framed || name == "Content-Length" || name == "Transfer-Encoding";
        }
        if (!framed && (!body.empty() || method == "POST" || method == "PUT"))
            text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
        text.append("\r\n").append(body);
        send_text(text);
        return read(method == "HEAD");
    }
    void send_text(std::string_view text)
    {
        while (!text.empty()) {
            const auto sent = tls_ ? SSL_write(tls_, text.data(), static_cast<int>(text.size()))
                                   : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return; // the answer (or its absence) tells
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    PlainResponse read(bool head_only = false)
    {
        PlainResponse out;
        std::size_t end = 0;
        while ((end = rest_.find("\r\n\r\n")) == std::string::npos)
            if (!receive(out)) {
                out.body = std::move(rest_);
                return out;
            }
        out.head = rest_.substr(0, end + 2);
        rest_.erase(0, end + 4);
        out.status = out.head.size() > 12 ? std::atoi(out.head.c_str() + 9) : 0;
        if (out.status == 100) return read(head_only);
        if (head_only || out.status == 204 || out.status == 304) return out;
        if (out.header("transfer-encoding") == "chunked")
            read_chunks(out);
        else
            take(out, std::stoull("0" + out.header("content-length")), out.body);
        return out;
    }

private:
    void start_tls(const std::string& ca_file)
    {
        context_ = SSL_CTX_new(TLS_client_method());
        SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr);
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
        tls_ = SSL_new(context_);
        const auto name = host_.substr(0, host_.find(':'));
        if (name == "localhost")
            SSL_set1_host(tls_, name.c_str());
        else
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_), name.c_str());
        SSL_set_fd(tls_, socket_);
        if (SSL_connect(tls_) != 1) throw std::runtime_error("TLS handshake failed");
    }
    bool receive(PlainResponse& out)
    {
        char piece[16384];
        errno = 0;
        const auto got = tls_ ? SSL_read(tls_, piece, sizeof piece) : ::recv(socket_, piece, sizeof piece, 0);
        if (got > 0) {
            rest_.append(piece, static_cast<std::size_t>(got));
            return true;
        }
        if (got < 0 && errno == EINTR) return receive(out); // a child of the embedded Hub has ended
        out.ending = errno == ECONNRESET ? Ending::reset
                     : errno == EAGAIN   ? Ending::timed_out
                                         : Ending::closed;
        return false;
    }
    bool take(PlainResponse& out, std::size_t size, std::string& into)
    {
        while (rest_.size() < size)
            if (!receive(out)) {
                into.append(std::exchange(rest_, {}));
                return false;
            }
        into.append(rest_, 0, size);
        rest_.erase(0, size);
        return true;
    }
    void read_chunks(PlainResponse& out)
    {
        while (true) {
            std::size_t end = 0;
            while ((end = rest_.find("\r\n")) == std::string::npos)
                if (!receive(out)) return;
            const auto size = std::stoull(rest_.substr(0, end), nullptr, 16);
            rest_.erase(0, end + 2);
            std::string line_end;
            if (!take(out, size, out.body) || !take(out, 2, line_end) || size == 0) return;
        }
    }

    int socket_ = -1;
    SSL_CTX* context_ = nullptr;
    SSL* tls_ = nullptr;
    std::string host_, rest_;
};

} // namespace hfasync::test
