// The line of those who want a CommitScheduler to push.
#include "transfer/commit_scheduler.hpp"

#include <boost/asio/this_coro.hpp>

namespace hfasync {

namespace asio = boost::asio;

using StatePtr = std::shared_ptr<CommitScheduler::State>;
using MaybeCommit = std::optional<CommitInfo>;

/// One who wants a push that begins after he came.
struct CommitScheduler::State::Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : wakeup(executor) {}
    struct Outcome {
        MaybeCommit info;
        std::exception_ptr failure;
        MaybeCommit get() const
        {
            if (failure) std::rethrow_exception(failure);
            return info;
        }
    };
    detail::Wakeup wakeup;
    std::shared_ptr<const Outcome> outcome; ///< set before he is woken; null: it is his turn to push
    bool gone = false;                      ///< under State::mutex
};

namespace {

using Waiter = CommitScheduler::State::Waiter;

/// The right to push. Handed to the next in line when it ends, whichever way that is.
class Leadership {
public:
    explicit Leadership(StatePtr state) : state_(std::move(state)) {}
    Leadership(const Leadership&) = delete;
    ~Leadership()
    {
        if (outcome_) {
            for (const auto& waiter : served_) {
                waiter->outcome = outcome_;
                waiter->wakeup.wake();
            }
            served_.clear();
        }
        const std::scoped_lock lock(state_->mutex);
        state_->waiting.splice(state_->waiting.begin(), served_); // cancelled: they still want a push
        while (!state_->waiting.empty()) {
            const auto next = state_->waiting.front();
            state_->waiting.pop_front();
            if (!next->gone && next->wakeup.wake()) return;
        }
        state_->pushing = false;
    }
    /// All who wait now are served by this push.
    void begin()
    {
        const std::scoped_lock lock(state_->mutex);
        served_ = std::move(state_->waiting);
        state_->waiting.clear();
    }
    void finish(std::shared_ptr<const Waiter::Outcome> outcome) { outcome_ = std::move(outcome); }

private:
    StatePtr state_;
    std::list<std::shared_ptr<Waiter>> served_;
    std::shared_ptr<const Waiter::Outcome> outcome_;
};

/// A place in the line, left on every path.
class Place {
public:
    Place(StatePtr state, std::shared_ptr<Waiter> waiter)
        : state_(std::move(state)), waiter_(std::move(waiter))
    {
    }
    Place(const Place&) = delete;
    ~Place()
    {
        const std::scoped_lock lock(state_->mutex);
        waiter_->gone = true;
        state_->waiting.remove(waiter_);
    }
    /// false: nobody pushes, it is this one's turn.
    bool stand_in_line()
    {
        const std::scoped_lock lock(state_->mutex);
        if (!std::exchange(state_->pushing, true)) return false;
        state_->waiting.push_back(waiter_);
        return true;
    }

private:
    StatePtr state_;
    std::shared_ptr<Waiter> waiter_;
};

void tell(CommitScheduler::State& state, const Waiter::Outcome& outcome)
{
    auto report = state.report;
    report.commit = outcome.info;
    report.failure = outcome.failure;
    if (state.hooks.on_push) state.hooks.on_push(report);
}

} // namespace

asio::awaitable<MaybeCommit> detail::push_in_turn(StatePtr state)
{
    const auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
    Place place(state, waiter);
    if (place.stand_in_line()) {
        if (!co_await waiter->wakeup.wait())
            throw CancelledError(errc::cancelled, "The call was cancelled while it waited for a push.");
        if (waiter->outcome) co_return waiter->outcome->get();
    }
    Leadership leadership(state);
    leadership.begin();
    auto outcome = std::make_shared<Waiter::Outcome>();
    if (!state->ended.is_set()) {
        try {
            outcome->info = co_await detail::push_once(state);
        } catch (...) {
            outcome->failure = std::current_exception();
        }
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        // A cancel of this caller is none of the others' business: the next of them pushes.
        if (outcome->failure && cancellation.cancelled() != asio::cancellation_type::none)
            std::rethrow_exception(outcome->failure);
        tell(*state, *outcome);
    }
    leadership.finish(outcome);
    co_return outcome->get();
}

} // namespace hfasync
