// `hfasync emulator`
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/emulator/accounts.hpp>
#include <hfasync/emulator/program.hpp>
#include <hfasync/error.hpp>

#include <spawn.h>
#include <sys/wait.h>

#include "cli/commands.hpp"
#include "cli/run.hpp"

extern char** environ;

namespace hfasync::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    emulator::Options options;
    std::optional<fs::path> seed;
    std::optional<fs::path> users;
    bool quiet = false;
    std::vector<std::string> command;
};

/// A folder that goes away with the command.
class Scratch {
public:
    Scratch()
    {
        auto pattern = (fs::temp_directory_path() / "hfasync-home-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw OSError(std::error_code(errno, std::generic_category()), "cannot make a temporary folder");
        path_ = pattern;
    }
    ~Scratch()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

/// This process' environment with what leads a client to the embedded Hub in place of its own. A name that is
/// set here must not be inherited too: of two, programs take the first.
std::vector<std::string> client_environment(const emulator::Emulator& hub, const fs::path& home)
{
    std::vector<std::pair<std::string, std::string>> own{
        {"HF_ENDPOINT", hub.endpoint()},
        {"HF_INFERENCE_ENDPOINTS_ENDPOINT", hub.inference_endpoints_url()},
        {"HF_TOKEN", hub.token()},
        {"HF_HOME", home.string()},
        {"HF_HUB_DISABLE_XET", "1"}, // newer Python clients would upload through Xet, whatever the Hub says
        {"NO_PROXY", "127.0.0.1,localhost"},
        {"no_proxy", "127.0.0.1,localhost"}};
    if (!hub.ca_file().empty())
        for (const auto* name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
            own.emplace_back(name, hub.ca_file().string());
    std::vector<std::string> result;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string_view entry(*at);
        const auto name = entry.substr(0, entry.find('='));
        const bool replaced =
            name.starts_with("HF_") || name.starts_with("HUGGING") ||
            std::any_of(own.begin(), own.end(), [&](const auto& variable) { return variable.first == name; });
        if (!replaced) result.emplace_back(entry);
    }
    for (const auto& [name, value] : own)
        result.push_back(name + "=" + value);
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// Runs the command against a Hub of its own and returns its exit status.
int run_command(const Arguments& a, const std::vector<emulator::Seed>& seeds)
{
    emulator::Emulator hub(a.options);
    for (const auto& repo : emulator::seed_missing(hub, seeds))
        if (!a.quiet)
            fmt::print(stderr, "hfasync: the {} is in {} already and stays as it is\n", repo,
                       a.options.data.string());
    const Scratch home;
    auto words = a.command;
    auto variables = client_environment(hub, home.path());
    const auto argv = pointers(words);
    const auto environment = pointers(variables);
    if (!a.quiet) fmt::print(stderr, "hfasync: the embedded Hub is at {}\n", hub.endpoint());
    pid_t child = 0;
    if (const int failed = ::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environment.data());
        failed != 0)
        throw OSError(std::error_code(failed, std::generic_category()), "cannot run " + words.front());
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_emulator(Arguments& a)
{
    if (a.users) {
        a.options.accounts = emulator::load_accounts(*a.users);
        a.options.papers = emulator::load_papers(*a.users);
    }
    const auto seeds = a.seed ? emulator::seeds_below(*a.seed) : std::vector<emulator::Seed>{};
    if (!a.command.empty()) return run_command(a, seeds);
    return emulator::run_program(a.options, seeds);
}

} // namespace

void add_emulator(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand(
        "emulator", "Serve a Hub on loopback; its first line on stdout says where, as JSON");
    const auto a = std::make_shared<Arguments>();
    command->add_option("--port", a->options.port, "Port of the Hub (default: any free one)");
    command->add_option("--storage-port", a->options.storage_port, "Port of the storage origin");
    command->add_option("--data", a->options.data, "Folder that keeps the repos across restarts");
    command->add_option("--users", a->users, "Accounts and papers, as JSON")->check(CLI::ExistingFile);
    command->add_option("--storage-url", a->options.storage_url,
                        "LFS actions point there; objects sent there are not checked");
    command->add_option("--seed", a->seed,
                        "Each FOLDER/OWNER/NAME becomes a model; those below FOLDER/datasets and "
                        "FOLDER/spaces a dataset or Space");
    command->add_flag("--tls", a->options.tls, "Serve https, with a throwaway CA");
    command->add_flag("--control", a->options.control_route, "Open the routes that script faults");
    command->add_flag("--quiet", a->quiet, "With a command: say nothing about the Hub");
    command->add_option("command", a->command,
                        "After --: run this with HF_ENDPOINT, HF_TOKEN and an empty HF_HOME, then stop");
    command->callback([&chosen, a] { chosen = [a] { return run_emulator(*a); }; });
}

} // namespace hfasync::cli
