// Whose token it is; asked by several areas.
#pragma once

#include "api/common/call.hpp"

namespace hfasync::detail {

/// GET /api/whoami-v2. Always asks for a token, whatever the client says.
/// \throws LocalTokenNotFoundError, HTTPError
boost::asio::awaitable<boost::json::value> whoami(HubPtr hub, Token token);

/// The `name` of that answer.
boost::asio::awaitable<std::string> whoami_name(HubPtr hub, Token token);

} // namespace hfasync::detail
