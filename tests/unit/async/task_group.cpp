#include "async/task_group.hpp"

#include <boost/asio.hpp>

#include <stdexcept>

#include <hfasync/error.hpp>

#include "unit/async/run.hpp"

BOOST_AUTO_TEST_SUITE(async_task_group)

namespace asio = boost::asio;
using hfasync::detail::for_each_index;
using hfasync::detail::run_group;
using hfasync::detail::TaskGroup;
using hfasync::test::run;

namespace {
asio::awaitable<void> forever(std::shared_ptr<int> ended)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    ++*ended;
    if (error) throw boost::system::system_error(error);
}
asio::awaitable<void> fail(std::string text)
{
    co_await asio::post(asio::use_awaitable);
    throw std::runtime_error(text);
}
} // namespace

BOOST_AUTO_TEST_CASE(runs_all_children_before_it_returns)
{
    asio::io_context context;
    std::atomic<int> done{0};
    run(context, run_group([&](TaskGroup& group) -> asio::awaitable<void> {
            for (int i = 0; i < 10; ++i)
                group.spawn([](std::atomic<int>& counter) -> asio::awaitable<void> {
                    co_await asio::post(asio::use_awaitable);
                    ++counter;
                }(done));
            co_return;
        }));
    BOOST_TEST(done.load() == 10);
}

BOOST_AUTO_TEST_CASE(the_first_failure_cancels_the_rest_and_is_thrown)
{
    asio::io_context context;
    const auto ended = std::make_shared<int>(0);
    BOOST_CHECK_EXCEPTION(run(context, run_group([&](TaskGroup& group) -> asio::awaitable<void> {
                                  group.spawn(forever(ended));
                                  group.spawn(fail("first"));
                                  group.spawn(forever(ended));
                                  co_return;
                              })),
                          std::runtime_error, [](const auto& e) { return e.what() == std::string("first"); });
    BOOST_TEST(*ended == 2);
}

BOOST_AUTO_TEST_CASE(keep_going_lets_the_others_finish)
{
    asio::io_context context;
    int done = 0;
    BOOST_CHECK_THROW(run(context, run_group(
                                       [&](TaskGroup& group) -> asio::awaitable<void> {
                                           group.spawn(fail("one"));
                                           group.spawn([](int& counter) -> asio::awaitable<void> {
                                               for (int i = 0; i < 5; ++i)
                                                   co_await asio::post(asio::use_awaitable);
                                               ++counter;
                                           }(done));
                                           co_return;
                                       },
                                       true)),
                      std::runtime_error);
    BOOST_TEST(done == 1);
}

BOOST_AUTO_TEST_CASE(a_throwing_body_cancels_and_joins)
{
    asio::io_context context;
    const auto ended = std::make_shared<int>(0);
    BOOST_CHECK_THROW(run(context, run_group([&](TaskGroup& group) -> asio::awaitable<void> {
                              group.spawn(forever(ended));
                              co_await asio::post(asio::use_awaitable);
                              co_await asio::post(asio::use_awaitable);
                              throw std::logic_error("body");
                          })),
                      std::logic_error);
    BOOST_TEST(*ended == 1);
}

BOOST_AUTO_TEST_CASE(a_cancel_of_the_parent_reaches_the_children)
{
    for (const bool while_body_waits : {false, true}) {
        asio::io_context context;
        const auto ended = std::make_shared<int>(0);
        asio::cancellation_signal signal;
        std::exception_ptr outcome;
        bool finished = false;
        asio::co_spawn(context, run_group([&](TaskGroup& group) -> asio::awaitable<void> {
                           for (int i = 0; i < 3; ++i)
                               group.spawn(forever(ended));
                           if (while_body_waits) co_await group.wait_below(1);
                       }),
                       asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error) {
                           outcome = error;
                           finished = true;
                       }));
        context.poll();
        BOOST_TEST(!finished);
        signal.emit(asio::cancellation_type::terminal);
        context.restart();
        context.run_for(std::chrono::seconds(10));
        BOOST_TEST(finished);
        BOOST_TEST(*ended == 3);
        BOOST_REQUIRE(outcome);
        BOOST_CHECK_THROW(std::rethrow_exception(outcome), hfasync::CancelledError);
    }
}

BOOST_AUTO_TEST_CASE(wait_below_bounds_the_fan_out)
{
    asio::io_context context;
    std::size_t most = 0;
    run(context, run_group([&](TaskGroup& group) -> asio::awaitable<void> {
            for (int i = 0; i < 50; ++i) {
                co_await group.wait_below(4);
                group.spawn([]() -> asio::awaitable<void> { co_await asio::post(asio::use_awaitable); }());
                most = std::max(most, group.running());
            }
        }));
    BOOST_TEST(most <= 4u);
    BOOST_TEST(most >= 2u);
}

BOOST_AUTO_TEST_CASE(for_each_index_visits_each_once_on_many_threads)
{
    asio::io_context context;
    std::vector<std::atomic<int>> visits(500);
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    run(context,
        for_each_index(visits.size(), 8,
                       [&](std::size_t i) -> asio::awaitable<void> {
                           const int inside = ++now;
                           int seen = most.load();
                           while (inside > seen && !most.compare_exchange_weak(seen, inside)) {
                           }
                           co_await asio::post(asio::use_awaitable);
                           ++visits[i];
                           --now;
                       }),
        4);
    for (const auto& count : visits)
        BOOST_REQUIRE(count.load() == 1);
    BOOST_TEST(most.load() <= 8);
}

BOOST_AUTO_TEST_CASE(for_each_index_stops_at_the_first_failure)
{
    asio::io_context context;
    int started = 0;
    BOOST_CHECK_THROW(run(context, for_each_index(1000, 2,
                                                  [&](std::size_t i) -> asio::awaitable<void> {
                                                      ++started;
                                                      co_await asio::post(asio::use_awaitable);
                                                      if (i == 3) throw std::out_of_range("three");
                                                  })),
                      std::out_of_range);
    BOOST_TEST(started < 20);
}

BOOST_AUTO_TEST_CASE(no_items_is_no_work)
{
    asio::io_context context;
    run(context,
        for_each_index(0, 8, [](std::size_t) -> asio::awaitable<void> { throw std::logic_error("called"); }));
}

BOOST_AUTO_TEST_SUITE_END()
