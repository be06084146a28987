// Runs a coroutine to its end on a context of its own, with a bounded wait.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <hfasync/impl/outcome.hpp>

namespace hfasync::test {

inline void run(boost::asio::io_context& context, boost::asio::awaitable<void> work, int threads = 1)
{
    bool ended = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr error) {
        ended = true;
        failure = std::move(error);
    });
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i)
        others.emplace_back([&] { context.run_for(std::chrono::seconds(20)); });
    context.run_for(std::chrono::seconds(20));
    for (auto& thread : others)
        thread.join();
    BOOST_REQUIRE(ended);
    if (failure) std::rethrow_exception(failure);
}

/// The same with its result.
template <class T>
T run(boost::asio::awaitable<T> call)
{
    boost::asio::io_context context;
    std::optional<T> result;
    run(context, detail::store_result(std::move(call), &result));
    return std::move(result.value());
}
inline void run(boost::asio::awaitable<void> call)
{
    boost::asio::io_context context;
    run(context, std::move(call));
}

} // namespace hfasync::test
