#include "cli/method_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include <hfasync/hub.hpp>

#include "cli/method_options.hpp"
#include "cli/method_table.hpp"
#include "cli/run.hpp"
#include "describe/print.hpp"

namespace hfasync::cli {

namespace json = boost::json;

namespace {

struct State {
    MethodCommand command;
    OutputOptions output;
    bool yes = false;
};

/// "Deleted {repo_id}." with the arguments in place of their names.
std::string filled(const std::string& text, const json::object& args)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto open = text.find('{', at);
        const auto close = text.find('}', open);
        out += text.substr(at, open - at);
        if (close == std::string::npos) break;
        if (const auto* value = args.if_contains(text.substr(open + 1, close - open - 1)))
            out += detail::print_json(*value);
        at = close + 1;
    }
    return out;
}

json::object arguments_of(const CLI::App& parsed, const MethodCommand& command)
{
    auto args = given_parameters(parsed, method_named(command.method));
    for (const auto& [key, value] : command.fixed)
        args.insert_or_assign(key, value);
    for (const auto& [key, value] : command.defaults)
        args.emplace(key, value); // nothing when it is there
    auto* text = command.from_stdin.empty() ? nullptr : args.if_contains(command.from_stdin);
    if (text && text->is_string() && text->get_string() == "-")
        *text = std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
    return args;
}

int run(const CLI::App& parsed, const State& state)
{
    const auto& command = state.command;
    auto args = arguments_of(parsed, command);
    if (!command.question.empty() && !state.yes && !confirmed(filled(command.question, args))) {
        fmt::print(stderr, "Nothing was done.\n");
        return code(Exit::ok);
    }
    const auto done = filled(command.done, args);
    auto result = call_method(command.method, std::move(args));
    if (!result) return interrupted("Check what the Hub has before you repeat it.");
    if (command.shape) result = command.shape(std::move(*result));
    if (result->is_null() && !state.output.json) {
        if (!state.output.quiet && !done.empty()) fmt::print("{}\n", done);
        return code(Exit::ok);
    }
    print_result(*result, command.view, state.output);
    return code(Exit::ok);
}

} // namespace

std::optional<json::value> call_method(const std::string& name, json::object args)
{
    auto options = HubOptions::from_env();
    options.on_warning = [](const std::string& text) { fmt::print(stderr, "hfasync: warning: {}\n", text); };
    Hub hub(std::move(options));
    auto returned = run_interruptible(hub, method_named(name).call(HfApi(hub), std::move(args)));
    if (!returned) return std::nullopt;
    return std::move(returned->value);
}

void add_method_command(CLI::App& parent, Command& chosen, MethodCommand command)
{
    auto* parsed = parent.add_subcommand(command.name, command.help);
    ParameterRules rules{.positional = command.positional, .required = command.required};
    for (const auto& [key, value] : command.fixed)
        rules.hidden.emplace_back(key);
    add_parameters(*parsed, method_named(command.method), rules);
    const auto state = std::make_shared<State>(State{.command = std::move(command), .output = {}});
    // The output's options live as long as what the parser holds.
    add_output_options(*parsed, std::shared_ptr<OutputOptions>(state, &state->output));
    if (!state->command.question.empty()) parsed->add_flag("-y,--yes", state->yes, "Do not ask");
    parsed->callback([parsed, state, &chosen] { chosen = [parsed, state] { return run(*parsed, *state); }; });
}

} // namespace hfasync::cli
