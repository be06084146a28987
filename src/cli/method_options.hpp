// The parameters of a method as options of the command line.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "cli/method_table.hpp"

namespace CLI {
class App;
}

namespace hfasync::cli {

/// How the parameters of a method are shown; by default as flags only.
struct ParameterRules {
    std::vector<std::string> positional{}; ///< may also stand without their flag, in this order
    std::size_t required = 0;              ///< so many of the positional ones must be given
    std::vector<std::string> hidden{};     ///< not shown; the command sets them itself
};

/// The parameters that stand before a method's options, as far as a word of the command line can say them.
std::vector<std::string> leading_parameters(const Method& method);

/// Adds an option for every parameter but tokens: an argument can be read by every user of the machine.
void add_parameters(CLI::App& command, const Method& method, const ParameterRules& rules);

/// What was given of them, under their documented names. \throws ValueError for a value that does not fit
boost::json::object given_parameters(const CLI::App& command, const Method& method);

} // namespace hfasync::cli
