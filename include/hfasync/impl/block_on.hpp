// Bodies of <hfasync/hub.hpp>.
#pragma once

#include <atomic>
#include <type_traits>
#include <variant>

#include <hfasync/impl/outcome.hpp>

namespace hfasync {

template <class T>
T Hub::block_on(boost::asio::awaitable<T> call) const
{
    using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
    struct Outcome {
        std::optional<Stored> value;
        std::exception_ptr failure;
        std::atomic<bool> done = false;
    };
    // Shared, because the call stays behind when another handler throws through run_until().
    auto outcome = std::make_shared<Outcome>();
    auto finished = [outcome](std::exception_ptr failure) {
        outcome->failure = failure;
        outcome->done = true;
    };
    if constexpr (std::is_void_v<T>)
        detail::start_call(executor(), std::move(call), std::move(finished));
    else
        detail::start_call(executor(), detail::store_result(std::move(call), &outcome->value),
                           std::move(finished));
    run_until([&outcome] { return outcome->done.load(); });
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    if constexpr (!std::is_void_v<T>) return std::move(*outcome->value);
}

} // namespace hfasync
