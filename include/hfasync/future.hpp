// Calls in the background, one after another; what HfApi::run_as_future is made of.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <exception>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include <hfasync/hub.hpp>

namespace hfasync::detail {

/// A call that waits for its turn. Whatever becomes of it, its future is settled.
class BackgroundJob {
public:
    BackgroundJob() = default;
    BackgroundJob(const BackgroundJob&) = delete;
    virtual ~BackgroundJob() = default;
    /// Makes the call and settles the future; throws nothing.
    virtual boost::asio::awaitable<void> run() = 0;
};

/// What a future gets when nobody is left to run its call: errc::shut_down.
std::exception_ptr background_shut_down();

template <class T, class MakeCall>
class FutureJob final : public BackgroundJob {
public:
    explicit FutureJob(MakeCall make_call) : make_call_(std::move(make_call)) {}
    ~FutureJob() override
    {
        if (!settled_) promise_.set_exception(background_shut_down());
    }
    std::future<T> future() { return promise_.get_future(); }

    boost::asio::awaitable<void> run() override
    {
        try {
            if constexpr (std::is_void_v<T>) {
                co_await make_call_();
                settle([&] { promise_.set_value(); });
            } else {
                auto result = co_await make_call_();
                settle([&] { promise_.set_value(std::move(result)); });
            }
        } catch (...) {
            if (!settled_) settle([&] { promise_.set_exception(std::current_exception()); });
        }
    }

private:
    // Whoever waits for the future may act at once: nothing of this job is touched afterwards.
    template <class F>
    void settle(F&& set)
    {
        settled_ = true;
        set();
    }

    MakeCall make_call_;
    std::promise<T> promise_;
    bool settled_ = false;
};

/// Runs jobs in the order of add(). With the Hub's own io_context, a thread of the queue does so, and the
/// destructor waits for what is queued; otherwise the Hub's executor does, whenever somebody runs it.
class BackgroundQueue {
public:
    explicit BackgroundQueue(Hub hub);
    ~BackgroundQueue();
    BackgroundQueue(const BackgroundQueue&) = delete;

    void add(std::unique_ptr<BackgroundJob> job);

private:
    struct State;
    std::shared_ptr<State> state_;
};

template <class T>
struct Awaited;
template <class T>
struct Awaited<boost::asio::awaitable<T>> {
    using type = T;
};

/// A callable that returns an awaitable.
template <class F>
concept MakesCall = requires(F& make_call) { typename Awaited<decltype(make_call())>::type; };

template <MakesCall F>
auto add_call(BackgroundQueue& queue, F make_call)
{
    using T = typename Awaited<decltype(make_call())>::type;
    auto job = std::make_unique<FutureJob<T, F>>(std::move(make_call));
    auto future = job->future();
    queue.add(std::move(job));
    return future;
}

} // namespace hfasync::detail
