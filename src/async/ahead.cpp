#include "async/ahead.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <mutex>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

class Running final : public AheadRun {
public:
    explicit Running(const asio::any_io_executor& executor)
        : strand_(std::in_place, asio::make_strand(executor))
    {
    }

    void begin(asio::awaitable<void> work)
    {
        auto self = std::static_pointer_cast<Running>(shared_from_this());
        auto end = std::make_shared<End>(self);
        const auto strand = *strand_;
        // Dispatched, not posted: a request that is sent now is answered while the caller computes.
        asio::dispatch(strand, [self, end, strand, task = std::move(work)]() mutable {
            asio::co_spawn(
                strand, std::move(task),
                asio::bind_cancellation_slot(self->signal_.slot(),
                                             [self, end](std::exception_ptr error) { self->ended(error); }));
        });
    }

    asio::awaitable<void> wait() override
    {
        const auto self = shared_from_this();
        if (const auto wakeup = parked(co_await asio::this_coro::executor)) {
            if (!co_await wakeup->wait()) {
                cancel();
                throw CancelledError(errc::cancelled, "The call was cancelled.");
            }
        }
        if (failure_) std::rethrow_exception(failure_);
    }

    void cancel() override
    {
        const std::scoped_lock lock(mutex_);
        if (!strand_) return;
        asio::post(*strand_, [self = std::static_pointer_cast<Running>(shared_from_this())] {
            self->signal_.emit(asio::cancellation_type::terminal);
        });
    }

private:
    /// Goes with the coroutine's frame, also when the io_context destroys it: the strand must not be touched
    /// after that, its service goes with the context.
    struct End {
        explicit End(std::shared_ptr<Running> of) : run(std::move(of)) {}
        ~End()
        {
            run->ended(std::make_exception_ptr(
                CancelledError(errc::cancelled, "The io_context was destroyed under the call.")));
        }
        End(const End&) = delete;
        std::shared_ptr<Running> run;
    };

    std::shared_ptr<Wakeup> parked(const asio::any_io_executor& executor)
    {
        const std::scoped_lock lock(mutex_);
        if (!strand_) return nullptr;
        return waiter_ = std::make_shared<Wakeup>(executor);
    }

    void ended(std::exception_ptr error)
    {
        const std::scoped_lock lock(mutex_);
        if (!strand_) return;
        // The slot's handler has a copy of the strand, which must not outlive the context either.
        signal_.slot().clear();
        strand_.reset();
        failure_ = std::move(error);
        if (waiter_) waiter_->wake();
        waiter_.reset();
    }

    std::mutex mutex_;
    std::optional<asio::strand<asio::any_io_executor>> strand_; ///< gone once the coroutine has ended
    asio::cancellation_signal signal_;                          ///< touched on the strand only
    std::exception_ptr failure_;
    std::shared_ptr<Wakeup> waiter_;
};

} // namespace

std::shared_ptr<AheadRun> AheadRun::start(asio::any_io_executor executor, asio::awaitable<void> work)
{
    auto run = std::make_shared<Running>(executor);
    run->begin(std::move(work));
    return run;
}

} // namespace hfasync::detail
