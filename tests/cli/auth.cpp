// `hfasync auth`: what it keeps, what it says, and that no token is seen.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

#include "cli/program_fixture.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace hfasync;
using namespace hfasync::tests;

namespace {

const std::string ann = "hf_" + std::string(30, 'a') + "nnnn";
const std::string laptop = "hf_" + std::string(30, 'l') + "tttt";

struct Fixture : ProgramFixture {
    Fixture() : ProgramFixture(with_ann()) {}
    static emulator::Options with_ann()
    {
        emulator::Account account;
        account.name = "ann";
        account.tokens = {{.token = ann, .name = "desk"},
                          {.token = laptop, .name = "laptop", .role = "read"}};
        emulator::Options options;
        options.accounts.push_back(std::move(account));
        return options;
    }
    Run auth(const std::string& arguments, const std::string& environment = {})
    {
        return run("auth " + arguments, "HF_TOKEN= " + environment);
    }
    Run login(const std::string& token, const std::string& arguments = {})
    {
        write(home.path() / "in", token);
        return run("auth login " + arguments, "HF_TOKEN=", (home.path() / "in").string());
    }
    std::string token_file() const { return content_of(hf_home() / "token"); }
    std::string stored_file() const { return content_of(hf_home() / "stored_tokens"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_auth, Fixture)

BOOST_AUTO_TEST_CASE(login_keeps_the_token_under_the_hubs_name_and_shows_it_nowhere)
{
    const auto result = login(ann + "\n");
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(result.out.starts_with("Logged in as ann; the token 'desk' (write) is kept in "), result.out);
    BOOST_TEST(!contains(result.out + result.err, ann));
    BOOST_TEST(token_file() == ann);
    BOOST_TEST(stored_file() == "[desk]\nhf_token = " + ann + "\n\n");
    BOOST_TEST((fs::status(hf_home() / "token").permissions() == fs::perms(0600)));
    BOOST_TEST(auth("whoami").out == "ann\nendpoint: " + hub.endpoint() + "\n");
    BOOST_TEST(run("whoami --quiet", "HF_TOKEN=").out == "ann\n");
    BOOST_TEST(login(laptop, "--quiet --name 'my phone'").out == "");
    BOOST_TEST(token_file() == laptop);
    BOOST_TEST(contains(stored_file(), "[my phone]\n"));
}

BOOST_AUTO_TEST_CASE(a_token_that_the_hub_does_not_know_is_not_kept)
{
    const auto result = login("hf_wrong");
    BOOST_TEST(result.status == 1);
    BOOST_TEST(contains(result.err, "/settings/tokens"), result.err);
    BOOST_TEST(!contains(result.err, "hf_wrong"));
    BOOST_TEST(login("").status == 1);
    BOOST_TEST(login("two words").status == 1);
    BOOST_TEST(login("api_org_x").status == 1);
    BOOST_TEST(login(ann, "--name 'a]b'").status == 1);
    BOOST_TEST(!fs::exists(hf_home() / "token"));
    BOOST_TEST(!fs::exists(hf_home() / "stored_tokens"));
    BOOST_TEST(run("auth login " + ann).status == 2); // never an argument
}

BOOST_AUTO_TEST_CASE(a_variable_may_hold_it)
{
    BOOST_TEST(auth("login --env MINE --name x", "MINE=" + ann).status == 0);
    BOOST_TEST(token_file() == ann);
    BOOST_TEST(contains(auth("login --env NOT_SET").err, "NOT_SET"));
    const auto shadowed = run("auth switch x");
    BOOST_TEST(contains(shadowed.err, "HF_TOKEN is set"), shadowed.err);
}

BOOST_AUTO_TEST_CASE(tokens_are_listed_and_switched)
{
    BOOST_TEST(contains(auth("list").err, "No token is stored"));
    login(ann);
    login(laptop);
    BOOST_TEST(auth("list").out == "desk\tfalse\thf_****nnnn\nlaptop\ttrue\thf_****tttt\n");
    BOOST_TEST(auth("list --quiet").out == "desk\nlaptop\n");
    const auto all = json::parse(auth("list --json").out).as_array();
    BOOST_TEST(all.size() == 2u);
    BOOST_TEST(all[1].at("active").as_bool());
    BOOST_TEST(auth("list --columns active").out == "false\ntrue\n");
    BOOST_TEST(auth("switch desk").out == "The active token is 'desk'.\n");
    BOOST_TEST(token_file() == ann);
    const auto unknown = auth("switch phone");
    BOOST_TEST(unknown.status == 1);
    BOOST_TEST(contains(unknown.err, "there are: desk, laptop"), unknown.err);
    BOOST_TEST(auth("switch").status == 1);
}

BOOST_AUTO_TEST_CASE(logout_forgets_one_or_all)
{
    login(ann);
    login(laptop);
    BOOST_TEST(auth("logout desk").out == "Forgot the token 'desk'.\n");
    BOOST_TEST(token_file() == laptop);
    BOOST_TEST(auth("logout desk").status == 1);
    BOOST_TEST(auth("logout").out == "Forgot all tokens.\n");
    BOOST_TEST(!fs::exists(hf_home() / "token"));
    BOOST_TEST(auth("logout").out == "There was no token to forget.\n");
    BOOST_TEST(auth("whoami").status == 1);
}

BOOST_AUTO_TEST_CASE(the_files_are_where_the_variables_say)
{
    write(home.path() / "in", ann);
    const auto files = "HF_TOKEN= HF_TOKEN_PATH=" + (home.path() / "x/t").string() +
                       " HF_STORED_TOKENS_PATH=" + (home.path() / "y/s").string();
    BOOST_TEST(run("auth login", files, (home.path() / "in").string()).status == 0);
    BOOST_TEST(content_of(home.path() / "x/t") == ann);
    BOOST_TEST(contains(content_of(home.path() / "y/s"), "[desk]"));
    BOOST_TEST(run("auth list --quiet", files).out == "desk\n");
    BOOST_TEST(contains(run("env", files).out, "token_name\tdesk\n"));
}

// What Python reads of it, by the module that huggingface_hub uses.
BOOST_AUTO_TEST_CASE(python_reads_and_writes_the_same_file)
{
    login(ann);
    login(laptop, "--name 'ü 1'");
    write(home.path() / "read.py", "import configparser, sys\n"
                                   "c = configparser.ConfigParser()\n"
                                   "c.read(sys.argv[1], encoding='utf-8')\n"
                                   "print({name: c.get(name, 'hf_token') for name in c.sections()})\n"
                                   "c.add_section('added')\n"
                                   "c.set('added', 'hf_token', 'hf_added')\n"
                                   "c.write(open(sys.argv[1], 'w', encoding='utf-8'))\n");
    const auto seen =
        shell("python3 " + (home.path() / "read.py").string() + " " + (hf_home() / "stored_tokens").string(),
              "PYTHONIOENCODING=utf-8");
    BOOST_TEST(seen.out == "{'desk': '" + ann + "', 'ü 1': '" + laptop + "'}\n", seen.err);
    BOOST_TEST(auth("list --quiet").out == "added\ndesk\nü 1\n");
}

BOOST_AUTO_TEST_CASE(who_has_no_token_is_told_how_to_get_one)
{
    const auto none = run("whoami", "HF_TOKEN=");
    BOOST_TEST(none.status == 1);
    BOOST_TEST(contains(none.err, "`hfasync auth login`"), none.err);
}

BOOST_AUTO_TEST_SUITE_END()
