// One parked coroutine that any thread may wake.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <optional>

namespace hfasync::detail {

/// One-shot. The waiting side is a timer that never expires, so that destroying the io_context also destroys
/// a parked coroutine; a mutex makes it safe to wake from any thread.
class Wakeup {
public:
    explicit Wakeup(const boost::asio::any_io_executor& executor);

    /// true: woken; false: cancelled (wake() then answers false). Never throws on a cancel by itself.
    boost::asio::awaitable<bool> wait();
    /// false when the waiter has already given up, or was woken before.
    bool wake();

private:
    enum class State { waiting, woken, abandoned };
    class Parked;
    std::mutex mutex_;
    std::optional<boost::asio::steady_timer> timer_; ///< gone once nobody waits
    State state_ = State::waiting;
};

} // namespace hfasync::detail
