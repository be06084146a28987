#include <hfasync/task_graph.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <variant>

#include "async/task_group.hpp"
#include "async/wakeup.hpp"

namespace hfasync {

namespace asio = boost::asio;
using Time = std::chrono::steady_clock::time_point;

namespace {

using detail::Wakeup;

struct Batch {
    TaskKind kind;
    std::vector<TaskGraph::Item> items;
};
struct Pause {
    std::shared_ptr<Wakeup> wake;
    std::optional<Time> until;
};
struct End {};
using Step = std::variant<Batch, Pause, End>;

/// Three times the same answer of the server (403 quota, 401 revoked token ...) will not become another one;
/// a file that cannot be read says nothing about the next file.
std::string default_failure_key(const std::exception_ptr& error)
{
    try {
        std::rethrow_exception(error);
    } catch (const HubError& e) {
        const ErrorContext& c = e.context();
        return std::to_string(static_cast<int>(e.code())) + ' ' + std::to_string(c.status) + ' ' +
               c.server_message;
    } catch (...) {
        return {};
    }
}

} // namespace

struct TaskGraph::State {
    std::vector<Kind> kinds;
    PriorityScheduler scheduler;
    Options options;
    std::shared_ptr<Clock> clock;

    std::mutex mutex; // guards what follows
    std::vector<std::deque<Item>> ready;
    std::vector<std::size_t> running;
    std::vector<Time> last_started;
    std::multimap<Time, std::pair<TaskKind, Item>> delayed;
    std::map<std::pair<TaskKind, Item>, int> attempts;
    std::map<std::string, std::size_t> failures_by_key;
    std::vector<Failed> failed;
    std::vector<std::shared_ptr<Wakeup>> waiting;
    std::size_t outstanding = 0; // items that are neither done nor failed
    std::size_t idle = 0;
    std::mt19937_64 random;
    std::atomic<bool> stopped = false;

    State(std::vector<Kind> k, PriorityScheduler s, Options o)
        : kinds(std::move(k)), scheduler(std::move(s)), options(std::move(o)),
          clock(options.clock ? options.clock : std::make_shared<Clock>()), ready(kinds.size()),
          running(kinds.size()), last_started(kinds.size()), idle(options.workers), random(options.seed)
    {
    }

    SchedulerSnapshot snapshot() const
    {
        SchedulerSnapshot s{.kinds = std::vector<SchedulerSnapshot::Kind>(kinds.size()),
                            .workers_idle = idle,
                            .workers_total = options.workers,
                            .now = clock->now()};
        for (TaskKind k = 0; k < kinds.size(); ++k)
            s.kinds[k] = {.ready = ready[k].size(), .running = running[k], .last_started = last_started[k]};
        return s;
    }

    void wake_all()
    {
        for (const auto& wake : waiting)
            wake->wake();
        waiting.clear();
    }

    void changed() const
    {
        if (options.on_change) options.on_change(snapshot());
    }

    void promote_due(Time now)
    {
        while (!delayed.empty() && delayed.begin()->first <= now) {
            const auto [kind, item] = delayed.begin()->second;
            ready[kind].push_back(item);
            delayed.erase(delayed.begin());
        }
    }

    Batch take_batch(const Assignment& assignment)
    {
        Batch batch{.kind = assignment.kind, .items = {}};
        auto& queue = ready[assignment.kind];
        const auto& weight = kinds[assignment.kind].weight;
        const std::size_t capacity = scheduler.rules()[assignment.rule].batch;
        std::size_t sum = 0;
        while (!queue.empty()) {
            sum += weight ? weight(queue.front()) : 1;
            if (!batch.items.empty() && sum > capacity) break;
            batch.items.push_back(queue.front());
            queue.pop_front();
        }
        return batch;
    }

    /// What the asking worker does next. A worker that has to wait is in `waiting` before the lock is given
    /// up, so that no change is missed.
    Step take(const asio::any_io_executor& executor)
    {
        const std::scoped_lock lock(mutex);
        const Time now = clock->now();
        promote_due(now);
        if (stopped || outstanding == 0) {
            wake_all();
            return End{};
        }
        const SchedulerSnapshot view = snapshot();
        if (const auto assignment = scheduler.next(view)) {
            Batch batch = take_batch(*assignment);
            ++running[batch.kind];
            --idle;
            last_started[batch.kind] = now;
            changed();
            return batch;
        }
        Pause pause{.wake = std::make_shared<Wakeup>(executor), .until = scheduler.next_time(view)};
        if (!delayed.empty() && (!pause.until || delayed.begin()->first < *pause.until))
            pause.until = delayed.begin()->first;
        waiting.push_back(pause.wake);
        return pause;
    }

    void forget(const std::shared_ptr<Wakeup>& wake)
    {
        const std::scoped_lock lock(mutex);
        std::erase(waiting, wake);
    }

    void fail(Item item, std::exception_ptr error)
    {
        --outstanding;
        const std::string key = options.failure_key ? options.failure_key(error) : default_failure_key(error);
        if (!key.empty() && options.stop_after_equal_failures > 0 &&
            ++failures_by_key[key] >= options.stop_after_equal_failures)
            stopped = true;
        failed.push_back({.item = item, .error = std::move(error)});
    }

    void retry(TaskKind kind, Item item, std::exception_ptr error)
    {
        const int attempt = ++attempts[{kind, item}];
        if (attempt >= options.max_attempts) return fail(item, std::move(error));
        const auto longest = std::min<std::chrono::milliseconds>(
            options.retry_cap, options.retry_base * (1LL << std::min(attempt - 1, 20)));
        // Half fixed, half random: items that failed together do not come back together.
        std::uniform_int_distribution<std::int64_t> part(longest.count() / 2, longest.count());
        delayed.emplace(clock->now() + std::chrono::milliseconds(part(random)), std::pair{kind, item});
    }

    void apply(TaskKind kind, Outcome& outcome)
    {
        if (outcome.next == Outcome::Next::retry) return retry(kind, outcome.item, std::move(outcome.error));
        attempts.erase({kind, outcome.item});
        switch (outcome.next) {
        case Outcome::Next::queue:
            ready.at(outcome.kind).push_back(outcome.item);
            break;
        case Outcome::Next::fail:
            fail(outcome.item, std::move(outcome.error));
            break;
        default:
            --outstanding;
        }
    }

    void finish(Batch& batch, std::vector<Outcome> outcomes, const std::exception_ptr& error)
    {
        const std::scoped_lock lock(mutex);
        --running[batch.kind];
        ++idle;
        if (error)
            for (const Item item : batch.items)
                outcomes.push_back({.item = item, .next = Outcome::Next::fail, .error = error});
        for (Outcome& outcome : outcomes)
            apply(batch.kind, outcome);
        if (outcomes.size() < batch.items.size()) outstanding -= batch.items.size() - outcomes.size();
        changed();
        wake_all();
    }
};

namespace {

bool is_cancelled(const asio::cancellation_state& state)
{
    return state.cancelled() != asio::cancellation_type::none;
}

[[noreturn]] void throw_cancelled()
{
    throw CancelledError(errc::cancelled, "The run of the task graph was cancelled");
}

asio::awaitable<void> pause_worker(Pause pause, std::shared_ptr<Clock> clock)
{
    using namespace asio::experimental::awaitable_operators;
    if (pause.until)
        co_await (pause.wake->wait() || clock->sleep_until(*pause.until));
    else
        co_await pause.wake->wait();
}

} // namespace

TaskGraph::TaskGraph(std::vector<Kind> kinds, PriorityScheduler scheduler, Options options)
    : state_(std::make_shared<State>(std::move(kinds), std::move(scheduler), std::move(options)))
{
}

TaskGraph::~TaskGraph() = default;

void TaskGraph::add(TaskKind kind, Item item)
{
    const std::scoped_lock lock(state_->mutex);
    state_->ready.at(kind).push_back(item);
    ++state_->outstanding;
    state_->wake_all();
}

bool TaskGraph::stopped() const noexcept
{
    return state_->stopped;
}

asio::awaitable<void> TaskGraph::work(std::shared_ptr<State> state)
{
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
        Step step = state->take(executor);
        if (std::holds_alternative<End>(step)) co_return;
        if (auto* pause = std::get_if<Pause>(&step)) {
            const auto wake = pause->wake;
            co_await pause_worker(std::move(*pause), state->clock);
            state->forget(wake);
            if (is_cancelled(co_await asio::this_coro::cancellation_state)) throw_cancelled();
            continue;
        }
        Batch batch = std::get<Batch>(std::move(step));
        std::vector<Outcome> outcomes;
        std::exception_ptr error;
        try {
            outcomes = co_await state->kinds[batch.kind].work(batch.items);
        } catch (...) {
            error = std::current_exception();
        }
        if (is_cancelled(co_await asio::this_coro::cancellation_state)) throw_cancelled();
        state->finish(batch, std::move(outcomes), error);
    }
}

asio::awaitable<std::vector<TaskGraph::Failed>> TaskGraph::run()
{
    const auto state = state_;
    const auto start_workers = [](std::shared_ptr<State> shared,
                                  detail::TaskGroup* group) -> asio::awaitable<void> {
        for (std::size_t i = 0; i < std::max<std::size_t>(shared->options.workers, 1); ++i)
            group->spawn(work(shared));
        co_return;
    };
    // No coroutine itself: what it captures need not outlive the call.
    const auto body = [&](detail::TaskGroup& group) { return start_workers(state, &group); };
    co_await detail::run_group(body);
    co_return std::move(state->failed);
}

} // namespace hfasync
