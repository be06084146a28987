#include "async/wakeup.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hfasync::detail {

namespace asio = boost::asio;

Wakeup::Wakeup(const asio::any_io_executor& executor)
    : timer_(std::in_place, executor, asio::steady_timer::time_point::max())
{
}

/// Ends with the frame of wait(), also when the io_context destroys it: whoever still keeps the Wakeup in a
/// line must then touch no timer, whose service goes with the context.
class Wakeup::Parked {
public:
    explicit Parked(Wakeup& wakeup) : wakeup_(wakeup) {}
    ~Parked()
    {
        const std::scoped_lock lock(wakeup_.mutex_);
        if (wakeup_.state_ == State::waiting) wakeup_.state_ = State::abandoned;
        wakeup_.timer_.reset();
    }
    Parked(const Parked&) = delete;

private:
    Wakeup& wakeup_;
};

asio::awaitable<bool> Wakeup::wait()
{
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const Parked parked(*this);
    co_await asio::async_initiate<decltype(token), void(boost::system::error_code)>(
        [this](auto handler) {
            // The timer is not thread-safe by itself: it is only touched under the mutex.
            const std::scoped_lock lock(mutex_);
            if (state_ == State::woken) {
                auto executor = asio::get_associated_executor(handler, timer_->get_executor());
                asio::post(executor, asio::append(std::move(handler), boost::system::error_code{}));
            } else {
                timer_->async_wait(std::move(handler));
            }
        },
        token);
    // The lock must be let go of before `parked` takes it.
    const auto woken = [this] {
        const std::scoped_lock lock(mutex_);
        if (state_ != State::woken) state_ = State::abandoned;
        return state_ == State::woken;
    };
    co_return woken();
}

bool Wakeup::wake()
{
    const std::scoped_lock lock(mutex_);
    if (state_ != State::waiting) return false;
    state_ = State::woken;
    timer_->cancel();
    return true;
}

} // namespace hfasync::detail
