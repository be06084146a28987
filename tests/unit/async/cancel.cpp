#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <string>

#include <hfasync/cancel.hpp>
#include <hfasync/impl/outcome.hpp>

using namespace hfasync;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct NoDefault {
    explicit NoDefault(int v) : value(v) {}
    int value;
};

asio::awaitable<NoDefault> at_once(int value)
{
    co_return NoDefault(value);
}

/// Waits for ever; when it is cancelled, takes a few turns of the loop to let go.
asio::awaitable<std::string> stubborn(bool* let_go)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    bool cancelled = false;
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        cancelled = true;
    }
    co_await asio::this_coro::reset_cancellation_state();
    for (int i = 0; i < 5; ++i)
        co_await asio::post(asio::use_awaitable);
    *let_go = true;
    if (cancelled) throw CancelledError(errc::cancelled, "stubborn");
    co_return "done";
}

template <class T>
T run(asio::awaitable<T> call)
{
    asio::io_context context;
    std::optional<T> result;
    std::exception_ptr failure;
    detail::start_call(context.get_executor(), detail::store_result(std::move(call), &result),
                       [&](std::exception_ptr e) { failure = e; });
    context.run_for(20s);
    if (failure) std::rethrow_exception(failure);
    return std::move(result.value());
}

void run(asio::awaitable<void> call)
{
    auto as_value = [](asio::awaitable<void> c) -> asio::awaitable<bool> {
        co_await std::move(c);
        co_return true;
    };
    run(as_value(std::move(call)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(async_cancel)

BOOST_AUTO_TEST_CASE(a_call_in_time_gives_its_value_and_the_timer_goes)
{
    BOOST_TEST(run(with_deadline(at_once(7), 1h)).value ==
               7); // run() would wait an hour for a timer left behind
    BOOST_TEST(run(with_deadline(at_once(8), std::chrono::nanoseconds::max())).value == 8);
}

BOOST_AUTO_TEST_CASE(a_late_call_is_cancelled_and_waited_for)
{
    bool let_go = false;
    BOOST_CHECK_THROW(run(with_deadline(stubborn(&let_go), 1ms)), TimeoutError);
    BOOST_TEST(let_go);
    let_go = false;
    BOOST_CHECK_THROW(run(with_deadline(stubborn(&let_go), 0ms)), TimeoutError);
    BOOST_TEST(let_go);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_call_passes_at_once)
{
    auto fails = []() -> asio::awaitable<void> {
        throw ValueError("bad");
        co_return;
    };
    BOOST_CHECK_THROW(run(with_deadline(fails(), 1h)), ValueError);
}

BOOST_AUTO_TEST_CASE(a_cancel_from_outside_is_passed_on_and_waited_for)
{
    asio::io_context context;
    asio::cancellation_signal signal;
    bool let_go = false, ended_after = false;
    std::exception_ptr failure;
    asio::co_spawn(context, with_deadline(stubborn(&let_go), 1h),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, std::string) {
                       failure = e;
                       ended_after = let_go;
                   }));
    context.poll();
    signal.emit(asio::cancellation_type::terminal);
    context.restart();
    context.run_for(20s);
    BOOST_REQUIRE(failure);
    BOOST_TEST(ended_after);
    BOOST_CHECK_THROW(std::rethrow_exception(failure), CancelledError);
}

BOOST_AUTO_TEST_CASE(nested_deadlines_the_outer_one_first)
{
    bool let_go = false;
    BOOST_CHECK_THROW(run(with_deadline(with_deadline(stubborn(&let_go), 1h), 1ms)), TimeoutError);
    BOOST_TEST(let_go);
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_races_with_the_end)
{
    asio::thread_pool pool(2);
    for (int round = 0; round < 200; ++round) {
        auto strand = asio::make_strand(pool);
        auto signal = std::make_shared<asio::cancellation_signal>();
        std::promise<bool> ended;
        bool let_go = false;
        asio::co_spawn(strand, with_deadline(stubborn(&let_go), round % 2 ? 50us : 1h),
                       asio::bind_cancellation_slot(signal->slot(), [&](std::exception_ptr e, std::string) {
                           ended.set_value(e != nullptr && let_go);
                       }));
        asio::post(strand, [signal] { signal->emit(asio::cancellation_type::terminal); });
        auto future = ended.get_future();
        BOOST_REQUIRE(future.wait_for(20s) == std::future_status::ready);
        BOOST_REQUIRE(future.get());
    }
    pool.join();
}

BOOST_AUTO_TEST_SUITE_END()
