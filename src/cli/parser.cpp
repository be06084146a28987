#include "cli/parser.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/version.hpp>

#include "cli/progress_display.hpp"

namespace hfasync::cli {

namespace {

/// CLI11's own, with texts that are broken at the terminal's edge.
class HelpFormatter final : public CLI::Formatter {
public:
    HelpFormatter() { column_width(34); }

    std::string make_option_name(const CLI::Option* option, bool is_positional) const override
    {
        auto name = CLI::Formatter::make_option_name(option, is_positional);
        // "--x,--no-x{false}": the value is the parser's business.
        if (const auto brace = name.find("{false}"); brace != std::string::npos) name.erase(brace, 7);
        return name;
    }

    /// What excludes what is said when it happens.
    std::string make_option_opts(const CLI::Option* option) const override
    {
        if (option->get_type_size() == 0 || option->get_type_name().empty()) return {};
        auto type = option->get_type_name();
        if (const auto brace = type.find('{'); brace != std::string::npos) type.erase(0, brace);
        return " " + type.substr(0, type.find(':')) +
               (option->get_default_str().empty() ? "" : "=" + option->get_default_str()) +
               (option->get_expected_max() > 1 ? " ..." : "") +
               (option->get_required() ? " " + get_label("REQUIRED") : "");
    }

    /// A positional that has a flag too stands in its place only.
    std::string make_group(std::string group, bool is_positional,
                           std::vector<const CLI::Option*> options) const override
    {
        if (!is_positional)
            std::erase_if(options, [](const CLI::Option* option) { return option->get_positional(); });
        return options.empty() ? std::string() : CLI::Formatter::make_group(group, is_positional, options);
    }

    std::string make_option_desc(const CLI::Option* option) const override
    {
        return broken(option->get_description());
    }

    std::string make_subcommand(const CLI::App* command) const override
    {
        std::stringstream out;
        CLI::detail::format_help(out, command->get_display_name(true), broken(command->get_description()),
                                 get_column_width());
        return out.str();
    }

private:
    std::string broken(const std::string& text) const
    {
        const auto columns = std::min(ProgressDisplay::columns_of(stdout), 120u);
        const std::size_t width = columns > get_column_width() + 20 ? columns - get_column_width() - 1 : 20;
        std::string out, line;
        std::istringstream words(text);
        for (std::string word; words >> word;) {
            if (!line.empty() && line.size() + 1 + word.size() > width) {
                out += line + '\n';
                line.clear();
            }
            line += (line.empty() ? "" : " ") + word;
        }
        return out + line;
    }
};

/// Letters to change, add or leave out to make one of the other.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row.back();
}

/// The name of `command`'s subcommands or options that was most likely meant; empty when none is near.
std::string meant(const CLI::App& command, const std::string& word)
{
    std::vector<std::string> names;
    for (const auto* child : command.get_subcommands({}))
        names.push_back(child->get_name());
    for (const auto* option : command.get_options({}))
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    std::string best;
    auto least = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const auto& name : names)
        if (const auto d = distance(word, name); d < least) {
            least = d;
            best = name;
        }
    return best;
}

/// One line: what was not understood, and where to look.
std::string failure(const CLI::App* app, const CLI::Error& error)
{
    std::string path = "hfasync";
    const auto* command = app;
    while (command->remaining().empty() && !command->get_subcommands().empty()) {
        command = command->get_subcommands().back();
        path += " " + command->get_name();
    }
    std::string out = "hfasync: ";
    if (const auto words = command->remaining(); !words.empty()) {
        out += "'" + words.front() + "' is not understood";
        if (const auto name = meant(*command, words.front()); !name.empty())
            out += " (did you mean " + name + "?)";
    } else {
        out += error.what();
        std::ranges::replace(out, '\n', ' ');
    }
    return out + "; `" + path + " --help` lists what there is.\n";
}

} // namespace

std::unique_ptr<CLI::App> make_parser(Command& chosen)
{
    auto app =
        std::make_unique<CLI::App>("hfasync: an asynchronous client of the Hugging Face Hub", "hfasync");
    app->formatter(std::make_shared<HelpFormatter>());
    app->failure_message(failure);
    app->require_subcommand(1);
    app->set_version_flag("--version", HFASYNC_VERSION);
    for (auto* add : {add_download,   add_upload,      add_upload_large_folder,
                      add_watch,      add_auth,        add_whoami,
                      add_repo,       add_models,      add_datasets,
                      add_spaces,     add_discussions, add_cache,
                      add_api,        add_mirror,      add_env,
                      add_version,    add_emulator,    add_demo,
                      add_completion, add_man})
        add(*app, chosen);
    // Last: a subcommand inherits what is there when it is made.
    app->footer("A token is never an argument: log in with `hfasync auth login`, or set HF_TOKEN.\n"
                "Exit codes: 0 done, 1 failed, 2 command line not understood, 130 interrupted.");
    return app;
}

void complete(CLI::App& parser, Command& chosen)
{
    auto* api = parser.get_subcommand("api");
    add_methods(*api, chosen);
    for (auto* method : api->get_subcommands({}))
        add_method_options(*method);
}

} // namespace hfasync::cli
