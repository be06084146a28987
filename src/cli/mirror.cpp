// `hfasync mirror`: the mirror service, a program of its own.
#include <CLI/CLI.hpp>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <hfasync/error.hpp>

#include "cli/commands.hpp"
#include "cli/own_program.hpp"

namespace hfasync::cli {
namespace {

constexpr const char* program_name = "hfasync-mirror";

struct Arguments {
    std::string config;
    bool once = false;
};

/// Becomes the mirror service: signals, exit status and standard output are its own. The one beside this
/// program goes before one on PATH, which may be of another version.
[[noreturn]] void become_mirror(std::vector<std::string> words)
{
    auto beside = (own_program().parent_path() / program_name).string();
    words.insert(words.begin(), program_name);
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(beside.c_str(), argv.data());
    if (errno == ENOENT) ::execvp(program_name, argv.data());
    if (errno == ENOENT)
        throw FileNotFoundError(
            errc::os_error, "hfasync mirror needs the program hfasync-mirror, which is neither beside this "
                            "program nor on PATH. Install the package hfasync-mirror, or build hfasync with "
                            "its examples where libsqlite3-dev is installed.");
    const std::error_code error(errno, std::generic_category());
    throw OSError(error, std::string("cannot run hfasync-mirror: ") + error.message());
}

void add_run(CLI::App& mirror, Command& chosen)
{
    auto* command = mirror.add_subcommand(
        "run", "Mirror until SIGTERM or Ctrl-C; what was under way then is resumed next time");
    const auto a = std::make_shared<Arguments>();
    command->add_option("--config", a->config, "What to mirror, and where to (YAML)")
        ->type_name("FILE")
        ->required();
    command->add_flag("--once", a->once,
                      "Make one round over all repos and work until nothing is left; exit code 1 when "
                      "something could not be mirrored");
    command->callback([&chosen, a] {
        chosen = [a]() -> int {
            std::vector<std::string> words{"run", "--config", a->config};
            if (a->once) words.emplace_back("--once");
            become_mirror(std::move(words));
        };
    });
}

void add_check(CLI::App& mirror, Command& chosen)
{
    auto* command = mirror.add_subcommand("check", "Read a configuration and say what is wrong with it");
    const auto a = std::make_shared<Arguments>();
    command->add_option("--config", a->config, "The configuration")->type_name("FILE")->required();
    command->callback(
        [&chosen, a] { chosen = [a]() -> int { become_mirror({"check", "--config", a->config}); }; });
}

} // namespace

void add_mirror(CLI::App& app, Command& chosen)
{
    auto* mirror = app.add_subcommand(
        "mirror", "Keep repos mirrored to a folder or another Hub, on a schedule and on webhooks");
    mirror->require_subcommand(1);
    add_run(*mirror, chosen);
    add_check(*mirror, chosen);
}

} // namespace hfasync::cli
