// A subcommand that is one method of HfApi: its flags are the method's parameters, its output the result.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace hfasync::cli {

struct MethodCommand {
    std::string name;
    std::string help;
    std::string method;
    std::vector<std::string> positional{};
    std::size_t required = 0;
    boost::json::object fixed{};    ///< arguments that the command sets
    boost::json::object defaults{}; ///< those that it sets unless they are given
    View view{};
    /// What a method without a result has done; {name} is an argument.
    std::string done{};
    /// Asked before something is lost; --yes answers it.
    std::string question{};
    /// What is shown of the result; absent: the whole.
    std::function<boost::json::value(boost::json::value)> shape{};
    /// An argument that is read from standard input when it is "-".
    std::string from_stdin{};
};

void add_method_command(CLI::App& parent, Command& chosen, MethodCommand command);

/// Calls a method with progress of none and Ctrl-C; the exit code of an interrupt through `interrupted`.
/// \returns nothing when it was interrupted
std::optional<boost::json::value> call_method(const std::string& method, boost::json::object args);

} // namespace hfasync::cli
