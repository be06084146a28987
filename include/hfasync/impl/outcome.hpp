// Awaitables of any type as awaitable<void>, so that what drives them is compiled once, in the library.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace hfasync::detail {

/// `into` must outlive the call.
template <class T>
boost::asio::awaitable<void> store_result(boost::asio::awaitable<T> call, std::optional<T>* into)
{
    into->emplace(co_await std::move(call));
}

/// with_deadline for calls without a result.
boost::asio::awaitable<void> run_with_deadline(boost::asio::awaitable<void> call,
                                               std::chrono::nanoseconds limit);
/// Starts a call; `done` gets its exception or null, on `executor`.
void start_call(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> call,
                std::function<void(std::exception_ptr)> done);

} // namespace hfasync::detail
