// Reads a token from a person, a pipe or a variable; never from an argument.
#pragma once

#include <optional>
#include <string>

namespace hfasync::cli {

/// Asks on the terminal without showing what is typed; in a pipe, reads standard input to its end. nullopt
/// when the person gives up (Ctrl-C, Ctrl-D). \throws ValueError for more than 4 KiB, OSError
std::optional<std::string> read_secret(const std::string& question);

/// \throws ValueError when the variable is not set or empty
std::string secret_of_variable(const std::string& name);

} // namespace hfasync::cli
