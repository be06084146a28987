// `hfasync models|datasets|spaces list|info`
#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/method_command.hpp"

namespace hfasync::cli {

namespace {

constexpr int usual_limit = 20; ///< there are millions

void add_kind(CLI::App& app, Command& chosen, const std::string& kind, const std::string& shown,
              std::vector<std::string> columns)
{
    auto* command = app.add_subcommand(kind + "s", "List " + shown + "s of the Hub, or look at one");
    command->require_subcommand(1);
    add_method_command(
        *command, chosen,
        {.name = "list",
         .help = "List " + shown + "s; " + std::to_string(usual_limit) + " unless --limit says otherwise",
         .method = "list_" + kind + "s",
         .defaults = {{"limit", usual_limit}},
         .view = {.columns = std::move(columns), .id = "id"}});
    add_method_command(*command, chosen,
                       {.name = "info",
                        .help = "Show what the Hub knows about one " + shown,
                        .method = kind + "_info",
                        .positional = {"repo_id"},
                        .required = 1,
                        .view = {.id = "id"}});
}

} // namespace

void add_models(CLI::App& app, Command& chosen)
{
    add_kind(app, chosen, "model", "model",
             {"id", "downloads", "likes", "pipeline_tag", "library_name", "last_modified", "created_at"});
}

void add_datasets(CLI::App& app, Command& chosen)
{
    add_kind(app, chosen, "dataset", "dataset", {"id", "downloads", "likes", "last_modified", "created_at"});
}

void add_spaces(CLI::App& app, Command& chosen)
{
    add_kind(app, chosen, "space", "Space", {"id", "likes", "sdk", "last_modified", "created_at"});
}

} // namespace hfasync::cli
