// One thread for what blocks: SQLite and the file system.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace mirror {

namespace asio = boost::asio;

/// Runs functions one after the other on a thread of its own; the awaiting coroutine goes on where it was.
/// Not cancellable: what runs is short, and refers to the frame of who waits.
class Worker {
public:
    ~Worker() { pool_.join(); }

    template <class F>
    asio::awaitable<std::invoke_result_t<F&>> run(F work)
    {
        using Result = std::invoke_result_t<F&>;
        if constexpr (std::is_void_v<Result>) {
            co_await attempt(work);
        } else {
            std::optional<Result> result;
            const auto keep = [&] { result.emplace(work()); };
            co_await attempt(keep);
            co_return std::move(*result);
        }
    }

private:
    // `work` is in the frame of run(), which is suspended meanwhile.
    template <class F>
    asio::awaitable<void> attempt(F& work)
    {
        return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
            [this, &work](auto handler) {
                auto executor = asio::get_associated_executor(handler, pool_.get_executor());
                asio::post(pool_, [&work, handler = std::move(handler),
                                   guard = asio::make_work_guard(executor)]() mutable {
                    std::exception_ptr failed;
                    try {
                        work();
                    } catch (...) {
                        failed = std::current_exception();
                    }
                    asio::post(guard.get_executor(), [handler = std::move(handler), failed]() mutable {
                        std::move(handler)(failed);
                    });
                });
            },
            asio::use_awaitable);
    }

    asio::thread_pool pool_{1};
};

} // namespace mirror
