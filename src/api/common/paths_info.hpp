// What the Hub knows about single paths of a repo.
#pragma once

#include <string>
#include <vector>

#include <hfasync/types/repo_file.hpp>

#include "api/common/repo_head.hpp"

namespace hfasync::detail {

struct PathsInfoQuery {
    RepoRef repo;
    std::vector<std::string> paths;
    bool expand = false;
    std::string revision = "main";
};

/// POST .../paths-info/{revision}. Paths that do not exist are missing in the answer.
boost::asio::awaitable<std::vector<TreeEntry>> paths_info(HubPtr hub, PathsInfoQuery query);

} // namespace hfasync::detail
