// A cancel as the documented exception.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <utility>

#include <hfasync/error.hpp>

namespace hfasync::detail {

/// Awaits `call`; a cancel that one of Asio's own operations noticed becomes CancelledError. `what` is the
/// message: "The scan was cancelled."
template <class T>
boost::asio::awaitable<T> documented_cancel(boost::asio::awaitable<T> call, std::string what)
{
    try {
        co_return co_await std::move(call);
    } catch (const boost::system::system_error& error) {
        if (dynamic_cast<const Error*>(&error) || error.code() != boost::asio::error::operation_aborted)
            throw;
        throw CancelledError(errc::cancelled, std::move(what));
    }
}

} // namespace hfasync::detail
