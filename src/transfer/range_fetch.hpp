// A file in pieces, over as many connections as pay.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>

#include "transfer/download_pipe.hpp"
#include "transfer/download_progress.hpp"
#include "transfer/range_request.hpp"

namespace hfasync::detail {

struct RangeStart {
    RangePlan plan;                         ///< of one connection so far
    std::optional<http::Response> response; ///< of that connection, at the first byte that is missing
    std::size_t open = 0;                   ///< further connections to begin with
};

enum class RangeEnd {
    complete,
    unusable, ///< the server does not send the ranges that are asked for: only all of it would help
};

/// Fetches what the session's file, which is in pieces, lacks. A connection that breaks off gives its range
/// back; one that the server refuses, and that does not raise the rate, is not asked for again; the failure
/// of the last one is the call's. `requests` and `item` outlive the call. After a cancel nothing writes any
/// more.
boost::asio::awaitable<RangeEnd> fetch_ranges(HubPtr hub, BodyRequests* requests,
                                              std::shared_ptr<DownloadSession> session, DownloadItem* item,
                                              RangeStart start);

} // namespace hfasync::detail
