// Where this machine's tokens are, as the environment says.
#pragma once

#include <hfasync/hub.hpp>
#include <hfasync/token_store.hpp>

namespace hfasync::cli {

/// The token file of the options, and `HF_STORED_TOKENS_PATH` or what lies beside it.
TokenStore token_files(const HubOptions& options);

/// The variable that goes before the token file, when one is set; else null.
const char* token_variable();

} // namespace hfasync::cli
