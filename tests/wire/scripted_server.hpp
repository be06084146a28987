// Two loopback origins, the Hub's and the object storage's, that answer from one list of routes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "wire/cassette.hpp"

namespace wire {

class ScriptedServer {
public:
    /// Routes of one method and path are used in their order; `repeat` ones serve for ever.
    explicit ScriptedServer(const json::array& routes);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;

    const Placeholders& placeholders() const noexcept { return placeholders_; }
    std::string endpoint() const { return placeholders_.at("{{endpoint}}"); }
    /// Every request so far, as a cassette writes it; `unexpected` when no route was left for it.
    std::vector<json::object> seen() const;

private:
    struct Answer;
    boost::asio::awaitable<void> accept(boost::asio::ip::tcp::acceptor& acceptor, std::string origin);
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket, std::string origin);
    Answer answer(const std::string& origin, const std::string& method, const std::string& target,
                  const json::object& headers, const std::string& body);
    const json::object* take(std::string_view origin, std::string_view method, std::string_view path);

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor hub_;
    boost::asio::ip::tcp::acceptor storage_;
    Placeholders placeholders_;
    mutable std::mutex mutex_;
    std::vector<json::object> routes_;
    std::vector<bool> used_;
    std::vector<json::object> seen_;
    std::thread thread_;
};

} // namespace wire
