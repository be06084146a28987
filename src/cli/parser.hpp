// The command line as a whole: what main() parses, and what completion and manual are made from.
#pragma once

#include <memory>

#include "cli/commands.hpp"

namespace hfasync::cli {

/// The program's parser with all of its subcommands. What is chosen when a line has been parsed goes to
/// `chosen`, which must outlive the parser.
std::unique_ptr<CLI::App> make_parser(Command& chosen);

/// Fills in what is otherwise made when it is asked for: every method below `api` with its options.
void complete(CLI::App& parser, Command& chosen);

} // namespace hfasync::cli
