#include "crew.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <hfasync/error.hpp>

namespace mirror {

bool is_cancel(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const hfasync::CancelledError&) {
        return true;
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

Crew::Crew(asio::any_io_executor executor)
    : executor_(std::move(executor)), state_(std::make_shared<State>(executor_))
{
}

void Crew::start(asio::awaitable<void> work)
{
    const auto signal = state_->signals.emplace(state_->signals.end());
    ++state_->running;
    asio::co_spawn(executor_, std::move(work),
                   asio::bind_cancellation_slot(signal->slot(),
                                                [state = state_, signal](const std::exception_ptr& failure) {
                                                    state->signals.erase(signal);
                                                    --state->running;
                                                    if (failure && !is_cancel(failure)) {
                                                        if (!state->failure) state->failure = failure;
                                                        cancel_all(*state);
                                                    }
                                                    state->changed.cancel();
                                                }));
    if (state_->cancelled) cancel(); // it came too late
}

void Crew::cancel_all(State& state)
{
    state.cancelled = true;
    // One that ends by it takes its signal out of the list, but not before this returns: ends are posted.
    for (auto signal = state.signals.begin(); signal != state.signals.end();) {
        const auto next = std::next(signal);
        signal->emit(asio::cancellation_type::terminal);
        signal = next;
    }
}

void Crew::cancel()
{
    // Who cancels may be one of them, and cannot be cancelled while it runs.
    asio::post(executor_, [state = state_] { cancel_all(*state); });
}

asio::awaitable<void> Crew::join()
{
    constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
    bool from_outside = false;
    co_await asio::this_coro::throw_if_cancelled(false);
    while (state_->running > 0) {
        state_->changed.expires_at(asio::steady_timer::time_point::max());
        co_await state_->changed.async_wait(no_throw);
        const auto cancel_state = co_await asio::this_coro::cancellation_state;
        if (cancel_state.cancelled() == asio::cancellation_type::none) continue;
        from_outside = true;
        cancel_all(*state_);
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    }
    // The state of the cancel has been used up: the exception carries it on.
    if (from_outside) throw boost::system::system_error(asio::error::operation_aborted);
    co_await asio::this_coro::throw_if_cancelled(true);
    if (state_->failure) std::rethrow_exception(state_->failure);
}

asio::awaitable<void> Crew::cancel_and_join()
{
    cancel();
    try {
        co_await join();
    } catch (...) { // ended by a failure of its own
    }
}

} // namespace mirror
