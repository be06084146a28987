#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>

#include <hfasync/clock.hpp>
#include <hfasync/error.hpp>

using namespace hfasync;
using namespace std::chrono_literals;
namespace asio = boost::asio;

BOOST_AUTO_TEST_SUITE(async_clock)

BOOST_AUTO_TEST_CASE(the_clock_waits_until_its_time_and_lets_go_on_cancel)
{
    Clock clock;
    asio::io_context context;
    std::exception_ptr passed, cancelled;
    asio::co_spawn(context, clock.sleep_until(clock.now() - 1s), [&](std::exception_ptr e) { passed = e; });
    asio::cancellation_signal signal;
    asio::co_spawn(context, clock.sleep_until(clock.now() + 1h),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { cancelled = e; }));
    asio::post(context,
               [&] { asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); }); });
    context.run_for(20s);
    BOOST_TEST(!passed);
    BOOST_REQUIRE(cancelled);
    BOOST_CHECK_THROW(std::rethrow_exception(cancelled), CancelledError);
}

BOOST_AUTO_TEST_SUITE_END()
