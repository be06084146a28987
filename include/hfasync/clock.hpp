// Time that tests can inject.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>

#include <hfasync/time.hpp>

namespace hfasync {

/// Where the library reads the time and waits. One per Hub (HubOptions::clock); the default waits on Asio
/// timers. Socket timeouts always use the real clock.
class Clock {
public:
    using Steady = std::chrono::steady_clock;
    virtual ~Clock() = default;
    virtual Steady::time_point now() const;
    virtual Timestamp wall() const;
    /// Waits on the caller's executor. *Cancellation*: terminal and partial, at once.
    virtual boost::asio::awaitable<void> sleep_until(Steady::time_point when);
};

} // namespace hfasync
