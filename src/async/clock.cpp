#include <hfasync/clock.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <hfasync/error.hpp>

namespace hfasync {

namespace asio = boost::asio;

Clock::Steady::time_point Clock::now() const
{
    return Steady::now();
}

Timestamp Clock::wall() const
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

asio::awaitable<void> Clock::sleep_until(Steady::time_point when)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, when);
    boost::system::error_code failed;
    try {
        std::tie(failed) = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    } catch (const boost::system::system_error& error) {
        failed = error.code(); // Asio throws by itself when the cancel came before the wait
    }
    if (failed) throw CancelledError(errc::cancelled, "Waiting was cancelled");
}

} // namespace hfasync
