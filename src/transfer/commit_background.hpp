// A commit that runs in the background queue, and is awaited or not.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <hfasync/future.hpp>
#include <hfasync/types/commit_info.hpp>

namespace hfasync::detail {

/// Queues the call at once. The awaitable ends with its outcome; a cancel ends only the waiting.
/// \throws from the awaitable: what the call throws; errc::shut_down when nobody was left to run it
boost::asio::awaitable<CommitInfo> run_in_background(BackgroundQueue& queue,
                                                     boost::asio::awaitable<CommitInfo> call);

} // namespace hfasync::detail
