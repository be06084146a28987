// The parser's commands and options as plain data: completion scripts and the manual are made from it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace hfasync::cli {

struct OptionEntry {
    std::vector<std::string> names;   ///< "--repo-type", "-q"; none for what only stands in its place
    std::string positional;           ///< its name in the usage; empty: a flag only
    std::string type;                 ///< "TEXT", "INT" ...; empty: no value follows
    std::vector<std::string> choices; ///< of the value
    std::string help;
    bool required = false;
    bool repeated = false;
};

struct CommandEntry {
    std::string path; ///< "repo create"; empty for the program itself
    std::string help;
    std::string footer;
    std::vector<std::pair<std::string, std::string>> subcommands; ///< name and help
    std::vector<OptionEntry> options;
};

/// The program itself first, then depth first. What is hidden from the help is left out.
std::vector<CommandEntry> command_tree(const CLI::App& parser);

} // namespace hfasync::cli
