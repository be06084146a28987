// `hfasync api METHOD`: any method of HfApi, with flags or JSON in and JSON out.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <hfasync/hub.hpp>
#include <hfasync/json.hpp>

#include "cli/commands.hpp"
#include "cli/describe_methods.hpp"
#include "cli/method_description.hpp"
#include "cli/method_options.hpp"
#include "cli/method_table.hpp"
#include "cli/method_texts.hpp"
#include "describe/flags.hpp"

namespace hfasync::cli {

namespace json = boost::json;

namespace {

constexpr std::string_view background = "run_as_future";

struct ApiOptions {
    std::string args;
    bool list = false;
    bool describe = false;
};

int list_methods()
{
    for (const auto& [name, method] : methods())
        std::cout << name << '\n';
    std::cout << background << '\n';
    return 0;
}

int describe(const std::string& method)
{
    std::cout << (method.empty() ? methods_as_json() + '\n' : method_as_text(method));
    return 0;
}

std::string text_of(const std::string& args)
{
    if (args != "-") return args.empty() ? "{}" : args;
    return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

/// {"args": {"method", "args"}}, or {"method", "args"} as it stands in a program.
ApiCall background_call(const std::string& text)
{
    const auto value = Json::parse(text);
    const auto* object = value.value().if_object();
    if (object && object->contains("method")) return {.args = *object, .client = {}, .then = {}};
    return parse_call(text);
}

/// Runs `call` with what came as JSON and prints its result; a failure is a line of JSON.
template <class F>
int print_outcome(F&& call)
{
    try {
        std::cout << json::serialize(call()) << std::endl;
        return 0;
    } catch (...) {
        std::cerr << json::serialize(describe_current_exception()) << std::endl;
        return 1;
    }
}

Hub make_hub(const json::object& client)
{
    auto options = with_client(HubOptions::from_env(), client);
    options.on_warning = [](const std::string& text) {
        std::cerr << "hfasync: warning: " << text << std::endl;
    };
    return Hub(std::move(options));
}

int run_method(const CLI::App& command, const ApiOptions& options)
{
    return print_outcome([&] {
        const auto name = command.get_name();
        auto call = parse_call(text_of(options.args));
        for (auto& [key, value] : given_parameters(command, method_named(name)))
            call.args.insert_or_assign(key, std::move(value)); // a flag goes before the same in --args
        auto hub = make_hub(call.client);
        return hub.block_on(run_call(hub, name, std::move(call)));
    });
}

int run_background(const ApiOptions& options)
{
    return print_outcome([&] {
        const auto call = background_call(text_of(options.args));
        return run_in_background(make_hub(call.client), call.args);
    });
}

constexpr const char* args_help =
    "{\"args\": {...}, \"client\": {...}, \"then\": {...}} as JSON, or - to read it from standard input";

void add_run_as_future(CLI::App& api, Command& chosen)
{
    auto* command = api.add_subcommand(
        std::string(background),
        "Makes the call {\"method\": NAME, \"args\": {...}} in the background and waits for its result");
    const auto options = std::make_shared<ApiOptions>();
    command->add_option("--args", options->args, args_help)->type_name("JSON");
    command->callback([&chosen, options] { chosen = [options] { return run_background(*options); }; });
    command->group("hub");
}

std::string summary(std::string_view method)
{
    std::string text(method_summary(method));
    if (const auto why = method_deprecation(method); !why.empty())
        text.insert(0, "Deprecated (" + std::string(why) + "). ");
    return text;
}

void add_method(CLI::App& api, Command& chosen, const Method& method)
{
    auto* command = api.add_subcommand(std::string(method.name), summary(method.name));
    command->group(method.describe().area);
    const auto options = std::make_shared<ApiOptions>();
    // Filled when it is the one that is wanted: all options of all methods would cost every start a few ms.
    command->preparse_callback([command](std::size_t) { add_method_options(*command); });
    command->add_option("--args", options->args, args_help)->type_name("JSON");
    command->add_flag("--describe", options->describe, "Print what the method takes and returns");
    command->callback([command, options, &chosen] {
        chosen = [command, options] {
            return options->describe ? describe(command->get_name()) : run_method(*command, *options);
        };
    });
}

} // namespace

void add_method_options(CLI::App& command)
{
    const auto found = methods().find(command.get_name());
    if (found == methods().end()) return;
    const auto& method = found->second;
    const auto specs = method.flags();
    if (!specs.empty() && command.get_option_no_throw(specs.front().flag) != nullptr) return; // it has them
    add_parameters(command, method, {.positional = leading_parameters(method)});
    std::string text(method_text(method.name));
    if (const auto why = method_deprecation(method.name); !why.empty())
        text.insert(0, "Deprecated: " + std::string(why) + ".\n");
    command.description(text);
    const auto result = method.describe().result;
    command.footer(std::string("Result: ") + (result.listing ? "list of " : "") + result.json +
                   "\n`hfasync api " + command.get_name() + " --describe` prints the fields of its types.");
}

void add_methods(CLI::App& api, Command& chosen)
{
    if (!api.get_subcommands({}).empty()) return;
    for (const auto& [name, method] : methods())
        add_method(api, chosen, method);
    add_run_as_future(api, chosen);
}

void add_api(CLI::App& app, Command& chosen)
{
    auto options = std::make_shared<ApiOptions>();
    auto* command = app.add_subcommand("api", "Call a method of HfApi: flags or JSON in, JSON out");
    command->add_flag("--list", options->list, "Print the names of all methods");
    command->add_flag("--describe", options->describe, "Print what all methods take and return, as JSON");
    command->require_subcommand(0, 1);
    command->preparse_callback([command, &chosen](std::size_t) { add_methods(*command, chosen); });
    command->callback([command, options, &chosen] {
        if (!command->get_subcommands().empty()) return;
        if (!options->list && !options->describe) throw CLI::RequiredError("method");
        chosen = [options] { return options->list ? list_methods() : describe({}); };
    });
}

} // namespace hfasync::cli
