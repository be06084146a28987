// `hfasync repo ...`
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/method_command.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {

namespace json = boost::json;

namespace {

/// One member of the result in its place.
auto only(std::string member)
{
    return [member = std::move(member)](json::value result) -> json::value {
        auto* object = result.if_object();
        auto* found = object ? object->if_contains(member) : nullptr;
        return found ? json::value(*found) : json::value(json::array());
    };
}

// ---- list -------------------------------------------------------------------------------------------------

struct ListArguments {
    std::string repo_type = "model";
    std::optional<std::string> author;
    std::optional<std::string> search;
    std::optional<std::uint64_t> limit;
    OutputOptions output;
};

int list(const ListArguments& a)
{
    std::string author;
    if (a.author) {
        author = *a.author;
    } else {
        const auto me = call_method("whoami", {});
        if (!me) return interrupted("Nothing was changed.");
        author = json::value_to<std::string>(me->at("name"));
    }
    json::object args{{"author", author}};
    if (a.search) args["search"] = *a.search;
    if (a.limit) args["limit"] = *a.limit;
    args["expand"] = {"private", "likes", "lastModified"};
    const auto result = call_method("list_" + a.repo_type + "s", std::move(args));
    if (!result) return interrupted("Nothing was changed.");
    print_result(*result, {.columns = {"id", "private", "likes", "last_modified"}, .id = "id"}, a.output);
    return code(Exit::ok);
}

void add_list(CLI::App& repo, Command& chosen)
{
    auto* command = repo.add_subcommand("list", "List the repos of a user or an organisation");
    const auto a = std::make_shared<ListArguments>();
    command->add_option("author", a->author, "User or organisation; default: the user of the token");
    command->add_option("--repo-type", a->repo_type, "Kind of the repos")
        ->check(CLI::IsMember({"model", "dataset", "space"}))
        ->capture_default_str();
    command->add_option("--search", a->search, "Words in the id");
    command->add_option("--limit", a->limit, "Most repos to ask for");
    add_output_options(*command, std::shared_ptr<OutputOptions>(a, &a->output));
    command->callback([a, &chosen] { chosen = [a] { return list(*a); }; });
}

// ---- branches and tags ------------------------------------------------------------------------------------

void add_refs(CLI::App& repo, Command& chosen, const std::string& kind, const std::string& plural)
{
    auto* refs = repo.add_subcommand(kind, "Create, delete and list " + plural);
    refs->require_subcommand(1);
    add_method_command(*refs, chosen,
                       {.name = "create",
                        .help = "Create a " + kind,
                        .method = "create_" + kind,
                        .positional = {"repo_id", kind},
                        .required = 2,
                        .done = "Created the " + kind + " {" + kind + "} of {repo_id}."});
    add_method_command(*refs, chosen,
                       {.name = "delete",
                        .help = "Delete a " + kind,
                        .method = "delete_" + kind,
                        .positional = {"repo_id", kind},
                        .required = 2,
                        .done = "Deleted the " + kind + " {" + kind + "} of {repo_id}.",
                        .question = "Delete the " + kind + " {" + kind + "} of {repo_id}?"});
    add_method_command(*refs, chosen,
                       {.name = "list",
                        .help = "List the " + plural + " and their commits",
                        .method = "list_repo_refs",
                        .positional = {"repo_id"},
                        .required = 1,
                        .fixed = {{"include_pull_requests", false}},
                        .view = {.columns = {"name", "target_commit", "ref"}, .id = "name"},
                        .shape = only(plural)});
}

void add_changes(CLI::App& repo, Command& chosen)
{
    add_method_command(repo, chosen,
                       {.name = "create",
                        .help = "Create a repo; prints its URL",
                        .method = "create_repo",
                        .positional = {"repo_id"},
                        .required = 1,
                        .view = {.columns = {"url"}, .id = "url"}});
    add_method_command(repo, chosen,
                       {.name = "delete",
                        .help = "Delete a repo for good, with its whole history",
                        .method = "delete_repo",
                        .positional = {"repo_id"},
                        .required = 1,
                        .done = "Deleted {repo_id}.",
                        .question = "Delete {repo_id} with its whole history, for good?"});
    add_method_command(repo, chosen,
                       {.name = "move",
                        .help = "Rename a repo, or give it to another owner",
                        .method = "move_repo",
                        .positional = {"from_id", "to_id"},
                        .required = 2,
                        .done = "{from_id} is {to_id} now."});
    add_method_command(repo, chosen,
                       {.name = "settings",
                        .help = "Make a repo private or public; gate it",
                        .method = "update_repo_settings",
                        .positional = {"repo_id"},
                        .required = 1,
                        .done = "The settings of {repo_id} are changed."});
}

void add_reading(CLI::App& repo, Command& chosen)
{
    add_method_command(repo, chosen,
                       {.name = "info",
                        .help = "Show what the Hub knows about a repo",
                        .method = "repo_info",
                        .positional = {"repo_id"},
                        .required = 1,
                        .view = {.id = "id"}});
    add_method_command(repo, chosen,
                       {.name = "files",
                        .help = "List the paths of all files",
                        .method = "list_repo_files",
                        .positional = {"repo_id"},
                        .required = 1});
    add_method_command(repo, chosen,
                       {.name = "tree",
                        .help = "List the files and folders below a path, with sizes and ids",
                        .method = "list_repo_tree",
                        .positional = {"repo_id", "path_in_repo"},
                        .required = 1,
                        .view = {.columns = {"path", "size", "blob_id", "lfs.sha256", "last_commit.date",
                                             "last_commit.title"},
                                 .id = "path"}});
    add_method_command(
        repo, chosen,
        {.name = "commits",
         .help = "List the commits, newest first",
         .method = "list_repo_commits",
         .positional = {"repo_id"},
         .required = 1,
         .view = {.columns = {"commit_id", "created_at", "authors", "title"}, .id = "commit_id"}});
}

} // namespace

void add_repo(CLI::App& app, Command& chosen)
{
    auto* repo = app.add_subcommand("repo", "Create, change, delete and look at repos");
    repo->require_subcommand(1);
    add_changes(*repo, chosen);
    add_refs(*repo, chosen, "branch", "branches");
    add_refs(*repo, chosen, "tag", "tags");
    add_list(*repo, chosen);
    add_reading(*repo, chosen);
}

} // namespace hfasync::cli
