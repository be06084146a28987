// Pull requests of the embedded Hub, over HTTP.
#include <boost/test/unit_test.hpp>

#include "discussion_fixture.hpp"
#include "emulator/store/discussion_store.hpp"
#include "store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

BOOST_AUTO_TEST_SUITE(emulator_pull_requests)

BOOST_FIXTURE_TEST_CASE(a_draft_is_committed_to_opened_and_merged, Talk)
{
    open("Better words", bob, true);
    BOOST_TEST(text(details(1), "status") == "draft");
    BOOST_TEST(text(details(1), "diff") == "");
    commit(file_line("README.md", "one\n2\nthree\n"), "models/acme/tiny", "refs%2Fpr%2F1", bob);
    const auto it = details(1);
    BOOST_TEST(types(it) == (Texts{"comment", "commit"}), boost::test_tools::per_element());
    BOOST_TEST(text(it.at("events").at(1).at("data"), "subject") == "Change");
    BOOST_TEST(text(it.at("changes"), "base") == "refs/heads/main");
    BOOST_TEST(it.at("filesWithConflicts").as_array().empty());
    const std::string diff(text(it, "diff"));
    BOOST_TEST(diff.find("@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n") != std::string::npos, diff);

    BOOST_TEST(post(1, "merge", bob).status == 403);
    BOOST_TEST(post(1, "merge", ann).header("x-error-message") == "Discussion is not open");
    BOOST_TEST(post(1, "status", bob, R"({"status":"open"})").status == 200);
    BOOST_TEST(text_on("main", "README.md") == "one\ntwo\nthree\n");
    const auto merged = post(1, "merge", ann, "");
    BOOST_TEST_REQUIRE(merged.status == 200, merged.body);
    BOOST_TEST(text_on("main", "README.md") == "one\n2\nthree\n");
    const auto after = details(1);
    BOOST_TEST(text(after, "status") == "merged");
    BOOST_TEST(text(after.at("changes"), "mergeCommitId") == text(json(merged), "commitOid"));
    BOOST_TEST(text(after, "diff") == diff); // it still shows what was merged
    BOOST_TEST(post(1, "merge", ann).status == 400);
    BOOST_TEST(post(1, "status", ann, R"({"status":"open"})").status == 400);
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/commit/refs%2Fpr%2F1", bob,
                   R"({"key":"header","value":{"summary":"s"}})"
                   "\n" +
                       file_line("late.txt", "late"))
                   .status == 403);
}

BOOST_FIXTURE_TEST_CASE(a_conflict_is_listed_and_refused, Talk)
{
    open("Better words", bob, true);
    commit(file_line("README.md", "one\n2\nthree\n"), "models/acme/tiny", "refs%2Fpr%2F1", bob);
    commit(file_line("README.md", "one\nTWO\nthree\n"));
    post(1, "status", bob, R"({"status":"open"})");
    const auto conflicts = details(1).at("filesWithConflicts").as_array();
    BOOST_TEST_REQUIRE(conflicts.size() == 1u);
    BOOST_TEST(conflicts[0].as_string() == "README.md");
    const auto refused = post(1, "merge", ann, R"({"comment":"Please"})");
    BOOST_TEST(refused.status == 409);
    BOOST_TEST(refused.header("x-error-message") == "This pull request has conflicts");
    BOOST_TEST(text(details(1), "status") == "open");
    BOOST_TEST(types(details(1)) == (Texts{"comment", "commit", "status-change"}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(two_sides_are_merged_with_a_comment, Talk)
{
    open("Better words", bob, true);
    commit(file_line("README.md", "ONE\ntwo\nthree\n"), "models/acme/tiny", "refs%2Fpr%2F1", bob);
    commit(file_line("README.md", "one\ntwo\nTHREE\n") + file_line("new.txt", "new"));
    post(1, "status", bob, R"({"status":"open"})");
    BOOST_TEST_REQUIRE(post(1, "merge", ann, R"({"comment":"Thanks"})").status == 200);
    BOOST_TEST(text_on("main", "README.md") == "ONE\ntwo\nTHREE\n");
    BOOST_TEST(text_on("main", "new.txt") == "new");
    BOOST_TEST(types(details(1)) == (Texts{"comment", "commit", "status-change", "comment", "status-change"}),
               boost::test_tools::per_element());
    const auto history = json(ask("GET", "/api/models/acme/tiny/commits/main")).as_array();
    BOOST_TEST(text(history.at(0), "title") == "Better words (#1)");
}

BOOST_FIXTURE_TEST_CASE(a_commit_can_make_the_pull_request, Talk)
{
    open("Something first");
    const auto made = ask("POST", "/api/models/acme/tiny/commit/main?create_pr=1", bob,
                          R"({"key":"header","value":{"summary":"Add it","description":"Since"}})"
                          "\n" +
                              file_line("pr.txt", "pr\n"));
    BOOST_TEST_REQUIRE(made.status == 200, made.body);
    BOOST_TEST(text(json(made), "pullRequestUrl") == hub.endpoint() + "/acme/tiny/discussions/2");
    const auto it = details(2);
    BOOST_TEST(text(it, "title") == "Add it");
    BOOST_TEST(text(it, "status") == "open");
    BOOST_TEST(text(it.at("author"), "name") == "bob");
    BOOST_TEST(types(it) == (Texts{"comment", "commit"}), boost::test_tools::per_element());
    BOOST_TEST(text(it.at("events").at(1).at("data"), "oid") == text(json(made), "commitOid"));
    BOOST_TEST(post(2, "merge", ann).status == 200);
    BOOST_TEST(text_on("main", "pr.txt") == "pr\n");
}

BOOST_FIXTURE_TEST_CASE(others_commit_to_a_pull_request_only_with_rights, Talk)
{
    open("Of Ann's", ann, true);
    open("Of Bob's", bob, true);
    const auto line = R"({"key":"header","value":{"summary":"s"}})"
                      "\n" +
                      file_line("x.txt", "x");
    const auto to = [&](int num, const Headers& who) {
        return ask("POST", "/api/models/acme/tiny/commit/refs%2Fpr%2F" + std::to_string(num), who, line)
            .status;
    };
    BOOST_TEST(to(1, bob) == 403);
    BOOST_TEST(to(2, bob) == 200);
    BOOST_TEST(to(2, ann) == 200); // nothing changes: no event
    BOOST_TEST(types(details(2)) == (Texts{"comment", "commit"}), boost::test_tools::per_element());
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/preupload/refs%2Fpr%2F2", bob,
                   R"({"files":[{"path":"a","sample":"YQ==","size":1}]})")
                   .status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_pull_request_needs_a_commit_to_start_from, tests::StoreFixture)
{
    const auto repo = hub->create_repo({.type = RepoType::model, .id = "acme/bare", .initial_commit = false});
    emulator::store::DiscussionStore discussions(*hub);
    const auto its = discussions.of(repo);
    BOOST_CHECK_EXCEPTION(its->open({.author = "a", .title = "Title", .is_pull_request = true}),
                          emulator::store::StoreError, tests::refused(404, "RevisionNotFound"));
    BOOST_TEST(its->open({.author = "a", .title = "Title"}).num == 1);
}

BOOST_AUTO_TEST_SUITE_END()
