// The policies around an exchange; see Client::send.
#pragma once

#include "http/engine.hpp"

namespace hfasync::http {

/// Where the body of a good answer goes when reading it belongs to the attempt.
struct WholeBody {
    std::size_t most; ///< bytes
    std::string text;
};

/// `whole` is null, or outlives the call.
boost::asio::awaitable<Response> send_call(std::shared_ptr<Engine> engine, Request request, ErrorScope scope,
                                           Statuses statuses, WholeBody* whole = nullptr);

} // namespace hfasync::http
