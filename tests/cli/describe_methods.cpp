// What `hfasync api --describe` prints.
#include "cli/describe_methods.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include <hfasync/error.hpp>

#include "cli/method_table.hpp"

using namespace hfasync;

namespace {

bool has_line(const std::string& text, const std::string& line)
{
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_describe_methods)

BOOST_AUTO_TEST_CASE(a_method_for_a_person)
{
    const auto text = cli::method_as_text("list_repo_refs");
    BOOST_TEST(text.starts_with("list_repo_refs: GitRefs\n"), text);
    BOOST_TEST(has_line(text, "  repo_id                string             required"), text);
    BOOST_TEST(has_line(text, "  include_pull_requests  boolean            default false"), text);
    BOOST_TEST(has_line(text, "  token                  string or boolean"), text);
    BOOST_TEST(has_line(text, "  branches       list of GitRefInfo"), text);
    BOOST_TEST(has_line(text, "GitRefInfo"), text);
    BOOST_TEST(cli::method_as_text("get_model_tags").find("no arguments") != std::string::npos);
    BOOST_TEST(cli::method_as_text("list_models").starts_with("list_models: list of ModelInfo\n"));
    BOOST_CHECK_THROW(cli::method_as_text("list_model"), ValueError);
}

BOOST_AUTO_TEST_CASE(names_are_those_that_json_has)
{
    const auto text = cli::method_as_text("create_repo");
    BOOST_TEST(text.find("  private  ") != std::string::npos, text);
    BOOST_TEST(text.find("private_") == std::string::npos, text);
    BOOST_TEST(text.find("list of SpaceEntry or null") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(bytes_and_operations_say_their_json)
{
    const auto text = cli::method_as_text("create_commit");
    BOOST_TEST(text.find(R"({"$add", "from"}, {"$delete"} or {"$copy", "to"})") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(all_methods_for_programs)
{
    const auto all = boost::json::parse(cli::methods_as_json()).as_array();
    BOOST_TEST(all.size() == cli::methods().size());
    for (const auto& method : all) {
        BOOST_TEST_CONTEXT(method.at("name"))
        {
            BOOST_TEST(!method.at("area").as_string().empty());
            BOOST_TEST(!method.at("result").at("type").as_string().empty());
            for (const auto& parameter : method.at("parameters").as_array())
                BOOST_TEST(!parameter.at("type").as_string().empty());
            // A type that nobody taught how to print would show as nothing.
            for (const auto& type : method.at("types").as_array())
                for (const auto& field : type.at("fields").as_array())
                    BOOST_TEST(!field.at("json").as_string().empty(), type.at("name")
                                                                          << " " << field.at("name"));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
