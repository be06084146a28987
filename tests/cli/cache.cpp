// `hfasync cache` as a user runs it.
// ctest: timeout=300
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>

#include <hfasync/emulator/emulator.hpp>

#include "cli/cache_tables.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace hfasync;

namespace {

struct Run {
    int status = -1;
    std::string out, err;
};

std::string content_of(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// A cache with acme/tiny at two revisions (main and a detached one) and the dataset acme/rows.
struct Fixture {
    emulator::Emulator hub;
    tests::TempFolder home;
    std::string old_commit, new_commit;
    fs::path repo = home.path() / "hf/hub/models--acme--tiny";

    Fixture()
    {
        old_commit = hub.seed_repo("acme/tiny", {{"config.json", "{}"}, {"a.txt", "a"}});
        hub.seed_repo("acme/rows", {{"a.csv", "1\n"}}, RepoType::dataset);
        BOOST_REQUIRE(run("download acme/tiny --quiet").status == 0);
        BOOST_REQUIRE(run("download acme/rows --repo-type dataset --quiet").status == 0);
        std::ofstream(home.path() / "more.txt") << "more";
        const auto up = run("upload acme/tiny " + (home.path() / "more.txt").string() + " --quiet");
        BOOST_REQUIRE_MESSAGE(up.status == 0, up.err);
        BOOST_REQUIRE(run("download acme/tiny --quiet").status == 0);
        new_commit = content_of(repo / "refs/main");
    }
    Run run(const std::string& arguments)
    {
        const auto out = home.path() / "out";
        const auto err = home.path() / "err";
        const auto command =
            "env -u HF_HUB_OFFLINE -u HF_HUB_CACHE HFASYNC_MAX_RETRIES=0 HF_ENDPOINT=" + hub.endpoint() +
            " HF_TOKEN=" + hub.token() + " HF_HOME=" + (home.path() / "hf").string() +
            " timeout 60 " HFASYNC_TEST_BIN_DIR "/hfasync " + arguments + " >" + out.string() + " 2>" +
            err.string() + " </dev/null";
        const int status = std::system(command.c_str());
        return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                .out = content_of(out),
                .err = content_of(err)};
    }
    bool cached(const std::string& commit) const { return fs::exists(repo / "snapshots" / commit); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_cache, Fixture)

BOOST_AUTO_TEST_CASE(scan_lists_repos_and_revisions)
{
    auto result = run("cache scan");
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(result.out.starts_with("REPO ID"));
    BOOST_TEST(has(result.out, "acme/tiny"));
    BOOST_TEST(has(result.out, "Scanned 2 repo(s) for a total of 9.0."));
    BOOST_TEST(result.err == "");
    result = run("cache scan -v");
    BOOST_TEST(has(result.out, old_commit));
    BOOST_TEST(has(result.out, "(detached)"));
    result = run("cache scan --quiet");
    BOOST_TEST(std::count(result.out.begin(), result.out.end(), '\n') == 2);
    BOOST_TEST(result.out.ends_with("acme/tiny\n"));
    BOOST_TEST(has(run("cache scan -v --quiet").out, old_commit + "\n"));
    result = run("cache scan --json");
    const auto info = json::parse(result.out);
    BOOST_TEST(info.at("size_on_disk").to_number<int>() == 9);
    BOOST_TEST(info.at("repos").at(1).at("repo_id").as_string() == "acme/tiny");
    BOOST_TEST(info.at("repos").at(1).at("revisions").as_array().size() == 2u);
    std::ofstream(home.path() / "hf/hub/stray") << "x";
    BOOST_TEST(has(run("cache scan").err, "1 warning"));
    BOOST_TEST(has(run("cache scan -v").err, "Repo path is not a directory"));
    result = run("cache scan --dir " + (home.path() / "none").string());
    BOOST_TEST(result.status == 1);
    BOOST_TEST(has(result.err, "Cache directory not found"));
    BOOST_TEST(run("cache").status == 2);
}

BOOST_AUTO_TEST_CASE(delete_asks_first)
{
    auto result = run("cache delete " + old_commit);
    BOOST_TEST(result.status == 1);
    BOOST_TEST(has(result.err, "--yes"));
    BOOST_TEST(cached(old_commit));
    result = run("cache delete --dry-run " + old_commit.substr(0, 8));
    BOOST_TEST(result.status == 0);
    BOOST_TEST(has(result.out, "1 revision(s), 0 repo(s), 0 blob(s): 0 B."));
    BOOST_TEST(cached(old_commit));
    result = run("cache delete --yes " + old_commit.substr(0, 8));
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(!cached(old_commit));
    BOOST_TEST(cached(new_commit));
    BOOST_TEST(run("cache verify --quiet").status == 0);
}

BOOST_AUTO_TEST_CASE(delete_selects_by_repo_ref_and_detached)
{
    BOOST_TEST(run("cache delete --yes").status == 1);
    BOOST_TEST(run("cache delete --yes " + std::string(40, '0')).status == 1);
    BOOST_TEST(run("cache delete --yes main").status == 1); // of which repo?
    BOOST_TEST(run("cache delete --yes --repo acme/none").status == 1);
    BOOST_TEST(run("cache delete --yes --repo acme/tiny --repo-type dataset").status == 1);
    BOOST_TEST(cached(new_commit));
    const auto plan = json::parse(run("cache delete --dry-run --json --repo acme/tiny main").out);
    BOOST_TEST(plan.at("revisions").at(0).as_string() == new_commit);
    BOOST_TEST(plan.at("blobs").as_array().size() == 1u);
    BOOST_TEST(plan.at("expected_freed_size").to_number<int>() == 4);
    BOOST_TEST(run("cache delete --yes --detached").status == 0);
    BOOST_TEST(!cached(old_commit));
    BOOST_TEST(cached(new_commit));
    BOOST_TEST(run("cache delete --yes --repo acme/tiny").status == 0);
    BOOST_TEST(!fs::exists(repo));
    BOOST_TEST(fs::exists(home.path() / "hf/hub/datasets--acme--rows"));
}

BOOST_AUTO_TEST_CASE(verify_tells_what_is_wrong_by_its_exit_code)
{
    auto result = run("cache verify --quiet");
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(has(result.out, "4 ok, 0 mismatch, 0 missing, 0 unknown; 9 B hashed."));
    const auto blob = fs::canonical(repo / "snapshots" / new_commit / "a.txt");
    std::ofstream(blob) << "b";
    result = run("cache verify acme/tiny --quiet");
    BOOST_TEST(result.status == 1);
    BOOST_TEST(has(result.out, "mismatch"));
    BOOST_TEST(has(result.out, blob.string()));
    BOOST_TEST(run("cache verify acme/rows --quiet").status == 0);
    BOOST_TEST(run("cache verify acme/none --quiet").status == 1);
    const auto found = json::parse(run("cache verify --json --quiet --delete-bad").out);
    bool deleted = false;
    for (const auto& file : found.at("files").as_array())
        deleted = deleted || (file.at("state").as_string() == "mismatch" && file.at("deleted").as_bool());
    BOOST_TEST(deleted);
    BOOST_TEST(!fs::exists(blob));
    BOOST_TEST(run("cache verify --quiet").status == 0);
    BOOST_TEST(run("download acme/tiny --quiet").status == 0);
    BOOST_TEST(content_of(blob) == "a");
}

BOOST_AUTO_TEST_CASE(sizes_and_times_read_as_the_reference_prints_them)
{
    using cli::short_size;
    BOOST_TEST(short_size(0) == "0.0");
    BOOST_TEST(short_size(999) == "999.0");
    BOOST_TEST(short_size(42'200) == "42.2K");
    BOOST_TEST(short_size(3'400'000'000) == "3.4G");
    const auto ago = [](std::int64_t seconds) {
        const Timestamp now(std::chrono::seconds(2'000'000'000));
        return cli::time_since(now - std::chrono::seconds(seconds), now);
    };
    BOOST_TEST(ago(-5) == "a few seconds ago");
    BOOST_TEST(ago(45) == "45 seconds ago");
    BOOST_TEST(ago(70) == "1 minute ago");
    BOOST_TEST(ago(3 * 3600) == "3 hours ago");
    BOOST_TEST(ago(14 * 86400) == "2 weeks ago");
    BOOST_TEST(ago(800 * 86400) == "2 years ago");
    BOOST_TEST(cli::safe_text("a\x1b[2Jb\n") == "a?[2Jb?");
}

BOOST_AUTO_TEST_SUITE_END()
