#include "async/worker_pool.hpp"

#include <boost/asio.hpp>

#include <future>
#include <thread>

#include "unit/async/run.hpp"

BOOST_AUTO_TEST_SUITE(async_worker_pool)

namespace asio = boost::asio;
using hfasync::detail::WorkerPool;
using hfasync::test::run;

BOOST_AUTO_TEST_CASE(runs_elsewhere_and_resumes_here)
{
    asio::io_context context;
    WorkerPool pool(1);
    const auto here = std::this_thread::get_id();
    run(context, [](WorkerPool& workers, std::thread::id caller) -> asio::awaitable<void> {
        const auto there = co_await workers.run([] { return std::this_thread::get_id(); });
        BOOST_TEST((there != caller));
        BOOST_TEST((std::this_thread::get_id() == caller));
        const auto moved =
            co_await workers.run([text = std::make_unique<int>(7)]() mutable { return std::move(text); });
        BOOST_TEST(*moved == 7);
    }(pool, here));
}

BOOST_AUTO_TEST_CASE(an_exception_reaches_the_caller)
{
    asio::io_context context;
    WorkerPool pool(1);
    BOOST_CHECK_THROW(run(context, pool.run([] { throw std::out_of_range("work"); })), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(a_cancel_waits_for_the_work_that_uses_the_frame)
{
    asio::io_context context;
    WorkerPool pool(1);
    asio::cancellation_signal signal;
    std::promise<void> gate;
    bool work_done = false;
    bool resumed_after_work = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            std::string in_the_frame = "still here";
            co_await pool.run([&] {
                gate.get_future().wait();
                BOOST_TEST(in_the_frame == "still here");
                work_done = true;
            });
            resumed_after_work = work_done;
        },
        asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    context.poll();
    signal.emit(asio::cancellation_type::terminal);
    context.poll();
    BOOST_TEST(!work_done);
    gate.set_value();
    context.run_for(std::chrono::seconds(10));
    BOOST_TEST(work_done);
    BOOST_TEST(resumed_after_work);
}

BOOST_AUTO_TEST_SUITE_END()
