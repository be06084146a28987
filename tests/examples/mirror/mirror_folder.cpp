// Repos mirrored to a folder: what is there, what was transferred, what a reader sees meanwhile.
#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_folder)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

const Contents tiny{{"config.json", "{}"}, {"README.md", "# tiny\n"}, {"data/a b.txt", "one"}};

std::string linked(const fs::path& link)
{
    return fs::read_symlink(link).filename().string();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(every_kind_of_repo, MirrorFixture)
{
    const auto commit = hub.seed_repo("acme/tiny", tiny);
    hub.seed_repo("acme/other", {{"x", "y"}});
    hub.seed_repo("bob/hidden", {{"x", "y"}});
    hub.seed_repo("acme/data", {{"train.csv", "1,2"}}, RepoType::dataset);
    hub.seed_repo("acme/demo", {{"app.py", "print()"}}, RepoType::space);
    const auto counts = once(config("[{model: acme/*}, {dataset: acme/d*}, {space: acme/demo}]"));
    BOOST_TEST((counts == mirror::Counts{.done = 4}));
    BOOST_TEST((tree_of(out() / "models/acme/tiny/main") == as_map(tiny)));
    BOOST_TEST(linked(out() / "models/acme/tiny/main") == commit);
    BOOST_TEST((tree_of(out() / "models/acme/other/main") == std::map<std::string, std::string>{{"x", "y"}}));
    BOOST_TEST(content_of(out() / "datasets/acme/data/main/train.csv") == "1,2");
    BOOST_TEST(content_of(out() / "spaces/acme/demo/main/app.py") == "print()");
    BOOST_TEST(!fs::exists(out() / "models/bob"));
}

BOOST_FIXTURE_TEST_CASE(what_is_there_is_not_transferred_again, MirrorFixture)
{
    const auto first = hub.seed_repo("acme/tiny", tiny);
    once(config("[{model: acme/tiny}]"));
    BOOST_TEST(transfers().size() == 3u);
    hub.forget_requests();
    std::string page;
    once(config("[{model: acme/tiny}]"), &page);
    BOOST_TEST(transfers().empty());
    // One file changes: one is transferred.
    const auto second = commit("acme/tiny", "config.json", "{\"a\": 1}");
    hub.forget_requests();
    once(config("[{model: acme/tiny}]"));
    BOOST_TEST(transfers().size() == 1u);
    auto now = as_map(tiny);
    now["config.json"] = "{\"a\": 1}";
    BOOST_TEST((tree_of(out() / "models/acme/tiny/main") == now));
    BOOST_TEST(linked(out() / "models/acme/tiny/main") == second);
    // The commit before is still whole: someone may read it.
    BOOST_TEST((tree_of(out() / "models/acme/tiny/.main" / first) == as_map(tiny)));
    // A file goes, and the oldest commit with it.
    Hub client({.endpoint = hub.endpoint(), .token = hub.token()});
    client.block_on(HfApi(client).delete_file("README.md", "acme/tiny"));
    hub.forget_requests();
    once(config("[{model: acme/tiny}]"));
    BOOST_TEST(transfers().empty());
    now.erase("README.md");
    BOOST_TEST((tree_of(out() / "models/acme/tiny/main") == now));
    BOOST_TEST(!fs::exists(out() / "models/acme/tiny/.main" / first));
    BOOST_TEST(fs::exists(out() / "models/acme/tiny/.main" / second));
    BOOST_TEST(fs::is_empty(out() / ".trash")); // it went by there
}

BOOST_FIXTURE_TEST_CASE(revisions_and_branches, MirrorFixture)
{
    const auto first = hub.seed_repo("acme/tiny", tiny);
    Hub client({.endpoint = hub.endpoint(), .token = hub.token()});
    const HfApi api(client);
    client.block_on(api.create_tag("acme/tiny", "v1"));
    client.block_on(api.create_branch("acme/tiny", "dev/next"));
    const auto next = commit("acme/tiny", "new", "n", "dev/next");
    commit("acme/tiny", "config.json", "later");
    const std::string repos = "[{model: acme/tiny, revision: v1}, {model: acme/tiny, revision: " + first +
                              "}, {model: acme/tiny, follow: dev/next}]";
    BOOST_TEST((once(config(repos)) == mirror::Counts{.done = 3}));
    const auto repo = out() / "models/acme/tiny";
    BOOST_TEST((tree_of(repo / "v1") == as_map(tiny)));
    BOOST_TEST((tree_of(repo / first) == as_map(tiny)));
    BOOST_TEST(linked(repo / "dev%2Fnext") == next);
    BOOST_TEST(!fs::exists(repo / "main"));
    // A revision is mirrored once: nobody asks where the tag is now. A branch is followed.
    client.block_on(api.delete_tag("acme/tiny", "v1"));
    const auto after = commit("acme/tiny", "new", "nn", "dev/next");
    hub.forget_requests();
    BOOST_TEST((once(config(repos)) == mirror::Counts{.done = 3}));
    BOOST_TEST(linked(repo / "dev%2Fnext") == after);
    for (const auto& request : hub.requests())
        BOOST_TEST(request.target.find("/v1") == std::string::npos, request.target);
}

BOOST_FIXTURE_TEST_CASE(patterns_of_files, MirrorFixture)
{
    hub.seed_repo("acme/tiny", tiny);
    once(config("[{model: acme/tiny, files: ['*.json', 'data/*'], exclude: 'data/*'}]"));
    const auto link = out() / "models/acme/tiny/main";
    BOOST_TEST((tree_of(link) == std::map<std::string, std::string>{{"config.json", "{}"}}));
    // Other patterns are other work, of the same commit, and leave nothing of the former behind.
    once(config("[{model: acme/tiny, files: ['README.md']}]"));
    BOOST_TEST((tree_of(link) == std::map<std::string, std::string>{{"README.md", "# tiny\n"}}));
    once(config("[{model: acme/tiny}]"));
    BOOST_TEST((tree_of(link) == as_map(tiny)));
}

BOOST_FIXTURE_TEST_CASE(the_first_rule_about_a_revision_counts, MirrorFixture)
{
    hub.seed_repo("acme/tiny", tiny);
    hub.seed_repo("acme/other", tiny);
    BOOST_TEST((once(config("[{model: acme/tiny, files: README.md}, {model: acme/*}]")) ==
                mirror::Counts{.done = 2}));
    BOOST_TEST(tree_of(out() / "models/acme/tiny/main").size() == 1u);
    BOOST_TEST(tree_of(out() / "models/acme/other/main").size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(names_that_leave_the_folder, MirrorFixture)
{
    // Of a Hub that is not what it says: the listing of the next commit names a file elsewhere.
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    once(config("[{model: acme/tiny}]"));
    commit("acme/tiny", "a", "2");
    std::ofstream(dir.path() / "elsewhere") << "mine";
    for (const auto* path : {"/api/models/acme/tiny/tree/*",
                             "/api/models/acme/tiny/revision/????????????????????????????????????????"})
        hub.add_fault(
            {.method = "GET",
             .path = path,
             .times = -1,
             .action = emulator::FaultAction::status,
             .status = 200,
             .headers = {{"Content-Type", "application/json"}},
             .body =
                 std::string(path).find("tree") != std::string::npos
                     ? R"([{"type": "file", "path": "../../../../../../elsewhere", "size": 4, "oid": "a"}])"
                     : R"({"id": "acme/tiny", "sha": "0123456789012345678901234567890123456789",)"
                       R"("siblings": [{"rfilename": "../../../../../../elsewhere"}]})"});
    BOOST_TEST((once(config("[{model: acme/tiny}]", "attempts: 1\n")) == mirror::Counts{.failed = 1}));
    BOOST_TEST(content_of(out() / "models/acme/tiny/main/a") == "1");
    BOOST_TEST(content_of(dir.path() / "elsewhere") == "mine");
    BOOST_TEST(fs::hard_link_count(dir.path() / "elsewhere") == 1u);
}

BOOST_FIXTURE_TEST_CASE(one_that_fails_stops_no_other, MirrorFixture)
{
    hub.seed_repo("acme/bad", {{"x", "1"}});
    hub.seed_repo("acme/good", {{"x", "1"}});
    hub.add_fault({.method = "GET",
                   .path = "/acme/bad/resolve/*",
                   .times = -1,
                   .action = emulator::FaultAction::status,
                   .status = 404});
    std::string page;
    const auto counts =
        once(config("[{model: acme/*}, {model: acme/nobody}]", "attempts: 2\nretry: 10ms\n"), &page);
    BOOST_TEST((counts == mirror::Counts{.done = 1, .failed = 1}));
    BOOST_TEST(page.find("acme/nobody: RepositoryNotFoundError") != std::string::npos, page);
    BOOST_TEST(page.find("\"outcome\":\"retry\"") != std::string::npos, page);
    BOOST_TEST(page.find("\"outcome\":\"failed\"") != std::string::npos, page);
    BOOST_TEST(page.find(hub.token()) == std::string::npos);
    BOOST_TEST(!fs::exists(out() / "models/acme/bad/main"));
    // It is well again: the next round finds it.
    hub.clear_faults();
    BOOST_TEST((once(config("[{model: acme/*}]")) == mirror::Counts{.done = 2}));
    BOOST_TEST(fs::exists(out() / "models/acme/bad/main/x"));
}

BOOST_FIXTURE_TEST_CASE(a_reader_sees_one_commit_or_the_other, MirrorFixture)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}, {"b", "1"}});
    once(config("[{model: acme/tiny}]"));
    commit("acme/tiny", "a", "2");
    const auto last = commit("acme/tiny", "b", "2");
    // The second file does not come.
    hub.add_fault({.method = "GET",
                   .path = "*/b",
                   .times = -1,
                   .action = emulator::FaultAction::status,
                   .status = 403});
    once(config("[{model: acme/tiny}]", "attempts: 1\n"));
    const auto link = out() / "models/acme/tiny/main";
    BOOST_TEST(content_of(link / "a") == "1");
    BOOST_TEST(content_of(link / "b") == "1");
    hub.clear_faults();
    hub.forget_requests();
    once(config("[{model: acme/tiny}]"));
    BOOST_TEST(linked(link) == last);
    BOOST_TEST(content_of(link / "a") == "2");
    BOOST_TEST(content_of(link / "b") == "2");
    for (const auto& [target, times] : transfers()) // the first was there
        BOOST_TEST(target.ends_with("/b"), target);
}

BOOST_AUTO_TEST_SUITE_END()
