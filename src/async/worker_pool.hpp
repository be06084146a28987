// Threads for hashing and disk, so that nothing blocks the io_context.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace hfasync::detail {

/// A fixed number of threads. `run` is not cancellable in the middle of f: the caller resumes after f ended.
class WorkerPool {
public:
    explicit WorkerPool(std::size_t threads) : pool_(threads) {}
    ~WorkerPool() { pool_.join(); }

    /// Calls f on a worker and resumes the caller on its own executor with the result, or its exception.
    template <class F>
    boost::asio::awaitable<std::invoke_result_t<F&>> run(F f)
    {
        using R = std::invoke_result_t<F&>;
        struct Outcome {
            std::conditional_t<std::is_void_v<R>, char, std::optional<R>> result{};
            std::exception_ptr error;
        } outcome;
        // The operation ignores the cancellation slot and the handler owns this frame, so f and outcome may
        // be referred to until the handler has run.
        co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void()>(
            [this, &f, &outcome](auto handler) {
                auto work = boost::asio::make_work_guard(boost::asio::get_associated_executor(handler));
                boost::asio::post(
                    pool_, [&f, &outcome, handler = std::move(handler), work = std::move(work)]() mutable {
                        try {
                            if constexpr (std::is_void_v<R>)
                                f();
                            else
                                outcome.result.emplace(f());
                        } catch (...) {
                            outcome.error = std::current_exception();
                        }
                        auto executor = work.get_executor();
                        boost::asio::post(executor, std::move(handler));
                    });
            },
            boost::asio::use_awaitable);
        if (outcome.error) std::rethrow_exception(outcome.error);
        if constexpr (!std::is_void_v<R>) co_return std::move(*outcome.result);
    }

    boost::asio::thread_pool::executor_type executor() { return pool_.get_executor(); }

private:
    boost::asio::thread_pool pool_;
};

} // namespace hfasync::detail
