#include <CLI/CLI.hpp>

#include "cli/core_dumps.hpp"
#include "cli/parser.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv)
{
    namespace cli = hfasync::cli;
#if !__has_feature(address_sanitizer) // its search for leaks is a debugger
    cli::forbid_core_dumps();
#endif
    cli::Command chosen;
    const auto parser = cli::make_parser(chosen);
    try {
        parser->parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return parser->exit(error) == 0 ? cli::code(cli::Exit::ok) : cli::code(cli::Exit::usage);
    }
    return cli::report_errors(chosen);
}
