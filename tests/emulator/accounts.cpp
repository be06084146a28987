#include <fstream>

#include <boost/test/unit_test.hpp>

#include <hfasync/emulator/accounts.hpp>
#include <hfasync/error.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

std::filesystem::path users_file(const std::string& text)
{
    const auto path =
        std::filesystem::temp_directory_path() / ("hfasync-users-" + std::to_string(::getpid()) + ".json");
    std::ofstream(path) << text;
    return path;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_accounts)

BOOST_FIXTURE_TEST_CASE(whoami_tells_user_organisations_and_role, HubFixture)
{
    const auto response = ask("GET", "/api/whoami-v2", ann_reads);
    BOOST_TEST_REQUIRE(response.status == 200);
    BOOST_TEST(!response.header("x-request-id").empty());
    const auto who = json(response);
    BOOST_TEST(who.at("name").as_string() == "ann");
    BOOST_TEST(who.at("fullname").as_string() == "Ann Example");
    BOOST_TEST(who.at("type").as_string() == "user");
    BOOST_TEST(who.at("orgs").at(0).at("name").as_string() == "acme");
    BOOST_TEST(who.at("orgs").at(0).at("roleInOrg").as_string() == "admin");
    BOOST_TEST(who.at("auth").at("accessToken").at("role").as_string() == "read");
}

BOOST_FIXTURE_TEST_CASE(unknown_tokens_are_401_everywhere, HubFixture)
{
    const Headers wrong{{"Authorization", "Bearer hf_nobody"}};
    for (const char* target : {"/api/whoami-v2", "/api/models", "/api/models/acme/tiny"}) {
        const auto response = ask("GET", target, wrong);
        BOOST_TEST(response.status == 401);
        BOOST_TEST(response.header("x-error-message") == "Invalid credentials in Authorization header");
    }
    BOOST_TEST(ask("GET", "/api/whoami-v2", nobody).status == 401);
}

BOOST_AUTO_TEST_CASE(users_file_is_read)
{
    const auto accounts = emulator::load_accounts(users_file(
        R"({"organizations": [{"name": "globex", "full_name": "Globex"}],
            "users": [{"name": "jo", "full_name": "Jo Doe", "email": "jo@example.org", "pro": true,
                       "tokens": ["hf_a", {"token": "hf_b", "name": "ci", "role": "read"}],
                       "organizations": ["globex", {"name": "acme", "role": "read"}]}]})"));
    BOOST_TEST_REQUIRE(accounts.size() == 3u);
    BOOST_TEST(accounts[0].name == "jo");
    BOOST_TEST(accounts[0].is_pro);
    BOOST_TEST(accounts[0].tokens[1].role == "read");
    BOOST_TEST(accounts[0].memberships[1].role == "read");
    BOOST_TEST(accounts[1].is_organization);
    BOOST_TEST(accounts[1].full_name == "Globex");
    BOOST_TEST(accounts[2].name == "acme"); // only named
}

BOOST_AUTO_TEST_CASE(broken_users_files_say_where)
{
    const auto message = [](const std::string& text) {
        try {
            emulator::load_accounts(users_file(text));
        } catch (const ValueError& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    BOOST_TEST(message("{").find("is no JSON") != std::string::npos);
    BOOST_TEST(message("[]").find("names no user") != std::string::npos);
    BOOST_TEST(message(R"([{"full_name": "x"}])").find("has no name") != std::string::npos);
    BOOST_TEST(message(R"([{"name": "x", "tokn": "y"}])").find("[0].tokn") != std::string::npos);
    BOOST_TEST(message(R"([{"name": "x", "tokens": [{"token": "y", "role": "god"}]}])").find("role") !=
               std::string::npos);
    BOOST_CHECK_THROW(emulator::load_accounts("/nonexistent/users.json"), OSError);
}

BOOST_AUTO_TEST_SUITE_END()
