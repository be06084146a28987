#include "transfer/commit_background.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

/// Where the queue's side leaves the outcome and the awaiting side finds it; one waiter, any threads.
class Pending {
public:
    void settle(std::optional<CommitInfo> info, std::exception_ptr error)
    {
        const std::scoped_lock lock(mutex_);
        if (settled_) return;
        settled_ = true;
        info_ = std::move(info);
        error_ = std::move(error);
        if (waiter_) waiter_->wake();
    }
    /// false: there is nothing to wait for.
    bool park(std::shared_ptr<Wakeup> waiter)
    {
        const std::scoped_lock lock(mutex_);
        if (!settled_) waiter_ = std::move(waiter);
        return !settled_;
    }
    CommitInfo take()
    {
        const std::scoped_lock lock(mutex_);
        if (error_) std::rethrow_exception(error_);
        return std::move(info_).value();
    }

private:
    std::mutex mutex_;
    bool settled_ = false;
    std::optional<CommitInfo> info_;
    std::exception_ptr error_;
    std::shared_ptr<Wakeup> waiter_;
};

/// Held by the queued job alone: a job that is dropped before its end leaves nobody waiting.
class Settler {
public:
    explicit Settler(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
    ~Settler() { pending_->settle(std::nullopt, background_shut_down()); }
    Settler(const Settler&) = delete;
    void settle(std::optional<CommitInfo> info, std::exception_ptr error = nullptr)
    {
        pending_->settle(std::move(info), std::move(error));
    }

private:
    std::shared_ptr<Pending> pending_;
};

asio::awaitable<void> run_and_settle(asio::awaitable<CommitInfo> call, std::shared_ptr<Settler> settler)
{
    std::exception_ptr error;
    try {
        settler->settle(co_await std::move(call));
    } catch (...) {
        error = std::current_exception();
    }
    if (error) settler->settle(std::nullopt, error);
}

asio::awaitable<CommitInfo> outcome_of(std::shared_ptr<Pending> pending)
{
    const auto waiter = std::make_shared<Wakeup>(co_await asio::this_coro::executor);
    if (pending->park(waiter) && !co_await waiter->wait())
        throw CancelledError(errc::cancelled, "Nobody waits for the commit any more; it goes on by itself");
    co_return pending->take();
}

} // namespace

asio::awaitable<CommitInfo> run_in_background(BackgroundQueue& queue, asio::awaitable<CommitInfo> call)
{
    const auto pending = std::make_shared<Pending>();
    add_call(queue, [call = std::move(call), settler = std::make_shared<Settler>(pending)]() mutable {
        return run_and_settle(std::move(call), std::move(settler));
    });
    return outcome_of(pending);
}

} // namespace hfasync::detail
