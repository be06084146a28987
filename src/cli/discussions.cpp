// `hfasync discussions ...`
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/method_command.hpp"
#include "cli/method_options.hpp"
#include "cli/method_table.hpp"
#include "cli/run.hpp"
#include "describe/print.hpp"

namespace hfasync::cli {

namespace json = boost::json;

namespace {

const View rows{.columns = {"num", "status", "is_pull_request", "author", "created_at", "title"},
                .id = "num"};

// ---- show -------------------------------------------------------------------------------------------------

std::string text_of(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    return value ? detail::print_json(*value) : std::string();
}

/// Markdown keeps its lines; each is safe to print.
std::string indented(const json::value& content)
{
    const auto* text = content.if_string();
    std::string out;
    std::string_view rest = text ? std::string_view(text->data(), text->size()) : std::string_view();
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        out += line.empty() ? "\n" : "    " + printable_text(line) + "\n";
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

std::string event_text(const json::object& event)
{
    const auto type = text_of(event, "type");
    std::string what = type;
    if (type == "status-change") what = "made it " + text_of(event, "new_status");
    if (type == "title-change") what = "gave it the title \"" + text_of(event, "new_title") + "\"";
    if (type == "commit")
        what = "committed " + text_of(event, "oid").substr(0, 8) + " " + text_of(event, "summary");
    if (type == "comment") what = text_of(event, "hidden") == "true" ? "a comment that is hidden" : "wrote";
    auto out = fmt::format("{}  {} {}\n", text_of(event, "created_at").substr(0, 10),
                           text_of(event, "author"), what);
    if (const auto* content = event.if_contains("content"); content && what == "wrote")
        out += indented(*content);
    return out;
}

std::string whole(const json::object& discussion)
{
    auto out = fmt::format("#{} {}\n{} {} by {}\n", text_of(discussion, "num"), text_of(discussion, "title"),
                           text_of(discussion, "status"),
                           text_of(discussion, "is_pull_request") == "true" ? "pull request" : "discussion",
                           text_of(discussion, "author"));
    for (const auto* field : {"target_branch", "merge_commit_oid", "conflicting_files"})
        if (const auto text = text_of(discussion, field); !text.empty() && text != "false")
            out += fmt::format("{}: {}\n", field, text);
    if (const auto* events = discussion.if_contains("events"); events && events->is_array())
        for (const auto& event : events->get_array())
            out += "\n" + event_text(event.get_object());
    return out;
}

struct ShowArguments {
    OutputOptions output;
    bool diff = false;
};

int show(const CLI::App& command, const ShowArguments& a)
{
    const std::string method = "get_discussion_details";
    const auto result = call_method(method, given_parameters(command, method_named(method)));
    if (!result) return interrupted("Nothing was changed.");
    if (a.output.json || a.output.quiet || !a.output.columns.empty()) {
        print_result(*result, {.id = "num"}, a.output);
    } else if (a.diff) {
        const auto* diff = result->at("diff").if_string();
        fmt::print("{}", indented(diff ? json::value(*diff) : json::value("")));
    } else {
        fmt::print("{}", whole(result->get_object()));
    }
    return code(Exit::ok);
}

void add_show(CLI::App& discussions, Command& chosen)
{
    auto* command =
        discussions.add_subcommand("show", "One discussion or pull request with all that was said");
    const auto a = std::make_shared<ShowArguments>();
    add_parameters(*command, method_named("get_discussion_details"),
                   {.positional = {"repo_id", "discussion_num"}, .required = 2});
    command->add_flag("--diff", a->diff, "The diff of a pull request in place of the texts");
    add_output_options(*command, std::shared_ptr<OutputOptions>(a, &a->output));
    command->callback([command, a, &chosen] { chosen = [command, a] { return show(*command, *a); }; });
}

// ---- the others -------------------------------------------------------------------------------------------

void add_status(CLI::App& discussions, Command& chosen, const std::string& name, const std::string& help,
                const std::string& status)
{
    add_method_command(discussions, chosen,
                       {.name = name,
                        .help = help,
                        .method = "change_discussion_status",
                        .positional = {"repo_id", "discussion_num"},
                        .required = 2,
                        .fixed = {{"new_status", status}},
                        .view = {.columns = {"new_status"}, .id = "id"}});
}

} // namespace

void add_discussions(CLI::App& app, Command& chosen)
{
    auto* discussions = app.add_subcommand("discussions", "Discussions and pull requests of a repo");
    discussions->require_subcommand(1);
    add_method_command(*discussions, chosen,
                       {.name = "list",
                        .help = "List them, newest first",
                        .method = "get_repo_discussions",
                        .positional = {"repo_id"},
                        .required = 1,
                        .view = rows});
    add_show(*discussions, chosen);
    add_method_command(*discussions, chosen,
                       {.name = "create",
                        .help = "Open a discussion or a draft pull request; prints its number",
                        .method = "create_discussion",
                        .positional = {"repo_id", "title"},
                        .required = 2,
                        .view = {.columns = {"num"}, .id = "num"},
                        .from_stdin = "description"});
    add_method_command(*discussions, chosen,
                       {.name = "comment",
                        .help = "Post a comment: a text, or - to read it from standard input; prints its id",
                        .method = "comment_discussion",
                        .positional = {"repo_id", "discussion_num", "comment"},
                        .required = 3,
                        .view = {.columns = {"id"}, .id = "id"},
                        .from_stdin = "comment"});
    add_method_command(*discussions, chosen,
                       {.name = "rename",
                        .help = "Give one a new title",
                        .method = "rename_discussion",
                        .positional = {"repo_id", "discussion_num", "new_title"},
                        .required = 3,
                        .view = {.columns = {"new_title"}, .id = "id"}});
    add_status(*discussions, chosen, "close", "Close one", "closed");
    add_status(*discussions, chosen, "reopen", "Open a closed one again; a draft becomes open", "open");
    add_method_command(*discussions, chosen,
                       {.name = "merge",
                        .help = "Merge a pull request",
                        .method = "merge_pull_request",
                        .positional = {"repo_id", "discussion_num"},
                        .required = 2,
                        .done = "Merged pull request {discussion_num} of {repo_id}."});
}

} // namespace hfasync::cli
