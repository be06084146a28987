// Deadlines of pending operations, for any number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace hfasync::http {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Something that is ended when its time is up.
class Watched {
public:
    Watched() = default;
    Watched(const Watched&) = delete;
    virtual ~Watched() = default;

private:
    friend class Watchdog;
    /// On the thread that found it, under the watchdog's lock; must neither throw nor call the watchdog.
    virtual void expire() noexcept = 0;
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
    std::atomic<std::int64_t> deadline_{never};
    std::size_t index_ = nowhere;
};

/// One timer for all connections of a client, in place of a timer (and a parallel group, which would need a
/// strand) around each operation: moving a deadline is an atomic store. The timer runs only while something
/// is watched, so that io_context::run() can end. A deadline fires at its time, never before it.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
public:
    explicit Watchdog(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    void add(Watched& watched);
    void remove(Watched& watched) noexcept; ///< afterwards expire() is not called any more
    /// SteadyTime::max() for no limit.
    void set(Watched& watched, SteadyTime deadline);

private:
    static std::int64_t ticks(SteadyTime time) noexcept { return time.time_since_epoch().count(); }
    void arm(std::int64_t when);
    void scan();

    std::mutex mutex_;
    std::vector<Watched*> watched_;
    boost::asio::steady_timer timer_;
    std::atomic<std::int64_t> next_{Watched::never}; ///< when the timer fires
};

/// Watches for the length of a scope.
class Watch {
public:
    Watch(Watchdog& watchdog, Watched& watched, SteadyTime deadline) : watchdog_(watchdog), watched_(watched)
    {
        watchdog_.add(watched_);
        watchdog_.set(watched_, deadline);
    }
    Watch(const Watch&) = delete;
    ~Watch() { watchdog_.remove(watched_); }

private:
    Watchdog& watchdog_;
    Watched& watched_;
};

} // namespace hfasync::http
