// The GET of a file into its partial: resume, further connections, one full retry.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>

#include "transfer/download_pipe.hpp"
#include "transfer/download_progress.hpp"
#include "transfer/range_request.hpp"

namespace hfasync::detail {

/// Fills the session's file from where it is, then calls `finish` on a worker (which verifies and publishes).
/// A broken body goes on where it stopped; when `finish` finds a wrong size or hash, all is fetched once
/// again. `item` outlives the call.
boost::asio::awaitable<void> fetch_body(HubPtr hub, BodySpec spec, std::shared_ptr<DownloadSession> session,
                                        DownloadItem* item, std::function<void(PartialFile&)> finish);

} // namespace hfasync::detail
