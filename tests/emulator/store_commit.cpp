#include <boost/test/unit_test.hpp>

#include <thread>

#include "emulator/store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using Files = std::vector<std::string>;

namespace {

struct CommitFixture : StoreFixture {
    std::shared_ptr<store::Repo> repo = make();
    std::string head(std::string_view revision = "main") { return repo->resolve(revision).hex(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_store_commit, CommitFixture)

BOOST_AUTO_TEST_CASE(files_are_added_replaced_and_deleted)
{
    commit(*repo, "one",
           {add("a.txt", "1"), add("d/b.txt", "2"), add("d/e/c.txt", "3"), add_lfs("w.bin", "lfs!")});
    BOOST_TEST(files_of(*repo) == (Files{".gitattributes", "a.txt", "d/b.txt", "d/e/c.txt", "w.bin"}),
               boost::test_tools::per_element());
    const auto before = repo->resolve("main");
    commit(*repo, "two", {add("a.txt", "changed"), store::DeleteFolder{"d/e/"}, store::DeleteFile{"w.bin"}});
    BOOST_TEST(files_of(*repo) == (Files{".gitattributes", "a.txt", "d/b.txt"}),
               boost::test_tools::per_element());
    BOOST_TEST(*repo->read_file(repo->resolve("main"), "a.txt") == "changed");
    // The commit before is as it was.
    BOOST_TEST(*repo->read_file(before, "a.txt") == "1");
    BOOST_TEST(repo->find(before, "w.bin")->size == 4u);
    BOOST_TEST(!repo->find(repo->resolve("main"), "w.bin"));
    BOOST_TEST(repo->commit_record(repo->resolve("main")).changed == (Files{"a.txt", "d/e/c.txt", "w.bin"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_moved_head_is_412)
{
    const std::string first = head();
    auto mine = request("mine", {add("a", "a")});
    mine.parent = first;
    repo->commit(mine);
    auto late = request("late", {add("b", "b")});
    late.parent = first;
    BOOST_CHECK_EXCEPTION(repo->commit(late), store::StoreError, refused(412));
    BOOST_TEST(!repo->find(repo->resolve("main"), "b"));
    late.parent = head().substr(0, 7);
    BOOST_TEST(repo->commit(late).commit.hex() == head());
    late.parent = head().substr(0, 6);
    BOOST_CHECK_EXCEPTION(repo->commit(late), store::StoreError, refused(412));
}

BOOST_AUTO_TEST_CASE(a_commit_that_changes_nothing_is_not_made)
{
    commit(*repo, "one", {add("a", "a")});
    const std::string before = head();
    const auto again = commit(*repo, "again", {add("a", "a")});
    BOOST_TEST(!again.changed);
    BOOST_TEST(again.commit.hex() == before);
    BOOST_TEST(!commit(*repo, "both ways", {add("b", "b"), store::DeleteFile{"b"}}).changed);
    BOOST_TEST(!commit(*repo, "nothing", {}).changed);
    BOOST_TEST(head() == before);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_entry_not_found_and_nothing_is_done)
{
    commit(*repo, "one", {add("d/a", "a")});
    const std::string before = head();
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {add("new", "n"), store::DeleteFile{"nope"}}), store::StoreError,
                          refused(404, "EntryNotFound"));
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {store::DeleteFile{"d"}}), store::StoreError,
                          refused(404, "EntryNotFound"));
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {store::DeleteFolder{"d/a"}}), store::StoreError,
                          refused(404, "EntryNotFound"));
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {store::CopyFile{"nope", "b", ""}}), store::StoreError,
                          refused(404, "EntryNotFound"));
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {store::CopyFile{"d/a", "b", "nope"}}), store::StoreError,
                          refused(404, "RevisionNotFound"));
    BOOST_TEST(head() == before);
}

BOOST_AUTO_TEST_CASE(a_file_is_no_folder)
{
    commit(*repo, "one", {add("d/a", "a"), add("f", "f")});
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {add("f/x", "x")}), store::StoreError, refused(400));
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {add("d", "x")}), store::StoreError, refused(400));
    // Unless the other is gone by then.
    commit(*repo, "swap", {store::DeleteFile{"d/a"}, add("d", "x"), store::DeleteFile{"f"}, add("f/x", "x")});
    BOOST_TEST(files_of(*repo) == (Files{".gitattributes", "d", "f/x"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unsafe_paths_are_refused)
{
    for (const char* path :
         {"", "/a", "a/../b", "../a", "a//b", ".git/config", "x/.GIT/y", "a\\b", "./a", "a/"})
        BOOST_CHECK_EXCEPTION(commit(*repo, "x", {add(path, "x")}), store::StoreError, refused(400));
}

BOOST_AUTO_TEST_CASE(an_lfs_object_must_have_been_uploaded)
{
    auto missing = add_lfs("w.bin", "there");
    missing.size = 6;
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {missing}), store::StoreError, refused(400));
    missing.oid.bytes[0] ^= 1;
    BOOST_CHECK_EXCEPTION(commit(*repo, "x", {missing}), store::StoreError, refused(400));
    hub->objects().trust_lfs(missing.oid, 6);
    BOOST_TEST(commit(*repo, "x", {missing}).changed);
}

BOOST_AUTO_TEST_CASE(a_copy_takes_the_file_as_it_is_elsewhere)
{
    commit(*repo, "one", {add_lfs("w.bin", "first"), add("t", "text")});
    const std::string old = head();
    commit(*repo, "two", {add_lfs("w.bin", "second one")});
    commit(*repo, "copy",
           {store::CopyFile{"w.bin", "old.bin", old}, store::CopyFile{"w.bin", "d/new.bin", ""},
            store::CopyFile{"t", "u", "main"}, store::DeleteFile{"w.bin"}});
    const auto now_at = repo->resolve("main");
    BOOST_TEST(repo->find(now_at, "old.bin")->size == 5u);
    BOOST_TEST(repo->find(now_at, "d/new.bin")->size == 10u);
    BOOST_TEST(repo->find(now_at, "d/new.bin")->lfs.has_value());
    BOOST_TEST(*repo->read_file(now_at, "u") == "text");
    BOOST_TEST(!repo->find(now_at, "w.bin"));
}

BOOST_AUTO_TEST_CASE(a_pull_request_leaves_its_base_alone)
{
    const std::string before = head();
    auto wanted = request("in a pull request", {add("a", "a")});
    wanted.create_pr = true;
    const auto outcome = repo->commit(wanted);
    BOOST_TEST(*outcome.pull_request == 1);
    BOOST_TEST(head() == before);
    BOOST_TEST(head("refs/pr/1") == outcome.commit.hex());
    auto more = request("more", {add("b", "b")});
    more.revision = "refs/pr/1";
    repo->commit(more);
    BOOST_TEST(files_of(*repo, "refs/pr/1") == (Files{".gitattributes", "a", "b"}),
               boost::test_tools::per_element());
    BOOST_TEST(*repo->commit(wanted).pull_request == 2);
}

BOOST_AUTO_TEST_CASE(only_a_branch_takes_commits)
{
    repo->create_tag("v1", "main", "");
    const auto refused_on = [&](const std::string& revision, int status, const std::string& code) {
        auto wanted = request("x", {add("a", "a")});
        wanted.revision = revision;
        BOOST_CHECK_EXCEPTION(repo->commit(wanted), store::StoreError, refused(status, code));
    };
    refused_on("nope", 404, "RevisionNotFound");
    refused_on("v1", 400, "");
    refused_on(head(), 400, "");
    BOOST_CHECK_EXCEPTION(commit(*repo, "", {add("a", "a")}), store::StoreError, refused(400));
}

BOOST_AUTO_TEST_CASE(writers_at_the_same_time_lose_nothing)
{
    std::vector<std::thread> threads;
    std::vector<store::CommitRequest> requests;
    for (int i = 0; i < 40; ++i)
        requests.push_back(
            request("c" + std::to_string(i), {add("d/" + std::to_string(i), std::to_string(i))}));
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = static_cast<std::size_t>(t); i < requests.size(); i += 4) {
                repo->commit(requests[i]);
                static_cast<void>(repo->list({.path = "d", .recursive = true, .expand = true}));
            }
        });
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(files_of(*repo).size() == 41u);
    std::size_t total = 0;
    static_cast<void>(repo->history("main", 0, 1, &total));
    BOOST_TEST(total == 41u);
}

BOOST_AUTO_TEST_CASE(a_squash_keeps_the_files_and_drops_the_history)
{
    commit(*repo, "one", {add("a", "a")});
    commit(*repo, "two", {add("b", "b")});
    const std::string old = head();
    repo->squash("main", "hfasync", "hfasync@localhost", "Squashed");
    BOOST_TEST(head() != old);
    BOOST_TEST(repo->history("main", 0, 10).size() == 1u);
    BOOST_TEST(files_of(*repo).size() == 3u);
    BOOST_TEST(repo->list({.expand = true}).entries.back().last_commit->title == "Squashed");
}

BOOST_AUTO_TEST_SUITE_END()
