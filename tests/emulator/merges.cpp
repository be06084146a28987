// Merging one branch of a repo into another, judged by the git program.
#include <boost/test/unit_test.hpp>

#include "emulator/store/merge.hpp"
#include "git_program.hpp"
#include "store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct MergeFixture : StoreFixture {
    std::shared_ptr<store::Repo> repo = make();

    MergeFixture()
    {
        commit(*repo, "Base",
               {add("README.md", "1\n2\n3\n4\n5\n6\n7\n"), add("keep.txt", "keep\n"), add("d/a.txt", "a\n"),
                add("d/b.txt", "b\n"), add("gone.txt", "gone\n"), add_lfs("w.bin", std::string(2000, 'w'))});
        repo->next_number("main"); // refs/pr/1
    }
    store::CommitOutcome on(std::string_view revision, std::string title,
                            std::vector<store::Operation> operations)
    {
        auto wanted = request(std::move(title), std::move(operations));
        wanted.revision = revision;
        return repo->commit(wanted);
    }
    store::MergeOutcome merge()
    {
        return repo->merge({.from = "refs/pr/1",
                            .into = "refs/heads/main",
                            .author = "hfasync",
                            .email = "hfasync@localhost",
                            .title = "Merge it"});
    }
    std::string text(std::string_view path)
    {
        const auto found = repo->read_file(repo->resolve("main"), path);
        return found ? *found : "(none)";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_merges, MergeFixture)

BOOST_AUTO_TEST_CASE(a_pull_request_ref_stands_at_the_head_of_main)
{
    BOOST_TEST(repo->resolve("refs/pr/1").hex() == repo->resolve("main").hex());
    BOOST_TEST(repo->next_number() == 2);
    BOOST_TEST(!repo->try_resolve("refs/pr/2").has_value());
}

BOOST_AUTO_TEST_CASE(main_moves_forward_when_it_has_nothing_of_its_own)
{
    const auto before = repo->resolve("main");
    const auto made = on("refs/pr/1", "Change", {add("new.txt", "new\n")});
    const auto preview = repo->preview_merge("refs/pr/1", "refs/heads/main");
    BOOST_TEST(preview.base->hex() == before.hex());
    BOOST_TEST(repo->resolve("main").hex() == before.hex());
    const auto outcome = merge();
    BOOST_TEST(outcome.commit.hex() == made.commit.hex());
    BOOST_TEST(repo->resolve("main").hex() == made.commit.hex());
    restart();
    BOOST_TEST(hub->require(RepoType::model, "acme/tiny")->resolve("main").hex() == made.commit.hex());
}

BOOST_AUTO_TEST_CASE(nothing_new_leaves_main_where_it_is)
{
    on("main", "Ahead", {add("x", "x")});
    const auto before = repo->resolve("main");
    BOOST_TEST(merge().commit.hex() == before.hex());
    BOOST_TEST(repo->resolve("main").hex() == before.hex());
}

BOOST_AUTO_TEST_CASE(both_sides_changes_come_together_as_git_has_them)
{
    on("refs/pr/1", "Theirs",
       {add("README.md", "one\n2\n3\n4\n5\n6\n7\n"), add("d/c/deep.txt", "deep\n"),
        store::DeleteFile{"d/a.txt"}, store::DeleteFile{"gone.txt"}, add("same.txt", "same\n")});
    on("main", "Ours",
       {add("README.md", "1\n2\n3\n4\n5\n6\nseven\n"), add("d/b.txt", "B\n"), add("same.txt", "same\n"),
        add_lfs("w.bin", std::string(3000, 'v'))});
    const auto ours = repo->resolve("main"), theirs = repo->resolve("refs/pr/1");
    now += std::chrono::seconds(1);
    const auto outcome = merge();
    BOOST_TEST(outcome.conflicts.empty());
    const auto record = repo->commit_record(repo->resolve("main"));
    BOOST_TEST(record.oid.hex() == outcome.commit.hex());
    BOOST_TEST_REQUIRE(record.parents.size() == 2u);
    BOOST_TEST(record.parents[0].hex() == ours.hex());
    BOOST_TEST(record.parents[1].hex() == theirs.hex());
    BOOST_TEST(text("README.md") == "one\n2\n3\n4\n5\n6\nseven\n");
    BOOST_TEST(text("d/c/deep.txt") == "deep\n");
    BOOST_TEST(text("d/a.txt") == "(none)");
    BOOST_TEST(text("d/b.txt") == "B\n");

    const auto bare = folder.path() / "bare.git";
    repo->export_git(bare);
    BOOST_TEST(git(bare, "fsck --strict --full --no-dangling").find("error") == std::string::npos);
    BOOST_TEST(git_line(bare, "merge-base " + ours.hex() + " " + theirs.hex()) == outcome.base->hex());
    git(bare, "worktree add --detach ../work " + ours.hex());
    git(folder.path() / "work", "-c user.name=n -c user.email=e@e merge --no-edit " + theirs.hex());
    BOOST_TEST(git_line(folder.path() / "work", "rev-parse HEAD^{tree}") == record.tree.hex());
}

BOOST_AUTO_TEST_CASE(conflicts_are_listed_and_change_nothing)
{
    on("refs/pr/1", "Theirs",
       {add("README.md", "theirs\n2\n3\n4\n5\n6\n7\n"), add("d/a.txt", "theirs\n"),
        add("both.txt", "theirs\n"), add_lfs("w.bin", std::string(2000, 't')), store::DeleteFile{"gone.txt"},
        store::DeleteFile{"keep.txt"}, add("keep.txt/x", "a folder now")});
    on("main", "Ours",
       {add("README.md", "ours\n2\n3\n4\n5\n6\n7\n"), store::DeleteFile{"d/a.txt"}, add("both.txt", "ours\n"),
        add_lfs("w.bin", std::string(2000, 'o')), add("gone.txt", "still here\n"),
        add("keep.txt", "ours\n")});
    const auto before = repo->resolve("main");
    const std::vector<std::string> expected{"README.md", "both.txt", "d/a.txt",
                                            "gone.txt",  "keep.txt", "w.bin"};
    BOOST_TEST(repo->preview_merge("refs/pr/1", "refs/heads/main").conflicts == expected,
               boost::test_tools::per_element());
    BOOST_TEST(merge().conflicts == expected, boost::test_tools::per_element());
    BOOST_TEST(repo->resolve("main").hex() == before.hex());
}

BOOST_AUTO_TEST_CASE(a_second_merge_starts_from_the_first)
{
    on("refs/pr/1", "One", {add("one.txt", "1\n")});
    on("main", "Other", {add("other.txt", "o\n")});
    now += std::chrono::seconds(1);
    const auto theirs = repo->resolve("refs/pr/1");
    merge();
    on("refs/pr/1", "Two", {add("one.txt", "2\n")});
    on("main", "More", {add("other.txt", "p\n")});
    const auto preview = repo->preview_merge("refs/pr/1", "refs/heads/main");
    BOOST_TEST(preview.base->hex() == theirs.hex());
    BOOST_TEST(preview.conflicts.empty());
    merge();
    BOOST_TEST(text("one.txt") == "2\n");
    BOOST_TEST(text("other.txt") == "p\n");
}

BOOST_AUTO_TEST_CASE(histories_without_a_common_commit_are_compared_as_they_are)
{
    on("refs/pr/1", "Theirs", {add("new.txt", "new\n")});
    repo->squash("main", "hfasync", "hfasync@localhost", "Squashed");
    const auto preview = repo->preview_merge("refs/pr/1", "refs/heads/main");
    BOOST_TEST(!preview.base.has_value());
    BOOST_TEST(preview.conflicts.empty()); // what both have is the same
    now += std::chrono::seconds(1);
    merge();
    BOOST_TEST(text("new.txt") == "new\n");
}

BOOST_AUTO_TEST_CASE(the_diff_is_that_of_git)
{
    const auto before = repo->resolve("main");
    on("refs/pr/1", "Theirs",
       {add("README.md", "1\n2\nthree\n4\n5\n6\n7\n"), store::DeleteFile{"gone.txt"},
        add("d/c.txt", "no line end"), add("bin.dat", std::string_view("\0\1\2", 3)),
        add_lfs("w.bin", std::string(2001, 'w'))});
    const auto after = repo->resolve("refs/pr/1");
    const auto bare = folder.path() / "bare.git";
    repo->export_git(bare);
    BOOST_TEST(repo->diff(before, after) ==
               git(bare, "-c core.abbrev=7 diff --no-color " + before.hex() + " " + after.hex()));
    BOOST_TEST(repo->diff(after, after).empty());
    BOOST_TEST(
        repo->diff(std::nullopt, before)
            .starts_with(
                "diff --git a/.gitattributes b/.gitattributes\nnew file mode 100644\nindex 0000000.."));
}

BOOST_AUTO_TEST_SUITE_END()
