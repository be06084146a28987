#include <boost/test/unit_test.hpp>

#include "emulator/store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct RefsFixture : StoreFixture {
    std::shared_ptr<store::Repo> repo = make();
    std::string first = repo->resolve("main").hex();
    std::string second = commit(*repo, "two", {add("a", "a")}).commit.hex();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_store_refs, RefsFixture)

BOOST_AUTO_TEST_CASE(a_revision_is_a_branch_a_tag_or_a_hash)
{
    repo->create_branch("dev/x", first);
    repo->create_tag("v1.0", first, "First");
    repo->set_ref("refs/convert/parquet", *store::Oid::parse(first));
    repo->set_ref("refs/pr/3", *store::Oid::parse(first));
    for (const std::string& revision :
         {std::string("dev/x"), std::string("v1.0"), first, first.substr(0, 7), first.substr(0, 13),
          std::string("refs/pr/3"), std::string("refs/convert/parquet"), std::string("refs/heads/dev/x"),
          std::string("refs/tags/v1.0")})
        BOOST_TEST(repo->resolve(revision).hex() == first, revision);
    for (const std::string& revision :
         {std::string("nope"), first.substr(0, 6), std::string(40, '0'), std::string("pr/3"),
          std::string("refs/pr/4"), std::string(""), std::string("0000000")})
        BOOST_CHECK_EXCEPTION(static_cast<void>(repo->resolve(revision)), store::StoreError,
                              refused(404, "RevisionNotFound"));
}

BOOST_AUTO_TEST_CASE(refs_are_listed_by_kind)
{
    repo->create_branch("dev", first);
    repo->create_tag("v1.0", first, "");
    repo->set_ref("refs/convert/parquet", *store::Oid::parse(first));
    repo->set_ref("refs/pr/3", *store::Oid::parse(first));
    const auto refs = repo->refs();
    BOOST_REQUIRE(refs.branches.size() == 2u);
    BOOST_TEST(refs.branches[0].name == "main");
    BOOST_TEST(refs.branches[0].commit.hex() == second);
    BOOST_TEST(refs.branches[1].ref == "refs/heads/dev");
    BOOST_TEST(refs.tags.at(0).name == "v1.0");
    BOOST_TEST(refs.tags.at(0).ref == "refs/tags/v1.0");
    BOOST_TEST(refs.converts.at(0).name == "parquet");
    BOOST_TEST(refs.pull_requests.at(0).name == "3");
}

BOOST_AUTO_TEST_CASE(the_hub_refuses)
{
    repo->create_branch("dev", "main");
    repo->create_tag("v1.0", "main", "");
    BOOST_CHECK_EXCEPTION(
        repo->create_branch("dev", "main"), store::StoreError, [](const store::StoreError& e) {
            return refused(409)(e) && std::string(e.what()) == "Reference already exists: refs/heads/dev";
        });
    BOOST_CHECK_EXCEPTION(
        repo->create_tag("v1.0", "main", ""), store::StoreError, [](const store::StoreError& e) {
            return refused(409)(e) && std::string(e.what()) == "Tag reference exists already: v1.0";
        });
    BOOST_CHECK_EXCEPTION(repo->create_branch("new", "nope"), store::StoreError,
                          refused(404, "RevisionNotFound"));
    BOOST_CHECK_EXCEPTION(repo->delete_branch("nope"), store::StoreError, [](const store::StoreError& e) {
        return refused(404, "RevisionNotFound")(e) &&
               std::string(e.what()) == "Invalid rev id: refs/heads/nope";
    });
    BOOST_CHECK_EXCEPTION(repo->delete_tag("nope"), store::StoreError, refused(404, "RevisionNotFound"));
    BOOST_CHECK_EXCEPTION(repo->delete_branch("main"), store::StoreError, refused(403));
    BOOST_CHECK_EXCEPTION(repo->create_branch("dev/below", "main"), store::StoreError, refused(409));
    BOOST_CHECK_EXCEPTION(repo->squash("v1.0", "a", "b", "c"), store::StoreError, refused(400));
    for (const char* name :
         {"", "a..b", "/a", "a/", "a b", "a~1", "a:b", "-a", "a.lock", "a//b", "@", "x@{1}", "a\nb"})
        BOOST_CHECK_EXCEPTION(repo->create_branch(name, "main"), store::StoreError, refused(400));
}

BOOST_AUTO_TEST_CASE(a_deleted_ref_can_be_made_again)
{
    repo->create_branch("dev", first);
    repo->delete_branch("dev");
    BOOST_TEST(!repo->try_resolve("dev"));
    repo->create_branch("dev", second);
    BOOST_TEST(repo->resolve("dev").hex() == second);
}

BOOST_AUTO_TEST_CASE(history_is_paged_from_the_newest)
{
    for (int i = 3; i <= 7; ++i)
        commit(*repo, std::to_string(i), {add("a", std::to_string(i))});
    std::size_t total = 0;
    const auto page = repo->history("main", 2, 3, &total);
    BOOST_TEST(total == 7u);
    BOOST_REQUIRE(page.size() == 3u);
    BOOST_TEST(page[0].title == "5");
    BOOST_TEST(page[2].title == "3");
    BOOST_TEST(repo->history("main", 5, 10).back().oid.hex() == first);
    BOOST_TEST(repo->history("main", 7, 10).empty());
}

BOOST_AUTO_TEST_SUITE_END()
