#include "async/wakeup.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hfasync::detail {

namespace asio = boost::asio;

Wakeup::Wakeup(const asio::any_io_executor& executor)
    : timer_(executor, asio::steady_timer::time_point::max())
{
}

asio::awaitable<bool> Wakeup::wait()
{
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await asio::async_initiate<decltype(token), void(boost::system::error_code)>(
        [this](auto handler) {
            // The timer is not thread-safe by itself: it is only touched under the mutex.
            const std::scoped_lock lock(mutex_);
            if (state_ == State::woken) {
                auto executor = asio::get_associated_executor(handler, timer_.get_executor());
                asio::post(executor, asio::append(std::move(handler), boost::system::error_code{}));
            } else {
                timer_.async_wait(std::move(handler));
            }
        },
        token);
    const std::scoped_lock lock(mutex_);
    if (state_ == State::woken) co_return true;
    state_ = State::abandoned;
    co_return false;
}

bool Wakeup::wake()
{
    const std::scoped_lock lock(mutex_);
    if (state_ != State::waiting) return false;
    state_ = State::woken;
    timer_.cancel();
    return true;
}

} // namespace hfasync::detail
