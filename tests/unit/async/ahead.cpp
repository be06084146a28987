#include "async/ahead.hpp"

#include <boost/asio.hpp>

#include <atomic>
#include <future>
#include <stdexcept>

#include <hfasync/error.hpp>

#include "unit/async/run.hpp"

BOOST_AUTO_TEST_SUITE(async_ahead)

namespace asio = boost::asio;
using hfasync::CancelledError;
using hfasync::detail::Ahead;
using hfasync::test::run;

namespace {

asio::awaitable<int> at_once(int value, bool* begun)
{
    *begun = true;
    co_await asio::post(asio::use_awaitable);
    co_return value;
}

asio::awaitable<int> forever(std::shared_ptr<int> ended)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    ++*ended;
    throw boost::system::system_error(error);
}

} // namespace

BOOST_AUTO_TEST_CASE(it_begins_before_it_is_awaited_and_gives_its_result_once)
{
    const auto test = []() -> asio::awaitable<void> {
        Ahead<int> ahead;
        BOOST_TEST(!ahead.started());
        bool begun = false;
        ahead.start(co_await asio::this_coro::executor, at_once(7, &begun));
        BOOST_TEST(begun);
        BOOST_TEST(ahead.started());
        BOOST_TEST(co_await ahead.take() == 7);
        BOOST_TEST(!ahead.started());
        ahead.start(co_await asio::this_coro::executor, at_once(8, &begun));
        for (int i = 0; i < 10; ++i) // has ended long before it is asked for
            co_await asio::post(asio::use_awaitable);
        BOOST_TEST(co_await ahead.take() == 8);
    };
    run(test());
}

BOOST_AUTO_TEST_CASE(its_failure_comes_out_of_take)
{
    const auto test = []() -> asio::awaitable<void> {
        const auto fail = []() -> asio::awaitable<int> {
            co_await asio::post(asio::use_awaitable);
            throw std::runtime_error("broken");
        };
        Ahead<int> ahead;
        ahead.start(co_await asio::this_coro::executor, fail());
        co_await ahead.take();
    };
    BOOST_CHECK_EXCEPTION(run(test()), std::runtime_error,
                          [](const auto& e) { return e.what() == std::string("broken"); });
}

BOOST_AUTO_TEST_CASE(letting_go_of_it_cancels_it)
{
    asio::io_context context;
    const auto ended = std::make_shared<int>(0);
    const auto test = [](std::shared_ptr<int> count) -> asio::awaitable<void> {
        Ahead<int> ahead;
        ahead.start(co_await asio::this_coro::executor, forever(count));
    };
    run(context, test(ended)); // returns because nothing is left to run
    BOOST_TEST(*ended == 1);
}

BOOST_AUTO_TEST_CASE(a_cancel_of_the_waiter_reaches_it)
{
    asio::io_context context;
    const auto ended = std::make_shared<int>(0);
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    const auto wait = [](std::shared_ptr<int> count) -> asio::awaitable<void> {
        Ahead<int> ahead;
        ahead.start(co_await asio::this_coro::executor, forever(count));
        co_await ahead.take();
    };
    asio::co_spawn(context, wait(ended),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { failure = e; }));
    asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
    context.run_for(std::chrono::seconds(20));
    BOOST_REQUIRE(failure);
    BOOST_CHECK_THROW(std::rethrow_exception(failure), CancelledError);
    BOOST_TEST(*ended == 1);
}

BOOST_AUTO_TEST_CASE(it_may_outlive_its_io_context)
{
    Ahead<int> ahead;
    const auto ended = std::make_shared<int>(0);
    {
        asio::io_context context;
        ahead.start(context.get_executor(), forever(ended));
        context.poll();
    }
    BOOST_TEST(*ended == 0); // destroyed where it waited
    BOOST_TEST(ended.use_count() == 1);
    BOOST_CHECK_THROW(run(ahead.take()), CancelledError);
}

BOOST_AUTO_TEST_CASE(a_context_of_many_threads)
{
    asio::io_context context;
    std::atomic<int> sum{0};
    const auto test = [](std::atomic<int>& total) -> asio::awaitable<void> {
        bool begun = false;
        for (int i = 0; i < 2'000; ++i) {
            Ahead<int> ahead;
            ahead.start(co_await asio::this_coro::executor, at_once(1, &begun));
            if (i % 3 == 0) continue; // dropped while another thread may end it
            if (i % 3 == 1) co_await asio::post(asio::use_awaitable);
            total += co_await ahead.take();
        }
    };
    run(context, test(sum), 4);
    BOOST_TEST(sum.load() == 1'333);
}

BOOST_AUTO_TEST_SUITE_END()
