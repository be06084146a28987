// `repo`, `models`, `datasets`, `spaces` and `discussions` against the embedded Hub.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

#include "cli/program_fixture.hpp"

namespace json = boost::json;
using namespace hfasync;
using namespace hfasync::tests;

BOOST_FIXTURE_TEST_SUITE(cli_method_commands, ProgramFixture)

BOOST_AUTO_TEST_CASE(repos_are_made_changed_moved_and_deleted)
{
    const auto made = run("repo create acme/new --private");
    BOOST_TEST(made.out == hub.endpoint() + "/acme/new\n", made.err);
    BOOST_TEST(run("repo create acme/new").status == 1);
    BOOST_TEST(run("repo create acme/new --exist-ok --json").out.starts_with("{\"url\":"));
    BOOST_TEST(contains(run("repo info acme/new").out, "private\ttrue\n"));
    BOOST_TEST(run("repo settings acme/new --no-private --gated auto").out ==
               "The settings of acme/new are changed.\n");
    const auto info = json::parse(run("models info acme/new --json").out);
    BOOST_TEST(info.at("private").as_bool() == false);
    BOOST_TEST(info.at("gated").as_string() == "auto");
    BOOST_TEST(run("repo move acme/new acme/other").out == "acme/new is acme/other now.\n");
    const auto unasked = run("repo delete acme/other");
    BOOST_TEST(unasked.status == 1);
    BOOST_TEST(contains(unasked.err, "--yes"), unasked.err);
    BOOST_TEST(run("repo delete acme/other --yes").out == "Deleted acme/other.\n");
    BOOST_TEST(run("repo info acme/other").status == 1);
    BOOST_TEST(run("repo delete acme/other --yes --missing-ok").status == 0);
    BOOST_TEST(run("repo create").status == 2);
    BOOST_TEST(run("repo create acme/x --repo-type planet").status == 1);
}

BOOST_AUTO_TEST_CASE(repos_are_listed_by_type)
{
    hub.seed_repo("acme/tiny", {{"a", "a"}});
    hub.seed_repo("acme/data", {{"a", "a"}}, RepoType::dataset);
    BOOST_TEST(run("repo list acme --quiet").out == "acme/tiny\n");
    BOOST_TEST(run("repo list acme --repo-type dataset --quiet").out == "acme/data\n");
    BOOST_TEST(run("repo list --quiet").out == ""); // of the user, who has none
    BOOST_TEST(run("repo list acme").out.starts_with("acme/tiny\tfalse\t0\t"));
    BOOST_TEST(run("datasets list --quiet --author acme").out == "acme/data\n");
    BOOST_TEST(run("models list --quiet --search tin").out == "acme/tiny\n");
    BOOST_TEST(run("models list --quiet --limit 0").out == "");
    BOOST_TEST(run("spaces list --quiet").out == "");
    BOOST_TEST(run("datasets info acme/data --columns id").out == "acme/data\n");
    BOOST_TEST(run("models list --limit x").status == 1);
}

BOOST_AUTO_TEST_CASE(branches_and_tags)
{
    const auto head = hub.seed_repo("acme/tiny", {{"a", "a"}});
    BOOST_TEST(run("repo branch create acme/tiny dev").out == "Created the branch dev of acme/tiny.\n");
    BOOST_TEST(run("repo tag create acme/tiny v1 --tag-message first").out ==
               "Created the tag v1 of acme/tiny.\n");
    BOOST_TEST(run("repo branch list acme/tiny --quiet").out == "main\ndev\n");
    BOOST_TEST(run("repo tag list acme/tiny").out == "v1\t" + head + "\trefs/tags/v1\n");
    BOOST_TEST(run("repo tag delete acme/tiny v1").status == 1);
    BOOST_TEST(run("repo tag delete acme/tiny v1 -y").status == 0);
    BOOST_TEST(run("repo tag list acme/tiny").out == "");
    BOOST_TEST(run("repo branch delete acme/tiny dev --yes --quiet").out == "");
    BOOST_TEST(run("repo branch list acme/tiny --quiet").out == "main\n");
}

BOOST_AUTO_TEST_CASE(files_and_commits)
{
    const auto head = hub.seed_repo("acme/tiny", {{"config.json", "{}"}, {"sub/x.txt", "xx"}});
    BOOST_TEST(contains(run("repo files acme/tiny").out, "config.json\n"));
    BOOST_TEST(contains(run("repo files acme/tiny").out, "sub/x.txt\n"));
    BOOST_TEST(run("repo tree acme/tiny sub --columns path,size").out == "sub/x.txt\t2\n");
    BOOST_TEST(contains(run("repo tree acme/tiny --recursive --quiet").out, "sub\nsub/x.txt\n"));
    BOOST_TEST(run("repo commits acme/tiny --quiet").out == head + "\n");
    const auto missing = run("repo files acme/missing");
    BOOST_TEST(missing.status == 1);
    BOOST_TEST(lines(missing.err) == 1u);
    BOOST_TEST(missing.err.starts_with("hfasync: RepositoryNotFoundError: "), missing.err);
}

BOOST_AUTO_TEST_CASE(discussions_from_the_first_word_to_the_merge)
{
    hub.seed_repo("acme/tiny", {{"a", "a"}});
    BOOST_TEST(run("discussions create acme/tiny 'A question' --description 'Line 1'").out == "1\n");
    write(home.path() / "text", "from\nstdin");
    BOOST_TEST(run("discussions comment acme/tiny 1 -", {}, (home.path() / "text").string()).status == 0);
    BOOST_TEST(run("discussions rename acme/tiny 1 'A better question'").out == "A better question\n");
    BOOST_TEST(run("discussions close acme/tiny 1 --comment done").out == "closed\n");
    const auto shown = run("discussions show acme/tiny 1");
    for (const auto* part : {"#1 A better question\nclosed discussion by hfasync\n", "    Line 1\n",
                             "    from\n    stdin\n", "made it closed"})
        BOOST_TEST(contains(shown.out, part), shown.out);
    BOOST_TEST(json::parse(run("discussions show acme/tiny 1 --json").out).at("events").as_array().size() >=
               4u);
    BOOST_TEST(run("discussions reopen acme/tiny 1").out == "open\n");

    BOOST_TEST(run("discussions create acme/tiny 'A change' --pull-request --quiet").out == "2\n");
    write(home.path() / "new.txt", "new");
    BOOST_TEST(run("upload acme/tiny " + (home.path() / "new.txt").string() + " --revision refs/pr/2 --quiet")
                   .status == 0);
    BOOST_TEST(run("discussions reopen acme/tiny 2").status == 0);
    BOOST_TEST(contains(run("discussions show acme/tiny 2 --diff").out, "+new"));
    BOOST_TEST(run("discussions merge acme/tiny 2").out == "Merged pull request 2 of acme/tiny.\n");
    BOOST_TEST(contains(run("repo files acme/tiny").out, "new.txt\n"));
    BOOST_TEST(run("discussions list acme/tiny --columns num,status,title").out ==
               "2\tmerged\tA change\n1\topen\tA better question\n");
    BOOST_TEST(run("discussions list acme/tiny --discussion-status open --quiet").out == "1\n");
}

BOOST_AUTO_TEST_CASE(a_token_is_no_option_of_any_command)
{
    for (const auto* command :
         {"repo create", "models list", "discussions list", "api whoami", "download", "upload"})
        BOOST_TEST(!contains(run(std::string(command) + " --help").out, "--token"));
}

BOOST_AUTO_TEST_CASE(env_and_version_say_no_secret)
{
    const auto env = run("env", "HTTPS_PROXY=http://me:secret@127.0.0.1:1");
    BOOST_TEST(env.status == 0, env.err);
    BOOST_TEST(contains(env.out, "endpoint\t" + hub.endpoint() + "\n"));
    BOOST_TEST(contains(env.out, "token\tHF_TOKEN\n"));
    BOOST_TEST(contains(env.out, "https_proxy\tset\n"));
    BOOST_TEST(!contains(env.out, hub.token()));
    BOOST_TEST(!contains(env.out, "secret"));
    BOOST_TEST(json::parse(run("env --json", "HF_TOKEN=").out).at("token").as_string() == "none");
    BOOST_TEST(run("version --quiet").out == run("--version").out);
    BOOST_TEST(contains(run("version").out, "boost\t1."));
}

BOOST_AUTO_TEST_SUITE_END()
