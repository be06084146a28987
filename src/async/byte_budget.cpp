#include "async/byte_budget.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <list>
#include <mutex>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

struct BudgetWaiter {
    BudgetWaiter(const asio::any_io_executor& executor, std::uint64_t wanted)
        : wakeup(executor), amount(wanted)
    {
    }
    Wakeup wakeup;
    std::uint64_t amount;
};

struct BudgetState {
    std::mutex mutex;
    std::uint64_t total = 0;
    std::uint64_t used = 0;
    std::uint64_t peak = 0;
    std::list<std::shared_ptr<BudgetWaiter>> line;

    /// A request beyond the whole budget passes when nothing else is out.
    bool fits(std::uint64_t amount) const { return used == 0 || (amount <= total && used <= total - amount); }
    void take(std::uint64_t amount)
    {
        used += amount;
        peak = std::max(peak, used);
    }
    void serve()
    {
        while (!line.empty() && fits(line.front()->amount)) {
            const auto first = std::move(line.front());
            line.pop_front();
            if (first->wakeup.wake()) take(first->amount);
        }
    }
    void give_back(std::uint64_t amount)
    {
        const std::scoped_lock lock(mutex);
        used -= amount;
        serve();
    }
};

Budget::Budget(std::uint64_t total) : state_(std::make_shared<BudgetState>())
{
    state_->total = total;
}

Budget::~Budget() = default;

Budget::Grant& Budget::Grant::operator=(Grant&& o) noexcept
{
    if (this != &o) {
        release();
        state_ = std::move(o.state_);
        amount_ = std::exchange(o.amount_, 0);
    }
    return *this;
}

void Budget::Grant::release() noexcept
{
    if (!state_) return;
    state_->give_back(amount_);
    state_.reset();
    amount_ = 0;
}

bool Budget::try_acquire(std::uint64_t amount, Grant& grant)
{
    grant.release();
    const std::scoped_lock lock(state_->mutex);
    if (!state_->line.empty() || !state_->fits(amount)) return false;
    state_->take(amount);
    grant.state_ = state_;
    grant.amount_ = amount;
    return true;
}

asio::awaitable<Budget::Grant> Budget::acquire(std::uint64_t amount)
{
    Grant grant;
    if (try_acquire(amount, grant)) co_return grant;
    const auto state = state_; // the budget may go before the waiter does
    const auto waiter = std::make_shared<BudgetWaiter>(co_await asio::this_coro::executor, amount);
    {
        const std::scoped_lock lock(state->mutex);
        state->line.push_back(waiter);
        state->serve(); // something may have come back since the try
    }
    if (co_await waiter->wakeup.wait()) {
        grant.state_ = state;
        grant.amount_ = amount;
        co_return grant;
    }
    {
        const std::scoped_lock lock(state->mutex);
        state->line.remove(waiter);
        state->serve(); // who stood behind may fit
    }
    throw CancelledError(errc::cancelled,
                         "The call was cancelled while it waited for its share of a budget.");
}

std::uint64_t Budget::in_use() const
{
    const std::scoped_lock lock(state_->mutex);
    return state_->used;
}

std::uint64_t Budget::peak() const
{
    const std::scoped_lock lock(state_->mutex);
    return state_->peak;
}

std::uint64_t Budget::total() const
{
    return state_->total;
}

} // namespace hfasync::detail
