// What download, upload, upload-large-folder, watch and cache delete say with --json and --quiet.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

#include "cli/program_fixture.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace hfasync;
using namespace hfasync::tests;

namespace {

json::object object(const std::string& text)
{
    return json::parse(text).as_object();
}

std::string text(const json::object& from, const char* name)
{
    return std::string(from.at(name).as_string());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_transfer_output, ProgramFixture)

BOOST_AUTO_TEST_CASE(download_names_the_commit_and_the_path)
{
    hub.seed_repo("acme/rows", {{"a.csv", "1,2\n"}}, RepoType::dataset);
    const auto whole = run("download acme/rows --repo-type dataset --json --quiet");
    BOOST_REQUIRE(whole.status == 0);
    BOOST_TEST(whole.err == "");
    const auto told = object(whole.out);
    BOOST_TEST(text(told, "repo_id") == "acme/rows");
    BOOST_TEST(text(told, "repo_type") == "dataset");
    BOOST_TEST(fs::path(text(told, "path")).filename() == text(told, "commit_hash"));
    BOOST_TEST(content_of(fs::path(text(told, "path")) / "a.csv") == "1,2\n");
    const auto one = object(run("download acme/rows a.csv --repo-type dataset --json").out);
    BOOST_TEST(text(one, "commit_hash") == text(told, "commit_hash"));
    BOOST_TEST(text(one, "path") == text(told, "path") + "/a.csv");
    const auto there = (home.path() / "snapshots/there").string();
    const auto plain = object(run("download acme/rows --repo-type dataset --json --local-dir " + there).out);
    BOOST_TEST(text(plain, "path") == there);
    BOOST_TEST((!plain.contains("commit_hash") || plain.at("commit_hash").is_null()));
}

BOOST_AUTO_TEST_CASE(uploads_name_the_commit_or_the_repo)
{
    const auto folder = (home.path() / "folder").string();
    write(home.path() / "folder/a.txt", "a");
    const auto told = object(run("upload acme/new " + folder + " --json --commit-message hello").out);
    BOOST_TEST(text(told, "oid").size() == 40u);
    BOOST_TEST(text(told, "commit_message") == "hello");
    BOOST_TEST(text(told, "commit_url") == hub.endpoint() + "/acme/new/commit/" + text(told, "oid"));

    const auto url = hub.endpoint() + "/datasets/acme/large";
    const auto command = "upload-large-folder acme/large " + folder + " --repo-type dataset";
    const auto large = object(run(command + " --json").out);
    BOOST_TEST(text(large, "url") == url);
    BOOST_TEST(text(large, "folder") == folder);
    const auto again = run(command + " --quiet");
    BOOST_TEST(again.out == url + "\n");
    BOOST_TEST(again.err == "");
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_makes_no_repo)
{
    write(home.path() / "a.txt", "a");
    const auto file = (home.path() / "a.txt").string();
    const auto refused = run("upload acme/nothing " + file + " ../a.txt");
    BOOST_TEST(refused.status != 0);
    BOOST_TEST_CONTEXT(refused.err) BOOST_TEST(refused.err.find("path_in_repo") != std::string::npos);
    BOOST_TEST(run("repo files acme/nothing").status != 0);

    BOOST_TEST(run("upload acme/some " + file + " ./sub/a.txt").status == 0); // as the library takes it
    BOOST_TEST(run("repo files acme/some").out.find("sub/a.txt") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(watch_writes_a_line_a_push)
{
    write(home.path() / "folder/a.txt", "abc");
    const auto command = "watch --once " + (home.path() / "folder").string() + " acme/logs";
    const auto pushed = run(command + " --json");
    BOOST_REQUIRE(lines(pushed.out) == 1u);
    const auto told = object(pushed.out);
    BOOST_TEST(told.at("files").as_int64() == 1);
    BOOST_TEST(told.at("bytes").as_int64() == 3);
    BOOST_TEST(text(told.at("commit").as_object(), "oid").size() == 40u);
    write(home.path() / "folder/b.txt", "b");
    const auto quiet = run(command + " --quiet");
    BOOST_TEST(quiet.out.starts_with(hub.endpoint() + "/acme/logs/commit/"));
    BOOST_TEST(lines(quiet.out) == 1u);
    BOOST_TEST(quiet.err == "");
}

BOOST_AUTO_TEST_CASE(cache_delete_keeps_its_plan_out_of_the_result)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    BOOST_REQUIRE(run("download --quiet acme/tiny").status == 0);
    const auto asked = run("cache delete --json --repo acme/tiny");
    BOOST_TEST(asked.status == 1);
    BOOST_TEST(asked.out == "");
    BOOST_TEST(contains(asked.err, "--yes"), asked.err);
    const auto gone = run("cache delete --quiet --yes --repo acme/tiny");
    BOOST_TEST(gone.status == 0);
    BOOST_TEST(gone.err == "");
    BOOST_TEST(contains(gone.out, "models--acme--tiny"), gone.out);
}

BOOST_AUTO_TEST_SUITE_END()
