#include "byte_budget.hpp"

#include <algorithm>
#include <list>

#include <hfasync/error.hpp>

namespace cache_server {

struct ByteBudget::State {
    State(const asio::any_io_executor& executor, std::uint64_t bytes)
        : changed(executor), free(bytes), all(bytes)
    {
    }
    Signal changed;
    std::uint64_t free;
    const std::uint64_t all;
    std::list<const Place*> waiting; ///< who came first is first
};

/// A place in the queue; also one that is given up makes room for the next.
struct ByteBudget::Place {
    explicit Place(std::shared_ptr<State> of) : state(std::move(of))
    {
        at = state->waiting.insert(state->waiting.end(), this);
    }
    ~Place()
    {
        state->waiting.erase(at);
        state->changed.notify();
    }
    Place(const Place&) = delete;
    bool has_turn(std::uint64_t bytes) const
    {
        return state->waiting.front() == this && bytes <= state->free;
    }
    std::shared_ptr<State> state;
    std::list<const Place*>::iterator at;
};

void ByteBudget::Share::shrink_to(std::uint64_t bytes)
{
    if (bytes >= bytes_) return;
    state_->free += bytes_ - bytes;
    bytes_ = bytes;
    state_->changed.notify();
}

ByteBudget::ByteBudget(const asio::any_io_executor& executor, std::uint64_t bytes,
                       std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(executor, bytes)), patience_(patience)
{
}

asio::awaitable<std::shared_ptr<ByteBudget::Share>> ByteBudget::take(std::uint64_t bytes)
{
    const auto state = state_;
    bytes = std::min(bytes, state->all);
    const Place place(state);
    asio::steady_timer alarm(co_await asio::this_coro::executor, patience_);
    // The signal says nothing but "look again": the wait below finds out that it is late.
    alarm.async_wait([state](boost::system::error_code cancelled) {
        if (!cancelled) state->changed.notify();
    });
    while (!place.has_turn(bytes)) {
        if (alarm.expiry() <= asio::steady_timer::clock_type::now())
            // Not an error of the upstream, which is therefore not taken to be down.
            throw hfasync::HubError(hfasync::errc::rate_limited,
                                    "This cache is busy with other long answers. Try again later.",
                                    {.status = 503});
        co_await state->changed.wait();
    }
    state->free -= bytes;
    co_return std::make_shared<Share>(state, bytes);
}

} // namespace cache_server
