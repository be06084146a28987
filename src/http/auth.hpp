// Whose token a request carries, and where it may go. Pure.
#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"

namespace hfasync::http {

/// The token for a call: call > Hub > environment, see Token. \throws LocalTokenNotFoundError, ValueError
std::optional<std::string> token_for(const Auth& auth, const HubOptions& options);
/// "library/version; hfasync/1.2.3; key/value; ..." like the reference's build_hf_headers.
std::string user_agent(const HubOptions& options);

} // namespace hfasync::http
