#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <string_view>

namespace hfasync::cli {

namespace {

/// "{model,dataset}" within "TEXT:{model,dataset}".
std::vector<std::string> choices_of(const std::string& type)
{
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    std::vector<std::string> out;
    if (open == std::string::npos || close == std::string::npos) return out;
    for (auto at = open + 1; at < close;) {
        const auto end = std::min(type.find(',', at), close);
        out.push_back(type.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

OptionEntry entry_of(const CLI::Option& option)
{
    OptionEntry entry;
    for (const auto& name : option.get_snames())
        entry.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        entry.names.push_back("--" + name);
    entry.positional = option.get_name(true);
    if (option.get_items_expected_max() > 0) {
        entry.type = option.get_type_name();
        if (entry.type.empty()) entry.type = "TEXT";
        entry.choices = choices_of(entry.type);
    }
    entry.help = option.get_description();
    entry.required = option.get_required();
    entry.repeated = option.get_expected_max() > 1;
    return entry;
}

void append(std::vector<CommandEntry>& out, const CLI::App& app, const std::string& path)
{
    CommandEntry entry{.path = path, .help = app.get_description(), .footer = app.get_footer()};
    for (const auto* option : app.get_options({}))
        if (!option->get_group().empty()) entry.options.push_back(entry_of(*option));
    const auto children =
        app.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); });
    for (const auto* child : children)
        entry.subcommands.emplace_back(child->get_name(), child->get_description());
    out.push_back(std::move(entry));
    for (const auto* child : children)
        append(out, *child, path.empty() ? child->get_name() : path + " " + child->get_name());
}

} // namespace

std::vector<CommandEntry> command_tree(const CLI::App& parser)
{
    std::vector<CommandEntry> out;
    append(out, parser, "");
    return out;
}

} // namespace hfasync::cli
