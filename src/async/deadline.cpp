#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <hfasync/error.hpp>
#include <hfasync/impl/outcome.hpp>

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

bool means_cancelled(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.code() == errc::cancelled;
    } catch (const boost::system::system_error& error) {
        return error.code() == boost::system::errc::operation_canceled;
    } catch (...) {
        return false;
    }
}

/// On a strand: the call and the timer, and both have ended when it ends.
asio::awaitable<void> race(asio::awaitable<void> call, std::chrono::nanoseconds limit)
{
    const auto strand = co_await asio::this_coro::executor;
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    asio::steady_timer timer(strand, limit);
    auto [order, failure, timer_failed] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(strand, std::move(call), asio::deferred), timer.async_wait(asio::deferred))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (!failure) co_return;
    if (!means_cancelled(failure)) std::rethrow_exception(failure);
    if (cancellation.cancelled() != asio::cancellation_type::none || timer_failed)
        throw CancelledError(errc::cancelled, "The call was cancelled");
    const auto seconds = std::chrono::duration<double>(limit).count();
    ErrorContext context;
    context.hint = "Give it more time, or look at the connection";
    throw TimeoutError(errc::timed_out, "The call had not finished after " + std::to_string(seconds) + " s",
                       std::move(context));
}

} // namespace

asio::awaitable<void> run_with_deadline(asio::awaitable<void> call, std::chrono::nanoseconds limit)
{
    // Cancellation signals are not thread-safe and the caller's executor may be many threads: all that emits
    // or hears one runs on a strand, and co_spawn dispatches a cancel from outside onto it.
    const auto executor = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    try {
        co_await asio::co_spawn(asio::make_strand(executor), race(std::move(call), limit),
                                asio::use_awaitable);
        co_return;
    } catch (...) {
        failure = std::current_exception();
    }
    // Asio's own operation_aborted, thrown when the cancel came before the call had begun.
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none && means_cancelled(failure))
        throw CancelledError(errc::cancelled, "The call was cancelled");
    std::rethrow_exception(failure);
}

void start_call(const asio::any_io_executor& executor, asio::awaitable<void> call,
                std::function<void(std::exception_ptr)> done)
{
    asio::co_spawn(executor, std::move(call), std::move(done));
}

} // namespace hfasync::detail
