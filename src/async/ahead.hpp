// A call that runs ahead of whoever will want its result.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace hfasync::detail {

/// One coroutine on a strand of its own that goes on while its owner does other things. Not joined: when the
/// owner lets go of it, it is cancelled, and what it holds goes with its frame.
class AheadRun : public std::enable_shared_from_this<AheadRun> {
public:
    virtual ~AheadRun() = default;
    /// Runs up to its first wait before this returns, when called on a thread of the executor.
    static std::shared_ptr<AheadRun> start(boost::asio::any_io_executor executor,
                                           boost::asio::awaitable<void> work);
    /// Until it has ended; rethrows what it threw. A cancel of the waiter cancels it.
    virtual boost::asio::awaitable<void> wait() = 0;
    virtual void cancel() = 0;
};

/// The owner's side: at most one result is on its way. Move-only.
template <class T>
class Ahead {
public:
    Ahead() = default;
    Ahead(Ahead&&) noexcept = default;
    Ahead& operator=(Ahead&&) = delete;
    ~Ahead()
    {
        if (run_) run_->cancel();
    }

    bool started() const noexcept { return run_ != nullptr; }

    void start(boost::asio::any_io_executor executor, boost::asio::awaitable<T> call)
    {
        result_ = std::make_shared<std::optional<T>>();
        run_ = AheadRun::start(std::move(executor), store(std::move(call), result_));
    }

    /// The result, once it is there; then nothing is started any more.
    boost::asio::awaitable<T> take()
    {
        const auto run = std::exchange(run_, nullptr);
        const auto result = std::exchange(result_, nullptr);
        co_await run->wait();
        co_return std::move(**result);
    }

private:
    static boost::asio::awaitable<void> store(boost::asio::awaitable<T> call,
                                              std::shared_ptr<std::optional<T>> into)
    {
        into->emplace(co_await std::move(call));
    }

    std::shared_ptr<AheadRun> run_;
    std::shared_ptr<std::optional<T>> result_;
};

} // namespace hfasync::detail
