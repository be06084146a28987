// `hfasync whoami`, and the same as `hfasync auth whoami`
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include <hfasync/hfasync.hpp>
#include <hfasync/json.hpp>

#include "cli/commands.hpp"
#include "cli/run.hpp"
#include "describe/print.hpp"

namespace hfasync::cli {
namespace {

struct Arguments {
    bool json = false;
    bool quiet = false;
};

std::string safe(const Json& text)
{
    return detail::print_json(text.value());
}

int whoami(const Arguments& a)
{
    Hub hub(HubOptions::from_env());
    const auto me = run_interruptible(hub, HfApi(hub).whoami());
    if (!me) return interrupted("Nothing was changed.");
    if (a.json) {
        fmt::print("{}\n", me->text());
        return code(Exit::ok);
    }
    fmt::print("{}\n", safe((*me)["name"]));
    if (a.quiet) return code(Exit::ok);
    const auto organizations = (*me)["orgs"];
    std::string names;
    for (std::size_t i = 0; i < organizations.size(); ++i)
        names += (i ? ", " : "") + safe(organizations[i]["name"]);
    if (!names.empty()) fmt::print("orgs: {}\n", names);
    if (hub.options().endpoint != HubOptions{}.endpoint) fmt::print("endpoint: {}\n", hub.options().endpoint);
    return code(Exit::ok);
}

} // namespace

void add_whoami(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand("whoami", "Say whose token this is");
    const auto a = std::make_shared<Arguments>();
    auto* as_json = command->add_flag("--json", a->json, "Everything that the Hub says, as JSON");
    command->add_flag("-q,--quiet", a->quiet, "The name only")->excludes(as_json);
    command->callback([&chosen, a] { chosen = [a] { return whoami(*a); }; });
}

} // namespace hfasync::cli
