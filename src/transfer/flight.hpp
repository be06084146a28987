// One transfer for all callers who want the same file at the same time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

#include "transfer/download_progress.hpp"

namespace hfasync::detail {

/// How a caller came by its file.
enum class Ride {
    led,    ///< its own work ran, to its end
    joined, ///< another caller's work was under way, and has ended; whether it helps is for the caller to
            ///< look at
};

/// What a flight is found by: the file on the disk, and who pays for it.
struct FlightPlan {
    std::string key;     ///< the blob, or the file in a folder
    std::string account; ///< riders of one account share a failure; others try for themselves
    DownloadItem* item = nullptr;
    /// What the leader does. Runs on a strand of its own, so that it outlives a leader who gives up while
    /// others still wait; never longer than the last of them.
    std::function<boost::asio::awaitable<void>(std::shared_ptr<ItemRiders>)> work;
    /// Called before a wait for another's work: lets go of what that one may need.
    std::function<void()> on_joined;
};

/// Joins the flight of that key, or leads one. `executor` is where it would run; flights are shared among the
/// coroutines of one execution context (any Hub of it): elsewhere nobody could promise that it goes on. Other
/// contexts and processes are kept apart by the lock files.
///
/// *Cancellation*: leaves the others alone; the last one to leave stops the work and waits for its end.
/// \throws what the work threw
boost::asio::awaitable<Ride> share_flight(boost::asio::any_io_executor executor, FlightPlan plan);

} // namespace hfasync::detail
