// `hfasync api METHOD` with flags: every method has them, and its help says what they mean.
#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <sstream>
#include <string>

#include "cli/method_description.hpp"
#include "cli/method_options.hpp"
#include "cli/method_table.hpp"
#include "cli/method_texts.hpp"
#include "cli/parser.hpp"
#include "cli/program_fixture.hpp"
#include "describe/flags.hpp"

namespace json = boost::json;
using namespace hfasync;
using namespace hfasync::tests;

BOOST_FIXTURE_TEST_SUITE(cli_api_flags, ProgramFixture)

BOOST_AUTO_TEST_CASE(flags_and_positionals_are_arguments)
{
    hub.seed_repo("acme/tiny", {{"config.json", "{}"}});
    BOOST_TEST(run("api list_repo_files acme/tiny").out.find("\"config.json\"") != std::string::npos);
    BOOST_TEST(run("api list_repo_files --repo-id acme/tiny").out ==
               run("api list_repo_files acme/tiny").out);
    const auto tree = json::parse(run("api list_repo_tree acme/tiny --recursive --expand").out).as_array();
    BOOST_TEST(!tree.back().at("last_commit").is_null());
    const auto paths = json::parse(run("api get_paths_info acme/tiny config.json nothing").out).as_array();
    BOOST_TEST(paths.size() == 1u);
    BOOST_TEST(
        json::parse(run("api model_info acme/tiny --expand likes --expand sha").out).at("likes").as_int64() ==
        0);
    // A flag goes before the same in --args.
    BOOST_TEST(contains(
        run("api repo_exists acme/tiny --args '{\"args\": {\"repo_id\": \"acme/none\"}}'").out, "true"));
    BOOST_TEST(run("api create_repo acme/p --private --repo-type dataset").status == 0);
    BOOST_TEST(contains(run("api dataset_info acme/p").out, "\"private\":true"));
    BOOST_TEST(run("api update_repo_settings acme/p --no-private --repo-type dataset").status == 0);
    BOOST_TEST(contains(run("api dataset_info acme/p").out, "\"private\":false"));
    write(home.path() / "new.txt", "new");
    const auto up = run("api upload_file " + (home.path() / "new.txt").string() + " new.txt acme/tiny");
    BOOST_TEST(up.status == 0, up.err);
    BOOST_TEST(run("api set_space_sleep_time acme/none --sleep-time -1").err.find("RepositoryNotFound") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused)
{
    const auto missing = run("api model_info");
    BOOST_TEST(missing.status == 1);
    BOOST_TEST(contains(missing.err, "`repo_id`"), missing.err);
    BOOST_TEST(run("api list_models --limit many").status == 1);
    BOOST_TEST(run("api list_models --nonsense 1").status == 2);
    BOOST_TEST(run("api no_such_method").status == 2);
    BOOST_TEST(run("api").status == 2);
    BOOST_TEST(run("api whoami --token x").status == 2);
    BOOST_TEST(hub.requests().empty());
}

BOOST_AUTO_TEST_CASE(all_108_are_listed)
{
    const auto names = run("api --list").out;
    BOOST_TEST(lines(names) == 108u);
    BOOST_TEST(contains(names, "run_as_future\n"));
    BOOST_TEST(contains(run("api --help").out, "super_squash_history"));
}

BOOST_AUTO_TEST_CASE(help_says_what_parameters_mean_and_what_is_deprecated)
{
    const auto help = run("api create_branch --help").out;
    BOOST_TEST(contains(help, "Makes a branch"), help);
    BOOST_TEST(contains(help, "where it starts"), help);
    BOOST_TEST(contains(help, "a branch that exists already is no error"), help);
    BOOST_TEST(contains(help, "Result: null"), help);
    BOOST_TEST(
        contains(run("api update_repo_visibility --help").out, "Deprecated: use update_repo_settings."));
    BOOST_TEST(contains(run("api get_token_permission --help").out, "Deprecated"));
}

// The texts are the headers': a parameter without one is one that the reference would not explain either.
BOOST_AUTO_TEST_CASE(every_method_and_every_parameter_has_a_text)
{
    for (const auto& [name, method] : cli::methods()) {
        BOOST_TEST(!cli::method_text(name).empty(), name);
        for (const auto& parameter : method.describe().parameters) {
            if (parameter.json.empty()) continue; // code only
            BOOST_TEST(!cli::parameter_text(parameter).empty(), name << ": " << parameter.name);
        }
    }
    BOOST_TEST(cli::method_text("no_such_method").empty());
}

BOOST_AUTO_TEST_CASE(every_parameter_but_the_token_is_a_flag)
{
    cli::Command chosen;
    const auto parser = cli::make_parser(chosen);
    cli::complete(*parser, chosen);
    cli::complete(*parser, chosen); // twice does no harm
    auto* api = parser->get_subcommand("api");
    BOOST_TEST(api->get_subcommands({}).size() == 108u);
    for (const auto& [name, method] : cli::methods()) {
        const auto* command = api->get_subcommand(std::string(name));
        std::set<std::string> flags;
        for (const auto& spec : method.flags())
            flags.insert(spec.field);
        for (const auto& parameter : method.describe().parameters) {
            if (parameter.json.empty()) continue;
            BOOST_TEST(flags.contains(parameter.name), name << ": " << parameter.name);
            const bool is_there = command->get_option_no_throw(detail::flag_name(parameter.name)) != nullptr;
            BOOST_TEST(is_there == (parameter.name != "token"), name << ": " << parameter.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_call_in_the_background)
{
    hub.seed_repo("acme/tiny", {{"config.json", "{}"}});
    for (const auto* call : {R"({"method": "repo_exists", "args": {"repo_id": "acme/tiny"}})",
                             R"({"args": {"method": "repo_exists", "args": {"repo_id": "acme/tiny"}}})"}) {
        write(home.path() / "call", call);
        const auto result = run("api run_as_future --args -", {}, (home.path() / "call").string());
        BOOST_TEST(result.out == "true\n", result.err);
    }
    BOOST_TEST(run(R"(api run_as_future --args '{"method": "whoami"}')").out.find("\"hfasync\"") !=
               std::string::npos);
    const auto failed =
        run(R"(api run_as_future --args '{"method": "model_info", "args": {"repo_id": "acme/no"}}')");
    BOOST_TEST(failed.status == 1);
    BOOST_TEST(contains(failed.err, "RepositoryNotFoundError"), failed.err);
    for (const auto* call : {"{}", "[]", "nonsense", R"({"method": "no_such"})", R"({"method": 1})",
                             R"({"method": "whoami", "args": []})", R"({"method": "whoami", "x": 1})"})
        BOOST_TEST(run("api run_as_future --args '" + std::string(call) + "'").status == 1, call);
}

BOOST_AUTO_TEST_SUITE_END()
