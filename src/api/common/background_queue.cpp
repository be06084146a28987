#include <hfasync/future.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <hfasync/error.hpp>

#include "api/common/hub_state.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

// The coroutine owns its job: when its frame goes, with the io_context perhaps, the future is settled.
asio::awaitable<void> run_job(std::unique_ptr<BackgroundJob> job)
{
    co_await job->run();
}

} // namespace

struct BackgroundQueue::State {
    explicit State(Hub of) : hub(std::move(of)) {}

    Hub hub;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::unique_ptr<BackgroundJob>> jobs;
    std::thread thread;   ///< with the Hub's own io_context, from the first job on
    bool running = false; ///< without it: a coroutine is at work
    bool closing = false; ///< what is queued is still run

    /// The next job for the thread; null at the end.
    std::unique_ptr<BackgroundJob> wait_for_job()
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return !jobs.empty() || closing; });
        return pop();
    }
    /// The next job for the coroutine; null when it has to end.
    std::unique_ptr<BackgroundJob> next_job()
    {
        const std::scoped_lock lock(mutex);
        running = !jobs.empty();
        return pop();
    }
    std::unique_ptr<BackgroundJob> pop()
    {
        if (jobs.empty()) return nullptr;
        auto job = std::move(jobs.front());
        jobs.pop_front();
        return job;
    }

    static void run_on_thread(std::shared_ptr<State> state)
    {
        while (auto job = state->wait_for_job()) {
            try {
                state->hub.block_on(run_job(std::move(job)));
            } catch (const Error&) {
                // The loop was stopped under the call, whose future says so; the next one may fare better.
            }
        }
    }
    static asio::awaitable<void> run_on_executor(std::shared_ptr<State> state)
    {
        while (auto job = state->next_job())
            co_await run_job(std::move(job));
    }
};

BackgroundQueue::BackgroundQueue(Hub hub) : state_(std::make_shared<State>(std::move(hub))) {}

BackgroundQueue::~BackgroundQueue()
{
    std::thread thread;
    {
        const std::scoped_lock lock(state_->mutex);
        state_->closing = true;
        thread = std::move(state_->thread);
    }
    state_->changed.notify_all();
    if (!thread.joinable()) return;
    // The last job may itself hold what owns this queue; then its thread ends without being waited for.
    if (thread.get_id() == std::this_thread::get_id())
        thread.detach();
    else
        thread.join();
}

void BackgroundQueue::add(std::unique_ptr<BackgroundJob> job)
{
    const bool own_context = state_->hub.state()->own_context != nullptr;
    {
        const std::scoped_lock lock(state_->mutex);
        state_->jobs.push_back(std::move(job));
        if (own_context) {
            if (!state_->thread.joinable()) state_->thread = std::thread(State::run_on_thread, state_);
        } else if (std::exchange(state_->running, true)) {
            return;
        }
    }
    state_->changed.notify_one();
    if (!own_context)
        start_call(state_->hub.executor(), State::run_on_executor(state_), [](std::exception_ptr) {});
}

std::exception_ptr background_shut_down()
{
    return std::make_exception_ptr(RuntimeError(
        errc::shut_down, "the call was not made to its end: the io_context that should have run it is gone"));
}

} // namespace hfasync::detail
