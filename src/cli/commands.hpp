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
void add_auth(CLI::App& app, Command& chosen);
void add_cache(CLI::App& app, Command& chosen);
void add_completion(CLI::App& app, Command& chosen);
void add_datasets(CLI::App& app, Command& chosen);
void add_demo(CLI::App& app, Command& chosen);
void add_discussions(CLI::App& app, Command& chosen);
void add_download(CLI::App& app, Command& chosen);
void add_emulator(CLI::App& app, Command& chosen);
void add_env(CLI::App& app, Command& chosen);
void add_man(CLI::App& app, Command& chosen);
void add_mirror(CLI::App& app, Command& chosen);
void add_models(CLI::App& app, Command& chosen);
void add_repo(CLI::App& app, Command& chosen);
void add_spaces(CLI::App& app, Command& chosen);
void add_upload(CLI::App& app, Command& chosen);
void add_upload_large_folder(CLI::App& app, Command& chosen);
void add_version(CLI::App& app, Command& chosen);
void add_watch(CLI::App& app, Command& chosen);
void add_whoami(CLI::App& app, Command& chosen);

/// The methods below `api` are made when they are asked for; completion and manual ask for all of them.
void add_methods(CLI::App& api, Command& chosen);
/// The options of one of them.
void add_method_options(CLI::App& command);

} // namespace hfasync::cli
