// Bodies of <hfasync/cancel.hpp>.
#pragma once

#include <hfasync/impl/outcome.hpp>

namespace hfasync {

template <class T>
boost::asio::awaitable<T> with_deadline(boost::asio::awaitable<T> call, std::chrono::nanoseconds limit)
{
    if constexpr (std::is_void_v<T>) {
        co_await detail::run_with_deadline(std::move(call), limit);
    } else {
        std::optional<T> result; // outlives the call: run_with_deadline waits for its end
        co_await detail::run_with_deadline(detail::store_result(std::move(call), &result), limit);
        co_return std::move(*result);
    }
}

} // namespace hfasync
