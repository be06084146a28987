// One thread for what blocks: SQLite and the file system.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <boost/system/system_error.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace mirror {

namespace asio = boost::asio;

/// What one step of long work may take.
class Turn {
public:
    explicit Turn(const std::atomic<bool>& stop) : stop_(stop) {}
    bool is_over() const { return stop_ || std::chrono::steady_clock::now() >= end_; }
    bool is_stopped() const { return stop_; } ///< nobody waits for the rest

private:
    static constexpr std::chrono::milliseconds length{10};
    const std::atomic<bool>& stop_;
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + length;
};

/// Runs functions one after the other on a thread of its own; the awaiting coroutine goes on where it was.
class Worker {
public:
    ~Worker()
    {
        stop_ = true;
        pool_.join();
    }

    /// Not cancellable: what runs is short, and refers to the frame of who waits.
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

    /// Long work: `step` (of a Turn) does some of it, and says whether there is more. Between two steps other
    /// work gets its turn. A cancel ends the step that runs, or keeps it from being begun.
    template <class F>
    asio::awaitable<void> run_in_turns(F step)
    {
        std::atomic<bool> stop = false;
        bool more = true;
        const auto one = [&] { more = !stop && step(Turn(stop)); };
        while (more) {
            co_await attempt(one, &stop);
            if (stop) throw boost::system::system_error(asio::error::operation_aborted);
        }
    }

    /// The same for work that nobody waits for; what is left of it when the Worker goes is not done. `step`
    /// must not throw.
    template <class F>
    void in_background(F step)
    {
        asio::post(pool_, [this, step = std::move(step)]() mutable {
            if (!stop_ && step(Turn(stop_))) in_background(std::move(step));
        });
    }

private:
    // `work` and `stop`, which a cancel sets, are in the frame of who calls, which is suspended meanwhile.
    template <class F>
    asio::awaitable<void> attempt(F& work, std::atomic<bool>* stop = nullptr)
    {
        return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
            [this, &work, stop](auto handler) {
                auto executor = asio::get_associated_executor(handler, pool_.get_executor());
                auto slot = asio::get_associated_cancellation_slot(handler);
                if (stop && slot.is_connected())
                    slot.assign([stop](asio::cancellation_type) { *stop = true; });
                asio::post(pool_, [&work, stop, slot, handler = std::move(handler),
                                   guard = asio::make_work_guard(executor)]() mutable {
                    std::exception_ptr failed;
                    try {
                        work();
                    } catch (...) {
                        failed = std::current_exception();
                    }
                    asio::post(guard.get_executor(),
                               [handler = std::move(handler), failed, stop, slot]() mutable {
                                   if (stop) slot.clear(); // the frame may go now
                                   std::move(handler)(failed);
                               });
                });
            },
            asio::use_awaitable);
    }

    std::atomic<bool> stop_ = false;
    asio::thread_pool pool_{1};
};

} // namespace mirror
