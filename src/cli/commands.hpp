// The subcommands of the program. Each is a file of its own and adds itself to the parser.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace hfasync::cli {

/// What runs when the command line has been parsed; returns the exit code.
using Command = std::function<int()>;

// Each adds its subcommand to `app`; when the user names it, `chosen` becomes what runs it.
void add_api(CLI::App& app, Command& chosen);
void add_cache(CLI::App& app, Command& chosen);
void add_demo(CLI::App& app, Command& chosen);
void add_download(CLI::App& app, Command& chosen);
void add_emulator(CLI::App& app, Command& chosen);
void add_upload(CLI::App& app, Command& chosen);
void add_upload_large_folder(CLI::App& app, Command& chosen);
void add_watch(CLI::App& app, Command& chosen);
void add_whoami(CLI::App& app, Command& chosen);

} // namespace hfasync::cli
