// Where this program is, for those that start it again or one that stands beside it.
#pragma once

#include <filesystem>

namespace hfasync::cli {

/// The file of this program. \throws OSError
std::filesystem::path own_program();

} // namespace hfasync::cli
