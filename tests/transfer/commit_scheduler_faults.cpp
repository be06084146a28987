// CommitScheduler against a Hub that fails, and against another scheduler.
#include <boost/test/unit_test.hpp>

#include "transfer/commit_scheduler_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using namespace std::chrono_literals;
using emulator::FaultAction;

namespace {

struct Fixture : SchedulerFixture {
    void fail(std::string method, std::string path, FaultAction action, int times, int status = 503)
    {
        server.add_fault({.method = std::move(method),
                          .path = std::move(path),
                          .times = times,
                          .action = action,
                          .status = status});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_commit_scheduler_faults, Fixture)

BOOST_AUTO_TEST_CASE(a_hub_that_fails_is_asked_again_at_the_next_turn)
{
    write("a.txt", "a");
    for (const auto* path : {"*/preupload/*", "*/commit/*"}) {
        append("a.txt", "b");
        fail("POST", path, FaultAction::status, 2);
        auto run = start(make().run());
        drive_until_asleep();
        BOOST_TEST(bool(reports.back().failure));
        next_turn();
        BOOST_TEST(bool(reports.back().failure));
        BOOST_TEST(warned_of("tried again at the next turn"));
        BOOST_TEST(warned_of("503"));
        next_turn();
        BOOST_TEST(reports.back().commit.has_value());
        run.cancel();
        BOOST_CHECK_THROW(end(run), CancelledError);
    }
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("abb")}}));
    BOOST_TEST(scheduled_commits() == 2u);
}

BOOST_AUTO_TEST_CASE(lfs_content_that_could_not_be_sent_is_sent_at_the_next_turn)
{
    write("big", content(200'000, 1));
    fail("PUT", "*", FaultAction::status, 1, 500);
    auto run = start(make().run());
    drive_until_asleep();
    BOOST_TEST(bool(reports.back().failure));
    next_turn();
    BOOST_CHECK(listing() == (Listing{{"big", stored(content(200'000, 1))}}));
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(a_collision_is_committed_again_at_once)
{
    write("big", content(200'000, 1));
    for (const int status : {409, 412}) {
        write(std::to_string(status), "x");
        fail("POST", "*/commit/*", FaultAction::status, 2, status);
        BOOST_TEST(wait(make().trigger()).has_value());
        BOOST_TEST(!reports.back().failure);
    }
    BOOST_TEST(scheduled_commits() == 2u);
    BOOST_TEST(seen("PUT", "") == 1u); // what was sent is not sent again
    BOOST_TEST(listing().size() == 3u);
}

BOOST_AUTO_TEST_CASE(collisions_without_end_are_left_for_the_next_turn)
{
    write("a.txt", "a");
    fail("POST", "*/commit/*", FaultAction::status, -1, 412);
    const auto scheduler = make();
    BOOST_CHECK_THROW(wait(scheduler.trigger()), ConflictError);
    BOOST_TEST(seen("POST", "/commit/") == 6u);
    server.clear_faults();
    BOOST_TEST(wait(scheduler.trigger()).has_value());
}

BOOST_AUTO_TEST_CASE(a_lost_reply_is_one_commit)
{
    write("a.txt", "a");
    fail("POST", "*/commit/*", FaultAction::lose_reply, 1);
    const auto scheduler = make();
    BOOST_TEST(wait(scheduler.trigger()).has_value());
    BOOST_TEST(!wait(scheduler.trigger()).has_value());
    BOOST_TEST(scheduled_commits() == 1u);
}

BOOST_AUTO_TEST_CASE(a_lost_reply_that_nobody_can_clear_up_is_one_commit_too)
{
    write("a.txt", "a");
    write("big", content(200'000, 1));
    fail("POST", "*/commit/*", FaultAction::lose_reply, 1);
    fail("POST", "*/paths-info/*", FaultAction::status, -1);
    auto run = start(make().run());
    drive_until_asleep();
    BOOST_TEST(bool(reports.back().failure));
    server.clear_faults();
    next_turn();
    BOOST_TEST(!reports.back().failure);
    BOOST_TEST(!reports.back().commit.has_value());
    BOOST_TEST(scheduled_commits() == 1u);
    BOOST_TEST(listing().size() == 2u);
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(two_schedulers_on_one_repo)
{
    const TempFolder other;
    const CommitScheduler second(hub, repo, other.path(), {.path_in_repo = "second"});
    const auto first = make();
    Listing wanted;
    for (int round = 0; round < 5; ++round) {
        const auto text = content(100, static_cast<unsigned>(round));
        const auto name = "f" + std::to_string(round);
        write(name, text);
        std::ofstream(other.path() / name, std::ios::binary) << text;
        wanted[name] = wanted["second/" + name] = stored(text);
        fail("POST", "*/commit/*", FaultAction::status, 1, 412);
        auto a = start(first.trigger());
        auto b = start(second.trigger());
        BOOST_TEST(end(a).has_value());
        BOOST_TEST(end(b).has_value());
    }
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(scheduled_commits() == 10u);
}

BOOST_AUTO_TEST_CASE(without_a_repo_to_push_to_run_fails)
{
    CommitSchedulerOptions wrong_token;
    wrong_token.token = "hf_wrong";
    write("a.txt", "a");
    try {
        wait(make(wrong_token).run());
        BOOST_ERROR("no exception");
    } catch (const HfHubHTTPError& error) {
        BOOST_TEST(error.context().status == 401);
        BOOST_TEST(std::string(error.what()).find("hf_wrong") == std::string::npos);
    }
    fail("POST", "/api/repos/create", FaultAction::reset, -1);
    BOOST_CHECK_THROW(wait(make().run()), ConnectionError);
    BOOST_TEST(seen("POST", "/preupload/") == 0u);
}

BOOST_AUTO_TEST_CASE(a_hub_that_was_closed_ends_run)
{
    write("a.txt", "a");
    auto run = start(make().run());
    drive_until_asleep();
    hub.close();
    append("a.txt", "b");
    clock->advance(5min);
    BOOST_CHECK_THROW(end(run), Error);
}

BOOST_AUTO_TEST_CASE(one_bad_file_among_many_does_not_keep_the_others)
{
    write("README.md", "---\nlicense: [\n---\n"); // metadata that the Hub refuses
    write("sub/a.txt", "a");
    const auto scheduler = make({.ignore_patterns = Strings("README.md")});
    BOOST_TEST(wait(scheduler.trigger()).has_value());
    BOOST_CHECK_THROW(wait(make().trigger()), ValueError);
    write("README.md", "hello");
    BOOST_TEST(wait(make().trigger()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
