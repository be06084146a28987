#include <CLI/CLI.hpp>

#include <hfasync/version.hpp>

#include "cli/commands.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv)
{
    namespace cli = hfasync::cli;
    CLI::App app{"hfasync: an asynchronous client of the Hugging Face Hub"};
    app.require_subcommand(1);
    app.set_version_flag("--version", HFASYNC_VERSION);
    cli::Command chosen;
    for (auto* add : {cli::add_download, cli::add_upload, cli::add_upload_large_folder, cli::add_watch,
                      cli::add_cache, cli::add_whoami, cli::add_api, cli::add_emulator, cli::add_demo})
        add(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? cli::code(cli::Exit::ok) : cli::code(cli::Exit::usage);
    }
    return cli::report_errors(chosen);
}
