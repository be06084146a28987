// How a CommitScheduler ends: stop, run_while, the last push.
#include <boost/test/unit_test.hpp>

#include "transfer/commit_scheduler_gate.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using namespace std::chrono_literals;
using emulator::FaultAction;
namespace asio = boost::asio;

BOOST_FIXTURE_TEST_SUITE(transfer_commit_scheduler_stop, GatedFixture)

BOOST_AUTO_TEST_CASE(stop_ends_run_with_a_last_push)
{
    const auto scheduler = make();
    auto run = start(scheduler.run());
    drive_until_asleep();
    write("a", "a");
    BOOST_TEST(wait(scheduler.stop()).has_value());
    end(run);
    BOOST_CHECK(listing() == (Listing{{"a", stored("a")}}));
    append("a", "b");
    server.forget_requests();
    BOOST_TEST(!wait(scheduler.trigger()).has_value()); // stopped is stopped
    BOOST_TEST(!wait(scheduler.stop()).has_value());
    wait(scheduler.run());
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(stop_under_a_push_makes_another_one)
{
    const auto scheduler = make({}, gated());
    write("a", "a");
    auto run = start(scheduler.run());
    drive_until([&] { return begun == 1; });
    write("b", "b");
    auto stop = start(scheduler.stop());
    rounds(30);
    closed = false;
    BOOST_TEST(end(stop).has_value());
    end(run);
    BOOST_TEST(begun == 2);
    BOOST_CHECK(listing() == (Listing{{"a", stored("a")}, {"b", stored("b")}}));
}

BOOST_AUTO_TEST_CASE(run_returns_after_the_last_push)
{
    const auto scheduler = make({}, gated());
    closed = false;
    auto run = start(scheduler.run());
    drive_until_asleep();
    closed = true;
    auto stop = start(scheduler.stop());
    drive_until([&] { return begun == 2; });
    rounds(30);
    BOOST_TEST(!run.done());
    closed = false;
    end(stop);
    end(run);
}

BOOST_AUTO_TEST_CASE(who_waited_for_a_push_when_it_was_stopped_gets_none)
{
    const auto scheduler = make({}, gated());
    write("a", "a");
    auto first = start(scheduler.trigger());
    drive_until([&] { return begun == 1; });
    auto second = start(scheduler.trigger());
    BOOST_CHECK_THROW(wait(scheduler.stop(50ms)), TimeoutError);
    write("b", "b");
    closed = false;
    BOOST_TEST(end(first).has_value());
    BOOST_TEST(!end(second).has_value());
    BOOST_TEST(begun == 1);
}

BOOST_AUTO_TEST_CASE(the_last_push_is_bounded)
{
    write("a", "a");
    server.add_fault({.method = "POST", .path = "*/commit/*", .times = -1, .action = FaultAction::stall});
    BOOST_CHECK_THROW(wait(make().stop(50ms)), TimeoutError);
}

BOOST_AUTO_TEST_CASE(a_push_that_hangs_does_not_keep_stop_nor_run)
{
    write("a", "a");
    server.add_fault({.method = "POST", .path = "*/commit/*", .times = -1, .action = FaultAction::stall});
    const auto scheduler = make();
    auto run = start(scheduler.run());
    drive_until([&] { return seen("POST", "/preupload/") > 0; });
    BOOST_CHECK_THROW(wait(scheduler.stop(50ms)), TimeoutError);
    end(run);
}

BOOST_AUTO_TEST_CASE(stop_without_a_last_push)
{
    const auto scheduler = make();
    auto run = start(scheduler.run());
    drive_until_asleep();
    write("a", "a");
    BOOST_TEST(!wait(scheduler.stop(0s)).has_value());
    end(run);
    BOOST_TEST(seen("POST", "/commit/") == 0u);
}

BOOST_AUTO_TEST_CASE(a_last_push_that_fails_is_told)
{
    const auto scheduler = make();
    auto run = start(scheduler.run());
    drive_until_asleep();
    write("a", "a");
    server.add_fault({.method = "POST", .path = "*/commit/*", .action = FaultAction::status});
    BOOST_CHECK_THROW(wait(scheduler.stop()), HfHubHTTPError);
    end(run);
}

BOOST_AUTO_TEST_CASE(run_while_ends_with_what_the_work_wrote)
{
    bool go = false;
    const auto work = [&]() -> asio::awaitable<void> {
        co_await wait_for(&go);
        write("a", "a");
    };
    auto run = start(make().run_while(work()));
    drive_until_asleep();
    go = true;
    end(run);
    BOOST_CHECK(listing() == (Listing{{"a", stored("a")}}));
}

BOOST_AUTO_TEST_CASE(run_while_pushes_also_when_the_work_fails)
{
    const auto work = [&]() -> asio::awaitable<void> {
        co_await poll();
        write("a", "a");
        throw std::runtime_error("the work failed");
    };
    BOOST_CHECK_EXCEPTION(
        wait(make().run_while(work())), std::runtime_error,
        [](const std::runtime_error& e) { return e.what() == std::string("the work failed"); });
    BOOST_CHECK(listing() == (Listing{{"a", stored("a")}}));
}

BOOST_AUTO_TEST_CASE(run_while_cancels_the_work_when_there_is_nothing_to_push_to)
{
    bool cancelled = false;
    const auto work = [&]() -> asio::awaitable<void> {
        const bool never = false;
        try {
            co_await wait_for(&never);
        } catch (const boost::system::system_error&) {
            cancelled = true;
            throw;
        }
    };
    CommitSchedulerOptions wrong_token;
    wrong_token.token = "hf_wrong";
    BOOST_CHECK_THROW(wait(make(wrong_token).run_while(work())), HfHubHTTPError);
    BOOST_TEST(cancelled);
}

BOOST_AUTO_TEST_SUITE_END()
