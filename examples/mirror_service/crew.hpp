// Coroutines that end before their owner does.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <exception>
#include <list>
#include <memory>

namespace mirror {

namespace asio = boost::asio;

/// All on one thread. The first one that throws (other than by a cancel) cancels the rest. The owner has to
/// await join().
class Crew {
public:
    explicit Crew(asio::any_io_executor executor);
    Crew(const Crew&) = delete;

    void start(asio::awaitable<void> work);
    void cancel();
    std::size_t size() const { return state_->running; }
    /// Waits for all of them, and rethrows the first failure. A cancel from outside is passed on to them, and
    /// thrown when they have ended; what the caller awaits after that cannot be cancelled.
    asio::awaitable<void> join();
    /// The same for one that has cancelled them, where failures no longer matter.
    asio::awaitable<void> cancel_and_join();

private:
    struct State {
        explicit State(const asio::any_io_executor& executor) : changed(executor) {}
        std::list<asio::cancellation_signal> signals;
        std::size_t running = 0;
        bool cancelled = false;
        std::exception_ptr failure;
        asio::steady_timer changed;
    };
    static void cancel_all(State& state);

    asio::any_io_executor executor_;
    std::shared_ptr<State> state_;
};

/// Whether that is how a cancelled call ends.
bool is_cancel(const std::exception_ptr& failure);

} // namespace mirror
