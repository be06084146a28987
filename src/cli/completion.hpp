// Completion scripts for shells.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.hpp"

namespace hfasync::cli {

std::string bash_completion(const std::vector<CommandEntry>& tree);
std::string zsh_completion(const std::vector<CommandEntry>& tree);
std::string fish_completion(const std::vector<CommandEntry>& tree);

} // namespace hfasync::cli
