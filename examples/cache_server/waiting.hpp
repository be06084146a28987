// How coroutines of one io_context wait for each other, and for the disk.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cache_server {

namespace asio = boost::asio;

/// Wakes all who wait. A waiter looks again at what it waits for: the wake-up itself says nothing.
class Signal {
public:
    explicit Signal(const asio::any_io_executor& executor)
        : timer_(executor, asio::steady_timer::time_point::max())
    {
    }
    asio::awaitable<void> wait() { co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable)); }
    void notify() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

/// Runs blocking work on an executor of other threads, and goes on here with its result. Work that has begun
/// is waited for: a cancellation would reach into the other thread, where nothing guards its state.
template <class Executor, class Work>
asio::awaitable<std::invoke_result_t<Work&>> run_on(Executor executor, Work work)
{
    using Result = std::invoke_result_t<Work&>;
    co_return co_await asio::co_spawn(
        executor,
        [work = std::move(work)]() mutable -> asio::awaitable<Result> {
            auto mine = std::move(work); // ends before the result is out, with the file that it may hold
            co_return mine();
        },
        asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

/// Callers that ask for the same thing at the same time share one question and its outcome.
template <class T>
class Shared {
public:
    template <class Ask>
    asio::awaitable<T> ask(std::string key, Ask ask)
    {
        if (auto at = pending_.find(key); at != pending_.end()) {
            const auto other = at->second;
            while (!other->done)
                co_await other->changed.wait();
            if (other->failure) std::rethrow_exception(other->failure);
            co_return *other->value;
        }
        const auto mine = std::make_shared<Pending>(co_await asio::this_coro::executor);
        pending_.emplace(key, mine);
        try {
            mine->value = co_await ask();
        } catch (...) {
            mine->failure = std::current_exception();
        }
        pending_.erase(key);
        mine->done = true;
        mine->changed.notify();
        if (mine->failure) std::rethrow_exception(mine->failure);
        co_return *mine->value;
    }

private:
    struct Pending {
        explicit Pending(const asio::any_io_executor& executor) : changed(executor) {}
        Signal changed;
        std::optional<T> value;
        std::exception_ptr failure;
        bool done = false;
    };
    std::map<std::string, std::shared_ptr<Pending>> pending_;
};

} // namespace cache_server
