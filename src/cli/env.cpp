// `hfasync env` and `hfasync version`
#include <CLI/CLI.hpp>
#include <boost/version.hpp>
#include <fmt/core.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/utsname.h>

#include <hfasync/hub.hpp>
#include <hfasync/version.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "cli/token_files.hpp"

namespace hfasync::cli {

struct Version {
    std::string hfasync = HFASYNC_VERSION;
    std::string compiler;
    std::string boost;
    std::string fmt;
};
HFASYNC_DESCRIBE(Version, hfasync, compiler, boost, fmt)

/// What a report of a fault should say. No secret is in it: of the token only where it comes from.
struct Environment {
    std::string hfasync = HFASYNC_VERSION;
    std::string system;
    std::string endpoint;
    std::string token; ///< HF_TOKEN, the token file, or none
    std::optional<std::string> token_name;
    std::string home;
    std::string cache;
    std::string token_file;
    bool offline = false;
    bool progress_bars = true;
    std::optional<std::string> http_proxy; ///< "set": it may hold a password
    std::optional<std::string> https_proxy;
    std::vector<std::string> no_proxy;
    std::optional<std::string> ca;
    int max_retries = 0;
    std::vector<std::string> variables; ///< names of those that are set
};
HFASYNC_DESCRIBE(Environment, hfasync, system, endpoint, token, token_name, home, cache, token_file, offline,
                 progress_bars, http_proxy, https_proxy, no_proxy, ca, max_retries, variables)

namespace {

std::string system_name()
{
    utsname names{};
    if (::uname(&names) != 0) return "unknown";
    return fmt::format("{} {} {}", names.sysname, names.release, names.machine);
}

std::string token_source(const HubOptions& options)
{
    if (const char* name = token_variable()) return name;
    return options.ambient_token ? options.cache.token_path.string() : "none";
}

/// Their names only: a value may be a secret.
std::vector<std::string> set_variables()
{
    std::vector<std::string> out;
    for (const char* name :
         {"HF_ENDPOINT", "HF_INFERENCE_ENDPOINTS_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HOME",
          "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ASSETS_CACHE", "HF_TOKEN_PATH",
          "HF_STORED_TOKENS_PATH", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN",
          "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_ETAG_TIMEOUT",
          "HF_HUB_DOWNLOAD_TIMEOUT", "HFASYNC_MAX_RETRIES", "XDG_CACHE_HOME"})
        if (std::getenv(name) != nullptr) out.emplace_back(name);
    return out;
}

Environment environment()
{
    const auto options = HubOptions::from_env();
    Environment env;
    env.system = system_name();
    env.endpoint = options.endpoint;
    env.token = token_source(options);
    if (options.ambient_token && token_variable() == nullptr)
        env.token_name = token_files(options).active_name();
    env.home = options.cache.home.string();
    env.cache = options.cache.hub_cache.string();
    env.token_file = options.cache.token_path.string();
    env.offline = options.offline;
    env.progress_bars = !options.disable_progress_bars;
    if (options.proxy.http) env.http_proxy = "set";
    if (options.proxy.https) env.https_proxy = "set";
    env.no_proxy = options.proxy.no_proxy;
    if (options.tls.ca_file) env.ca = options.tls.ca_file->string();
    if (options.tls.ca_dir) env.ca = options.tls.ca_dir->string();
    env.max_retries = options.retry.max_retries;
    env.variables = set_variables();
    return env;
}

Version version()
{
    return {.compiler = __VERSION__,
            .boost = fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                                 BOOST_VERSION % 100),
            .fmt = fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)};
}

template <class F>
void add_report(CLI::App& app, Command& chosen, const char* name, const char* help, F make)
{
    auto* command = app.add_subcommand(name, help);
    const auto output = std::make_shared<OutputOptions>();
    add_output_options(*command, output);
    command->callback([output, make, &chosen] {
        chosen = [output, make] {
            print_described(make(), {.id = "hfasync"}, *output);
            return code(Exit::ok);
        };
    });
}

} // namespace

void add_env(CLI::App& app, Command& chosen)
{
    add_report(app, chosen, "env", "Settings as the program sees them, for a bug report", environment);
}

void add_version(CLI::App& app, Command& chosen)
{
    add_report(app, chosen, "version", "Version, and what it was built with", version);
}

} // namespace hfasync::cli
