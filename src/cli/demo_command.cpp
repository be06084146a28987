// `hfasync demo`, as a subcommand.
#include <CLI/CLI.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/demo.hpp"

namespace hfasync::cli {

void add_demo(CLI::App& app, Command& chosen)
{
    auto* command =
        app.add_subcommand("demo", "Upload a folder to an embedded Hub over TLS, download it twice, compare");
    const auto options = std::make_shared<DemoOptions>();
    command->add_option("folder", options->folder,
                        "Folder (default: real files of this machine, up to 10,000 files or 500 MB)");
    command->add_option("--work", options->work, "Where to work (default: build/demo)");
    command->add_flag("--quiet", options->quiet, "No progress display");
    command->callback([&chosen, options] { chosen = [options] { return run_demo(*options); }; });
}

} // namespace hfasync::cli
