// TaskGraph and PriorityScheduler: coroutine nodes with kinds, limits and priorities. Knows nothing of the
// Hub.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/clock.hpp>
#include <hfasync/error.hpp>

namespace hfasync {

/// Index of a kind of work (hash, preupload, commit ...) in a graph's list of kinds.
using TaskKind = std::size_t;

/// The state that the scheduler decides on: a pure value, so that decisions can be tested by table.
struct SchedulerSnapshot {
    struct Kind {
        std::size_t ready = 0;                                ///< items that wait
        std::size_t running = 0;                              ///< workers doing this kind now
        std::chrono::steady_clock::time_point last_started{}; ///< epoch when never
    };
    std::vector<Kind> kinds;
    std::size_t workers_idle = 0;
    std::size_t workers_total = 0;
    std::chrono::steady_clock::time_point now{};
};

/// One line of a priority list: when it applies, `kind` is given to the asking worker, up to `batch` items.
struct PriorityRule {
    TaskKind kind = 0;
    std::size_t batch = 1;    ///< items handed out together; for a weighted kind, the sum of their weights
    std::size_t at_least = 1; ///< ready items needed
    std::size_t max_running = static_cast<std::size_t>(-1); ///< of this kind at once
    /// Least time since the kind was last started; one that never started does not meet it. 0: no condition.
    std::chrono::milliseconds older_than{0};
    bool only_if_none_running = false;
    bool only_if_others_empty = false; ///< nothing ready or running of any other kind
    std::string why;                   ///< for logs and tests
};

/// What a worker is given to do.
struct Assignment {
    TaskKind kind = 0;
    std::size_t count = 0;
    std::size_t rule = 0;
    bool operator==(const Assignment&) const = default;
};

/// The first rule that applies decides; pure.
class PriorityScheduler {
public:
    explicit PriorityScheduler(std::vector<PriorityRule> rules) : rules_(std::move(rules)) {}
    /// What the asking worker does now; nullopt: nothing.
    std::optional<Assignment> next(const SchedulerSnapshot& snapshot) const;
    /// When a rule that only waits for time to pass will apply, if nothing else changes; nullopt: never.
    std::optional<std::chrono::steady_clock::time_point> next_time(const SchedulerSnapshot& snapshot) const;
    const std::vector<PriorityRule>& rules() const noexcept { return rules_; }

private:
    std::vector<PriorityRule> rules_;
};

/// Runs items through kinds of work with a fixed number of coroutine workers. An item is an index of the
/// caller's own table; a worker's function gets a batch of them and says what each becomes next.
class TaskGraph {
public:
    using Item = std::size_t;
    /// What became of one item of a batch.
    struct Outcome {
        Item item = 0;
        enum class Next { queue, done, retry, fail } next = Next::done;
        TaskKind kind = 0;          ///< for queue
        std::exception_ptr error{}; ///< for retry and fail
    };
    using Work = std::function<boost::asio::awaitable<std::vector<Outcome>>(std::vector<Item>)>;
    /// A kind of work. A `work` that throws fails its whole batch; items that it does not mention are done.
    struct Kind {
        std::string name;
        Work work;
        std::function<std::size_t(Item)> weight{}; ///< of an item in a batch; null: 1 each
    };
    struct Options {
        std::size_t workers = 4;
        int max_attempts = 5; ///< of a node; `retry` beyond it fails the item
        std::chrono::milliseconds retry_base{1'000};
        std::chrono::milliseconds retry_cap{30'000};
        std::size_t stop_after_equal_failures = 3; ///< permanent failures of one key end the run; 0: never
        /// What makes two failures equal; "" for one that concerns only its item. null: the server's answer
        /// (status and message), and none for local failures.
        std::function<std::string(const std::exception_ptr&)> failure_key{};
        std::shared_ptr<Clock> clock; ///< null: the real one
        std::uint64_t seed = 1;
        std::function<void(const SchedulerSnapshot&)> on_change; ///< after every assignment and outcome
    };
    struct Failed {
        Item item;
        std::exception_ptr error;
    };

    TaskGraph(std::vector<Kind> kinds, PriorityScheduler scheduler, Options options);
    ~TaskGraph();
    /// Before or during run().
    void add(TaskKind kind, Item item);
    /// Returns when every item is done or failed (the failed ones are returned), or the run was stopped by
    /// equal permanent failures; throws only when cancelled, after all workers have ended.
    boost::asio::awaitable<std::vector<Failed>> run();
    /// The run ended because of equal permanent failures; items may be left undone.
    bool stopped() const noexcept;

private:
    struct State;
    static boost::asio::awaitable<void> work(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

} // namespace hfasync
