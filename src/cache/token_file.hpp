// The text of a token, in a file or a variable.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace hfasync::detail {

/// Line ends removed, blanks around it stripped; nothing left is no token.
std::optional<std::string> clean_token(std::string text);

/// The token in a file; nothing when it is missing, no regular file, empty or not readable. A token has some
/// 40 bytes: only the first 4 KiB are read.
std::optional<std::string> read_token_file(const std::filesystem::path& path);

} // namespace hfasync::detail
