// Makes calls, N at once, and measures them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calls.hpp"
#include "histogram.hpp"

namespace bench_harness {

struct Work {
    std::string name;
    std::string unit;
    Call call;
};

struct Plan {
    std::size_t concurrency = 16;
    std::optional<std::uint64_t> count;           ///< calls in all
    std::optional<std::chrono::nanoseconds> time; ///< no call begins later
    /// Calls a second. Each has a time at which it is to begin, whether somebody is free or not, and its
    /// latency counts from there: a server that stalls is charged for everybody who would have come
    /// meanwhile.
    std::optional<double> rate;
};

struct Measured {
    std::string name;
    std::string unit;
    Histogram latency;                           ///< nanoseconds, of calls that succeeded
    std::map<std::string, std::uint64_t> errors; ///< by type
    std::uint64_t gained = 0;                    ///< items or bytes
    std::uint64_t failures() const noexcept;
    std::uint64_t calls() const noexcept { return latency.count() + failures(); }
};

struct Outcome {
    std::vector<Measured> calls; ///< in the order of the work
    std::chrono::nanoseconds elapsed{0};
    std::uint64_t cancelled = 0; ///< under way when stop() came; they count nowhere else
    std::uint64_t not_begun = 0; ///< due by the rate, but nobody was free
    bool stopped = false;
};

/// One run. All on one thread: that of the executor.
class Runner {
public:
    /// The kinds of work take turns. \throws hfasync::ValueError for a plan that has no end or no sense
    Runner(const boost::asio::any_io_executor& executor, std::vector<Work> work, Plan plan);
    boost::asio::awaitable<Outcome> run();
    /// Cancels what is under way; run() then returns what there is.
    void stop();

private:
    using Steady = std::chrono::steady_clock;
    struct Turn {
        std::size_t work = 0;
        Steady::time_point due;
    };
    boost::asio::awaitable<void> work_on();
    boost::asio::awaitable<void> measure(Turn turn);
    std::optional<Turn> next_turn();
    std::uint64_t due_by(Steady::time_point time) const;

    boost::asio::any_io_executor executor_;
    std::vector<Work> work_;
    Plan plan_;
    Outcome outcome_;
    std::list<boost::asio::cancellation_signal> cancels_;
    boost::asio::steady_timer ended_;
    Steady::time_point begun_;
    std::uint64_t turns_ = 0;
    std::size_t workers_ = 0;
};

} // namespace bench_harness
