// Who pushes when: trigger, lock, push_soon, cancels at every step, threads.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

#include "transfer/commit_scheduler_gate.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using namespace std::chrono_literals;
namespace asio = boost::asio;

BOOST_FIXTURE_TEST_SUITE(transfer_commit_scheduler_order, GatedFixture)

BOOST_AUTO_TEST_CASE(pushes_that_overlap_become_one)
{
    const auto scheduler = make({}, gated());
    write("a", "a");
    auto first = start(scheduler.trigger());
    drive_until([&] { return begun == 1; });
    write("b", "b"); // after the first has listed the folder
    auto second = start(scheduler.trigger());
    auto third = start(scheduler.trigger());
    auto run = start(scheduler.run());
    rounds(30);
    closed = false;
    BOOST_TEST(end(first).has_value());
    const auto of_second = end(second);
    BOOST_REQUIRE(of_second.has_value()); // what was written before the call is in its commit
    BOOST_CHECK(end(third) == of_second);
    drive_until_asleep();
    BOOST_TEST(begun == 2); // the turn of run() came with them
    BOOST_CHECK(listing() == (Listing{{"a", stored("a")}, {"b", stored("b")}}));
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(a_cancel_of_one_caller_does_not_cancel_the_others_push)
{
    const auto scheduler = make({}, gated());
    write("a", "a");
    auto first = start(scheduler.trigger());
    drive_until([&] { return begun == 1; });
    auto second = start(scheduler.trigger());
    auto third = start(scheduler.trigger());
    write("b", "b");
    first.cancel(); // while it pushes
    BOOST_CHECK_THROW(end(first), boost::system::system_error);
    drive_until([&] { return begun == 2; }); // the second pushes, for the third too
    second.cancel();
    BOOST_CHECK_THROW(end(second), boost::system::system_error);
    closed = false;
    end(third);
    BOOST_TEST(begun == 3);
    BOOST_CHECK(listing() == (Listing{{"a", stored("a")}, {"b", stored("b")}}));
}

BOOST_AUTO_TEST_CASE(a_cancel_in_the_line_leaves_the_line)
{
    const auto scheduler = make({}, gated());
    auto first = start(scheduler.trigger());
    drive_until([&] { return begun == 1; });
    auto second = start(scheduler.trigger());
    rounds(5);
    second.cancel();
    BOOST_CHECK_THROW(end(second), CancelledError);
    closed = false;
    end(first);
    BOOST_TEST(begun == 1);
    wait(scheduler.trigger());
    BOOST_TEST(begun == 2);
}

BOOST_AUTO_TEST_CASE(while_the_lock_is_held_the_folder_is_not_listed)
{
    const auto scheduler = make();
    auto lock = wait(scheduler.lock());
    BOOST_TEST(bool(lock));
    BOOST_TEST(!bool(scheduler.try_lock()));
    write("a.txt", "half");
    auto push = start(scheduler.trigger());
    drive_until([&] { return seen("POST", "/api/repos/create") == 1; });
    rounds(30);
    BOOST_TEST(!push.done());
    append("a.txt", " and half");
    lock.release();
    BOOST_TEST(end(push).has_value());
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("half and half")}}));
    BOOST_TEST(bool(scheduler.try_lock()));
}

BOOST_AUTO_TEST_CASE(push_soon_wakes_run)
{
    const auto scheduler = make();
    scheduler.push_soon(); // before it runs: it pushes at once anyway
    auto run = start(scheduler.run());
    drive_until_asleep();
    write("a", "a");
    const auto before = reports.size();
    scheduler.push_soon();
    drive_until([&] { return reports.size() > before && clock->someone_sleeps(); });
    BOOST_TEST(reports.back().commit.has_value());
    const auto pushes = reports.size();
    clock->advance(4min + 59s); // the turns stay where they were
    BOOST_TEST(wait(api.repo_exists(repo)));
    BOOST_TEST(reports.size() == pushes);
    next_turn(1s);
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(run_is_awaited_once_at_a_time)
{
    const auto scheduler = make();
    auto run = start(scheduler.run());
    drive_until_asleep();
    BOOST_CHECK_THROW(wait(scheduler.run()), ValueError);
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
    auto again = start(scheduler.run());
    drive_until_asleep();
    again.cancel();
    BOOST_CHECK_THROW(end(again), CancelledError);
}

// The call is cancelled after k handlers, for every k: it ends, and the next push finds all in order.
BOOST_AUTO_TEST_CASE(run_may_be_cancelled_at_every_step)
{
    constexpr int most_steps = 2'000;
    Listing wanted;
    bool slept = false;
    int k = 0;
    for (; !slept && k < most_steps; k += k < 40 ? 1 : 7) {
        const auto name = "f" + std::to_string(k);
        const auto text = content(k % 2 ? 100 : 70'000, static_cast<unsigned>(k));
        write(name, text);
        wanted[name] = stored(text);
        const auto scheduler = make();
        auto run = start(scheduler.run());
        for (int step = 0; step < k && !clock->someone_sleeps(); ++step)
            context.run_one_for(100ms);
        slept = clock->someone_sleeps();
        run.cancel();
        BOOST_CHECK_THROW(end(run), boost::system::system_error);
        BOOST_TEST(!clock->someone_sleeps());
        if (k % 5 == 0) {
            wait(scheduler.trigger());
            BOOST_CHECK(listing() == wanted);
        }
    }
    BOOST_TEST(slept);
    wait(make().trigger());
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(stop_may_be_cancelled_at_every_step_and_run_ends)
{
    constexpr int most_steps = 2'000;
    bool stopped = false;
    int cancelled = 0;
    for (int k = 0; !stopped && k < most_steps; k += k < 20 ? 1 : 7) {
        write("f" + std::to_string(k), content(100, static_cast<unsigned>(k)));
        const auto scheduler = make();
        auto run = start(scheduler.run());
        drive_until_asleep();
        append("f" + std::to_string(k), "more");
        auto stop = start(scheduler.stop());
        for (int step = 0; step < k && !stop.done(); ++step)
            context.run_one_for(100ms);
        stopped = stop.done();
        stop.cancel();
        try {
            BOOST_TEST(end(stop).has_value()); // the last push was over when the cancel came
        } catch (const boost::system::system_error&) {
            ++cancelled;
        }
        end(run);
    }
    BOOST_TEST(stopped);
    BOOST_TEST(cancelled > 10);
}

BOOST_AUTO_TEST_CASE(callers_on_several_threads)
{
    asio::io_context many;
    auto options = hub_options();
    options.clock = nullptr;
    options.on_warning = nullptr;
    Hub other(many, options);
    std::atomic<int> at_once = 0, pushes = 0, ended = 0;
    CommitSchedulerHooks hooks;
    hooks.push_to_hub = [&](CommitScheduler scheduler) -> asio::awaitable<std::optional<CommitInfo>> {
        if (++at_once != 1) throw std::runtime_error("two pushes at once");
        ++pushes;
        auto info = co_await scheduler.push_folder();
        --at_once;
        co_return info;
    };
    const CommitScheduler scheduler(other, repo, folder.path(), {}, hooks);
    const auto caller = [&](int id) -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) {
            {
                const auto lock = co_await scheduler.lock();
                write(std::to_string(id) + "-" + std::to_string(i), std::to_string(i));
            }
            co_await scheduler.trigger();
        }
    };
    const auto all = [&]() -> asio::awaitable<void> {
        for (int id = 0; id < 8; ++id)
            asio::co_spawn(many, caller(id), [&](std::exception_ptr failure) {
                if (!failure) ++ended;
            });
        while (ended != 8)
            co_await poll();
    };
    auto run = asio::co_spawn(many, scheduler.run_while(all()), asio::use_future);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] { many.run(); });
    BOOST_REQUIRE(run.wait_for(60s) == std::future_status::ready);
    run.get();
    threads.clear();
    BOOST_TEST(pushes <= 42);
    BOOST_TEST(listing().size() == 40u);
}

// While all are parked: what still runs on the worker pool must be waited for (see Hub).
BOOST_AUTO_TEST_CASE(a_loop_that_is_destroyed_takes_the_parked_ones_with_it)
{
    bool parked = false;
    CommitSchedulerHooks hooks;
    hooks.push_to_hub = [&](CommitScheduler scheduler) -> asio::awaitable<std::optional<CommitInfo>> {
        const auto lock = co_await scheduler.lock();
        asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        parked = true;
        co_await timer.async_wait(asio::use_awaitable);
        co_return std::nullopt;
    };
    auto doomed = std::make_unique<asio::io_context>();
    const auto ignore = [](std::exception_ptr, auto...) {};
    {
        const CommitScheduler scheduler(Hub(*doomed, hub_options()), repo, folder.path(), {}, hooks);
        asio::co_spawn(*doomed, scheduler.run(), ignore);
        asio::co_spawn(*doomed, scheduler.trigger(), ignore);
        asio::co_spawn(*doomed, scheduler.lock(), ignore);
        while (!parked && doomed->run_one_for(10s) > 0) {
        }
        asio::co_spawn(*doomed, scheduler.stop(), ignore);
        for (int i = 0; i < 30; ++i)
            doomed->poll_one();
    }
    BOOST_TEST(parked);
    doomed.reset();
}

BOOST_AUTO_TEST_SUITE_END()
