#include "async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <list>
#include <mutex>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

struct Child {
    explicit Child(const asio::any_io_executor& executor) : strand(asio::make_strand(executor)) {}
    asio::strand<asio::any_io_executor> strand;
    asio::cancellation_signal signal; ///< touched on the strand only
};

} // namespace

struct TaskGroup::State {
    asio::any_io_executor executor;
    bool keep_going = false;

    mutable std::mutex mutex;
    std::list<std::shared_ptr<Child>> children;
    bool cancelled = false;
    std::exception_ptr failure;
    std::shared_ptr<Wakeup> parent; ///< waits for a child to end

    void cancel_locked()
    {
        cancelled = true;
        for (const auto& child : children)
            asio::post(child->strand, [child] { child->signal.emit(asio::cancellation_type::terminal); });
    }
    void ended(std::list<std::shared_ptr<Child>>::iterator child, std::exception_ptr error)
    {
        const std::scoped_lock lock(mutex);
        children.erase(child);
        // After a cancel of the group, what the children throw is its echo.
        if (error && !failure && !cancelled) {
            failure = std::move(error);
            if (!keep_going) cancel_locked();
        }
        if (parent) parent->wake();
        parent.reset();
    }
};

TaskGroup::TaskGroup(asio::any_io_executor executor, bool keep_going) : state_(std::make_shared<State>())
{
    state_->executor = std::move(executor);
    state_->keep_going = keep_going;
}

TaskGroup::~TaskGroup()
{
    // When the io_context is destroyed under a suspended parent, nobody can join; the children go with it.
    if (running() != 0) cancel();
}

void TaskGroup::spawn(asio::awaitable<void> child)
{
    const auto state = state_;
    const auto entry = std::make_shared<Child>(state->executor);
    std::list<std::shared_ptr<Child>>::iterator place;
    {
        const std::scoped_lock lock(state->mutex);
        if (state->cancelled) return;
        place = state->children.insert(state->children.end(), entry);
    }
    // Posted, not dispatched: spawn() returns before the child's first step.
    asio::post(entry->strand, [state, entry, place, task = std::move(child)]() mutable {
        asio::co_spawn(
            entry->strand, std::move(task),
            asio::bind_cancellation_slot(entry->signal.slot(), [state, place](std::exception_ptr error) {
                state->ended(place, std::move(error));
            }));
    });
}

asio::awaitable<void> TaskGroup::wait_below(std::size_t most)
{
    for (;;) {
        std::shared_ptr<Wakeup> wakeup;
        {
            const auto executor = co_await asio::this_coro::executor;
            const std::scoped_lock lock(state_->mutex);
            if (state_->children.size() < most || state_->failure) co_return;
            wakeup = state_->parent = std::make_shared<Wakeup>(executor);
        }
        if (!co_await wakeup->wait())
            throw CancelledError(errc::cancelled, "The call was cancelled while it waited for its tasks.");
    }
}

void TaskGroup::cancel()
{
    const std::scoped_lock lock(state_->mutex);
    if (!state_->cancelled) state_->cancel_locked();
}

std::size_t TaskGroup::running() const
{
    const std::scoped_lock lock(state_->mutex);
    return state_->children.size();
}

asio::awaitable<void> TaskGroup::join()
{
    const auto state = state_;
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    bool cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    if (cancelled) cancel();
    for (;;) {
        std::shared_ptr<Wakeup> wakeup;
        {
            const auto executor = co_await asio::this_coro::executor;
            const std::scoped_lock lock(state->mutex);
            if (state->children.empty()) break;
            wakeup = state->parent = std::make_shared<Wakeup>(executor);
        }
        if (!co_await wakeup->wait()) {
            cancelled = true;
            cancel();
        }
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (state->failure) std::rethrow_exception(std::exchange(state->failure, nullptr));
    if (cancelled) throw CancelledError(errc::cancelled, "The call was cancelled.");
}

asio::awaitable<void> run_group(std::function<asio::awaitable<void>(TaskGroup&)> body, bool keep_going)
{
    TaskGroup group(co_await asio::this_coro::executor, keep_going);
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    std::exception_ptr failure;
    try {
        co_await body(group);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) group.cancel();
    // A cancel that has already arrived must not make this co_await throw: the children still run.
    co_await asio::this_coro::throw_if_cancelled(false);
    std::exception_ptr of_children;
    try {
        co_await group.join();
    } catch (...) {
        of_children = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (failure) std::rethrow_exception(failure);
    if (of_children) std::rethrow_exception(of_children);
}

asio::awaitable<void> for_each_index(std::size_t count, std::size_t at_once,
                                     std::function<asio::awaitable<void>(std::size_t)> item)
{
    const auto next = std::make_shared<std::atomic<std::size_t>>(0);
    const auto work =
        [](std::shared_ptr<std::atomic<std::size_t>> shared, std::size_t end,
           const std::function<asio::awaitable<void>(std::size_t)>* each) -> asio::awaitable<void> {
        for (std::size_t i = (*shared)++; i < end; i = (*shared)++)
            co_await (*each)(i);
    };
    const auto workers = std::min(count, std::max<std::size_t>(at_once, 1));
    const auto spawn_all = [](TaskGroup& group, std::size_t most,
                              std::function<asio::awaitable<void>()> make) -> asio::awaitable<void> {
        for (std::size_t i = 0; i < most; ++i)
            group.spawn(make());
        co_return;
    };
    // No coroutine itself: what it captures lives in this frame.
    const auto start = [&](TaskGroup& group) {
        return spawn_all(group, workers, [&] { return work(next, count, &item); });
    };
    co_await run_group(start);
}

} // namespace hfasync::detail
