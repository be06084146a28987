// All files of a revision.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

#include "transfer/download_file.hpp"
#include <hfasync/path_filter.hpp>

namespace hfasync::detail {

struct SnapshotPlan {
    std::string revision;
    PathFilter filter;
    std::size_t max_workers = 8;
};

/// One request (the revision's commit and file names) when all is there, and none for a commit whose listing
/// is kept; else the tree, then a GET a file. Where the Hub has no tree (mirrors), a HEAD and a GET a file.
boost::asio::awaitable<std::filesystem::path> download_snapshot(CallPtr call, SnapshotPlan plan);

} // namespace hfasync::detail
