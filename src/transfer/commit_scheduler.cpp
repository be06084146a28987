// CommitScheduler: the schedule, its end, and the handle.
#include "transfer/commit_scheduler.hpp"

#include <boost/asio/this_coro.hpp>

#include <cmath>

#include <hfasync/cancel.hpp>

#include "async/task_group.hpp"

namespace hfasync {

namespace asio = boost::asio;

using StatePtr = std::shared_ptr<CommitScheduler::State>;
using MaybeCommit = std::optional<CommitInfo>;

namespace {

constexpr double most_minutes = 60.0 * 24 * 366 * 10;

Clock::Steady::duration checked_every(double minutes)
{
    if (!(minutes > 0) || minutes > most_minutes)
        throw ValueError("'every' must be a positive number of minutes (ten years at most), not '" +
                         std::to_string(minutes) + "'.");
    const auto every = std::chrono::duration_cast<Clock::Steady::duration>(
        std::chrono::duration<double, std::ratio<60>>(minutes));
    return std::max(every, Clock::Steady::duration(1));
}

bool says(const std::exception_ptr& failure, errc code)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.code() == code;
    } catch (...) {
        return false;
    }
}

/// A push of the schedule: what fails is left for the next one.
asio::awaitable<void> take_turn(StatePtr state)
{
    std::exception_ptr failure;
    try {
        co_await detail::push_in_turn(state);
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none || !state->repo_known ||
        says(failure, errc::shut_down))
        std::rethrow_exception(failure);
    state->warn("The push of '" + state->folder.string() + "' to '" + state->repo_id +
                "' failed; it is tried again at the next turn: " + detail::reason_of(failure));
}

/// Turns are due at fixed distances; those that are missed because a push takes long become one.
asio::awaitable<void> keep_schedule(StatePtr state)
{
    auto& clock = *state->hub.state()->clock;
    auto due = clock.now();
    while (!state->stopping.is_set()) {
        const auto began = clock.now();
        co_await take_turn(state);
        if (began >= due) due += ((began - due) / state->every + 1) * state->every;
        co_await detail::until(&state->attention, clock.sleep_until(due));
        state->attention.reset();
    }
    co_await state->ended.wait();
}

struct Running {
    explicit Running(StatePtr of) : state(std::move(of))
    {
        const std::scoped_lock lock(state->mutex);
        if (std::exchange(state->running, true))
            throw ValueError("This CommitScheduler runs already: await run() once at a time");
    }
    Running(const Running&) = delete;
    ~Running()
    {
        const std::scoped_lock lock(state->mutex);
        state->running = false;
    }
    StatePtr state;
};

asio::awaitable<void> run_schedule(StatePtr state)
{
    const Running running(state);
    if (!state->ended.is_set()) co_await detail::until(&state->ended, keep_schedule(state));
}

asio::awaitable<MaybeCommit> stop_after_push(StatePtr state, std::chrono::nanoseconds within)
{
    if (state->ended.is_set()) co_return std::nullopt;
    struct End {
        explicit End(StatePtr of) : state(std::move(of)) {}
        End(const End&) = delete;
        ~End() { state->ended.set(); } // whatever run() still does is cancelled
        StatePtr state;
    };
    const End end(state);
    state->stopping.set();
    state->attention.set();
    if (within.count() <= 0) co_return std::nullopt;
    co_return co_await with_deadline(detail::push_in_turn(state), within);
}

/// The caller's work and then the last push.
asio::awaitable<void> work_then_stop(StatePtr state, asio::awaitable<void> work,
                                     std::chrono::nanoseconds within)
{
    std::exception_ptr failure;
    try {
        co_await std::move(work);
    } catch (...) {
        failure = std::current_exception();
    }
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (failure && cancellation.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failure);
    std::exception_ptr of_stop;
    try {
        co_await stop_after_push(state, within);
    } catch (...) {
        of_stop = std::current_exception();
    }
    if (failure) std::rethrow_exception(failure);
    if (of_stop) std::rethrow_exception(of_stop);
}

asio::awaitable<void> run_beside(StatePtr state, asio::awaitable<void> work, std::chrono::nanoseconds within)
{
    const auto spawn_both = [](detail::TaskGroup* group, StatePtr of, asio::awaitable<void>* call,
                               std::chrono::nanoseconds limit) -> asio::awaitable<void> {
        group->spawn(run_schedule(of));
        group->spawn(work_then_stop(of, std::move(*call), limit));
        co_return;
    };
    co_await detail::run_group(
        [&](detail::TaskGroup& group) { return spawn_both(&group, state, &work, within); });
}

asio::awaitable<MaybeCommit> push_now(StatePtr state)
{
    if (state->ended.is_set()) co_return std::nullopt;
    co_return co_await detail::push_in_turn(state);
}

} // namespace

CommitScheduler::State::State(Hub of, std::string id, std::filesystem::path path,
                              CommitSchedulerOptions settings, CommitSchedulerHooks calls)
    : hub(std::move(of)), folder(std::filesystem::absolute(path)), options(std::move(settings)),
      hooks(std::move(calls)), type(detail::repo_type_or_model(options.repo_type)),
      every(checked_every(options.every)), repo_id(std::move(id))
{
    validate_repo_id(repo_id);
}

void CommitScheduler::State::warn(const std::string& text) const
{
    if (hub.options().on_warning) hub.options().on_warning(text);
}

void CommitScheduler::State::warn_once(const std::string& text)
{
    constexpr std::size_t most_remembered = 10'000;
    if (warned.size() >= most_remembered) warned.clear();
    if (warned.insert(text).second) warn(text);
}

CommitScheduler::CommitScheduler(Hub hub, std::string repo_id, std::filesystem::path folder_path,
                                 CommitSchedulerOptions options, CommitSchedulerHooks hooks)
    : state_(std::make_shared<State>(std::move(hub), std::move(repo_id), std::move(folder_path),
                                     std::move(options), std::move(hooks)))
{
}

asio::awaitable<void> CommitScheduler::run() const
{
    return run_schedule(state_);
}

asio::awaitable<void> CommitScheduler::run_while(asio::awaitable<void> work,
                                                 std::chrono::nanoseconds within) const
{
    return run_beside(state_, std::move(work), within);
}

asio::awaitable<MaybeCommit> CommitScheduler::trigger() const
{
    return push_now(state_);
}

void CommitScheduler::push_soon() const
{
    state_->attention.set();
}

asio::awaitable<MaybeCommit> CommitScheduler::stop(std::chrono::nanoseconds within) const
{
    return stop_after_push(state_, within);
}

namespace {

asio::awaitable<std::shared_ptr<void>> acquire(StatePtr state)
{
    co_return std::make_shared<detail::Budget::Grant>(co_await state->lock.acquire(1));
}

} // namespace

asio::awaitable<CommitScheduler::Lock> CommitScheduler::lock() const
{
    // Lock's constructor is private: the coroutine that makes one has to be a member.
    return [](StatePtr state) -> asio::awaitable<Lock> { co_return Lock(co_await acquire(state)); }(state_);
}

CommitScheduler::Lock CommitScheduler::try_lock() const
{
    auto grant = std::make_shared<detail::Budget::Grant>();
    if (!state_->lock.try_acquire(1, *grant)) return {};
    return Lock(std::move(grant));
}

asio::awaitable<MaybeCommit> CommitScheduler::push_folder() const
{
    return detail::push_folder(state_);
}

const Hub& CommitScheduler::hub() const noexcept
{
    return state_->hub;
}

const std::filesystem::path& CommitScheduler::folder_path() const noexcept
{
    return state_->folder;
}

std::string CommitScheduler::repo_id() const
{
    const std::scoped_lock lock(state_->mutex);
    return state_->repo_id;
}

const CommitSchedulerOptions& CommitScheduler::options() const noexcept
{
    return state_->options;
}

} // namespace hfasync
