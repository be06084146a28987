// `hfasync api METHOD --args -`: one method of HfApi with JSON in and JSON out.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include <hfasync/hub.hpp>

#include "cli/commands.hpp"
#include "cli/describe_methods.hpp"
#include "cli/method_table.hpp"

namespace hfasync::cli {

namespace {

struct ApiOptions {
    std::string method;
    std::string args = "{}";
    bool list = false;
    bool describe = false;
};

int list_methods()
{
    for (const auto& [name, method] : methods())
        std::cout << name << '\n';
    return 0;
}

int run_api(const ApiOptions& options)
{
    try {
        if (options.describe) {
            std::cout << (options.method.empty() ? methods_as_json() + '\n' : method_as_text(options.method));
            return 0;
        }
        auto call = parse_call(options.args == "-" ? std::string(std::istreambuf_iterator<char>(std::cin),
                                                                 std::istreambuf_iterator<char>())
                                                   : options.args);
        auto hub_options = with_client(HubOptions::from_env(), call.client);
        hub_options.on_warning = [](const std::string& text) {
            std::cerr << "hfasync: warning: " << text << std::endl;
        };
        Hub hub(std::move(hub_options));
        const auto result = hub.block_on(run_call(hub, options.method, std::move(call)));
        std::cout << boost::json::serialize(result) << std::endl;
        return 0;
    } catch (...) {
        std::cerr << boost::json::serialize(describe_current_exception()) << std::endl;
        return 1;
    }
}

} // namespace

void add_api(CLI::App& app, Command& chosen)
{
    auto options = std::make_shared<ApiOptions>();
    auto* command = app.add_subcommand("api", "Call a method of HfApi with JSON");
    auto* name = command->add_option("method", options->method, "The method's name");
    command->add_option(
        "--args", options->args,
        "{\"args\": {...}, \"client\": {...}, \"then\": {...}} as JSON, or - to read it from standard input");
    command->add_flag("--list", options->list, "Print the names of all methods")->excludes(name);
    command->add_flag("--describe", options->describe,
                      "Print what the method takes and gives; without a method, all of them as JSON");
    command->callback([options, &chosen] {
        if (!options->list && !options->describe && options->method.empty())
            throw CLI::RequiredError("method");
        chosen = [options] { return options->list ? list_methods() : run_api(*options); };
    });
}

} // namespace hfasync::cli
