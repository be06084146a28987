// The way out of a request: head and small body in one write, large bodies piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "http/message.hpp"
#include "http/wire.hpp"

namespace hfasync::http {

struct SentRequest {
    boost::system::error_code error;
    std::uint64_t bytes = 0;      ///< handed to the transport
    std::uint64_t body_bytes = 0; ///< of the body
    bool complete = false;        ///< false: the server answered before the end, the rest was not sent
};

/// Exceptions of the source pass through. \throws FileModified when it holds less than it announced.
boost::asio::awaitable<SentRequest> send_request(Connection& connection, const std::string& head,
                                                 BodySource* body, const Limits& limits,
                                                 const std::function<void(std::uint64_t)>* on_sent);

} // namespace hfasync::http
