// The policies around an exchange; see Client::send.
#pragma once

#include "http/engine.hpp"

namespace hfasync::http {

boost::asio::awaitable<Response> send_call(std::shared_ptr<Engine> engine, Request request, ErrorScope scope,
                                           Statuses statuses);

} // namespace hfasync::http
