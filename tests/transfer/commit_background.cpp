// run_as_future of create_commit, upload_file and upload_folder.
#include <boost/test/unit_test.hpp>

#include <chrono>

#include "transfer/upload_fixture.hpp"

using namespace hfasync;
using hfasync::tests::UploadFixture;

namespace {

struct BackgroundFixture : UploadFixture {
    BackgroundFixture() { make_repo(); }

    CommitOperationAdd add(const std::string& name) { return {name, UploadSource::bytes(name)}; }
    /// First lines of the repo's commits, the newest first.
    std::vector<std::string> titles()
    {
        std::vector<std::string> out;
        for (const auto& commit : hub.block_on(api.list_repo_commits(repo).collect()))
            out.push_back(commit.title);
        return out;
    }
};

constexpr std::chrono::minutes bound{2};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_commit_background, BackgroundFixture)

BOOST_AUTO_TEST_CASE(futures_of_all_three_keep_their_order)
{
    write("up/d", "d");
    auto first = api.create_commit(as_future, repo, {add("a")}, "First");
    auto second = api.upload_file(as_future, UploadSource::bytes(std::string("b")), "b", repo,
                                  {.commit_message = "Second"});
    auto third = api.upload_folder(as_future, repo, folder.path() / "up", {.commit_message = "Third"});
    BOOST_REQUIRE(third.wait_for(bound) == std::future_status::ready);
    BOOST_TEST(first.get().commit_message == "First");
    BOOST_TEST(second.get().commit_message == "Second");
    BOOST_TEST(third.get().oid.size() == 40u);
    const auto all = titles();
    BOOST_REQUIRE(all.size() >= 3u);
    BOOST_TEST(all[0] == "Third");
    BOOST_TEST(all[1] == "Second");
    BOOST_TEST(all[2] == "First");
}

BOOST_AUTO_TEST_CASE(with_the_option_the_call_needs_nobody_who_awaits_it)
{
    {
        // Not awaited, and let go of.
        const auto unused = api.create_commit(repo, {add("a")}, "First", {.run_as_future = true});
    }
    auto last = api.upload_file(UploadSource::bytes(std::string("b")), "b", repo, {.run_as_future = true});
    const auto info = hub.block_on(std::move(last)); // whatever came before it is done too
    BOOST_TEST(listing().size() == 2u);
    BOOST_TEST(info.legacy_url.ends_with("/blob/main/b"));
    BOOST_TEST(titles().front() == info.commit_message);
}

BOOST_AUTO_TEST_CASE(failures_reach_who_awaits)
{
    const std::vector<CommitOperation> missing{CommitOperationAdd("x", folder.path() / "nope")};
    auto future = api.create_commit(as_future, repo, missing, "Add");
    BOOST_REQUIRE(future.wait_for(bound) == std::future_status::ready);
    BOOST_CHECK_THROW(future.get(), ValueError);
    auto call = api.create_commit(repo, missing, "Add", {.run_as_future = true});
    BOOST_CHECK_THROW(hub.block_on(std::move(call)), ValueError);
    // Neither stops what comes after it.
    hub.block_on(api.create_commit(repo, {add("a")}, "Add", {.run_as_future = true}));
    BOOST_TEST(listing().size() == 1u);
}

BOOST_AUTO_TEST_CASE(awaited_late_it_is_there_already)
{
    auto call = api.create_commit(repo, {add("a")}, "First", {.run_as_future = true});
    auto after = api.create_commit(as_future, repo, {add("b")}, "Second");
    BOOST_REQUIRE(after.wait_for(bound) == std::future_status::ready);
    BOOST_TEST(hub.block_on(std::move(call)).commit_message == "First");
}

BOOST_AUTO_TEST_CASE(a_call_that_nobody_runs_says_so)
{
    std::optional<boost::asio::io_context> other(std::in_place);
    auto options = client_options(server);
    std::optional<HfApi> on_other(std::in_place, Hub(*other, options));
    auto future = on_other->create_commit(as_future, repo, {add("a")}, "First");
    on_other.reset();
    other.reset(); // never run
    BOOST_REQUIRE(future.wait_for(bound) == std::future_status::ready);
    BOOST_CHECK_EXCEPTION(future.get(), RuntimeError,
                          [](const RuntimeError& e) { return e.code() == errc::shut_down; });
}

BOOST_AUTO_TEST_SUITE_END()
