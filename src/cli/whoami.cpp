// `hfasync whoami`
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include <hfasync/hfasync.hpp>

#include "cli/commands.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {
namespace {

int whoami(bool as_json)
{
    Hub hub(HubOptions::from_env());
    const auto me = run_interruptible(hub, HfApi(hub).whoami());
    if (!me) return interrupted("Nothing was changed.");
    if (as_json) {
        fmt::print("{}\n", me->text());
        return code(Exit::ok);
    }
    fmt::print("{}\n", (*me)["name"].as_string().value_or("(unnamed)"));
    const auto organizations = (*me)["orgs"];
    std::string names;
    for (std::size_t i = 0; i < organizations.size(); ++i)
        names += (i ? ", " : "") + organizations[i]["name"].as_string().value_or("");
    if (!names.empty()) fmt::print("orgs: {}\n", names);
    if (hub.options().endpoint != HubOptions{}.endpoint) fmt::print("endpoint: {}\n", hub.options().endpoint);
    return code(Exit::ok);
}

} // namespace

void add_whoami(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand("whoami", "Say whose token this is");
    const auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "Everything that the Hub says, as JSON");
    command->callback([&chosen, as_json] { chosen = [as_json] { return whoami(*as_json); }; });
}

} // namespace hfasync::cli
