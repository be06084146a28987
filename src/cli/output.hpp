// How every command prints its result: a table on a terminal, tab-separated lines in a pipe, JSON, or ids
// only.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "describe/json.hpp"

namespace CLI {
class App;
}

namespace hfasync::cli {

/// Control bytes escaped: what a server or a disk says must not drive a terminal.
std::string printable_text(std::string_view text);

/// What the user wants to see.
struct OutputOptions {
    bool json = false;
    bool quiet = false;
    std::vector<std::string> columns; ///< in place of the command's own
};

/// What a command shows of its result when nothing else is asked for.
struct View {
    std::vector<std::string>
        columns{};    ///< documented names of fields, "lfs.sha256" for inner ones; empty: all
    std::string id{}; ///< the field that --quiet prints; empty: the first column
};

/// Where it goes to.
struct Screen {
    bool is_terminal = false;
    unsigned width = 80;
    /// Standard output as it is.
    static Screen of_stdout();
};

/// A result with its documented names as text, lines ended. Objects in an array are rows, other elements are
/// lines of their own; an object is a line a field. \throws ValueError for columns that no row has
std::string rendered(const boost::json::value& result, const View& view, const OutputOptions& options,
                     const Screen& screen);

/// Adds --json, --quiet and --columns.
void add_output_options(CLI::App& command, const std::shared_ptr<OutputOptions>& options);

/// Prints to standard output. \throws OSError when it cannot be written
void print_result(const boost::json::value& result, const View& view, const OutputOptions& options);
/// The same for a described type.
template <class T>
void print_described(const T& value, const View& view, const OutputOptions& options)
{
    print_result(detail::encode(value, detail::Naming::documented), view, options);
}

/// Asks on the terminal whether to go on. \throws ValueError without one: the message says to pass --yes
bool confirmed(const std::string& question);

} // namespace hfasync::cli
