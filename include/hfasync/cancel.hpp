// Deadlines around any awaitable.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>

#include <hfasync/error.hpp>

namespace hfasync {

/// Awaits `call`; when it has not finished after `limit`, cancels it, waits until it has released everything,
/// and throws TimeoutError. A cancel from outside is passed on and ends in CancelledError.
///
/// To cancel a call by hand, use Asio's own means: a bound cancellation slot, or `as_result(call) ||
/// timer.async_wait(...)`. (`||` waits for the first success: without as_result, the failure of a call
/// is lost when the timer ends.)
template <class T>
boost::asio::awaitable<T> with_deadline(boost::asio::awaitable<T> call, std::chrono::nanoseconds limit);

} // namespace hfasync

#include <hfasync/impl/cancel.hpp>
