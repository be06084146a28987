// What files a revision has: from the Hub, or from the listing that this disk keeps of the commit.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/trees.hpp"
#include "transfer/download_file.hpp"
#include <hfasync/path_filter.hpp>

namespace hfasync::detail {

using TreePtr = std::shared_ptr<const Tree>;

/// The files of a commit that the patterns let through.
struct RevisionFiles {
    std::string commit;
    std::vector<std::string> paths; ///< checked: usable names
    std::size_t in_repo = 0;        ///< without the patterns
    TreePtr tree;                   ///< their sizes and hashes; null: not known
    bool tree_from_disk = false;
};

/// One request: the revision's commit and the names of its files.
boost::asio::awaitable<RevisionFiles> ask_revision(CallPtr call, std::string revision, PathFilter filter);
/// Page by page, and kept for the next call. null where there is no such route (mirrors): every file is then
/// asked for by a HEAD.
boost::asio::awaitable<TreePtr> ask_tree(CallPtr call, std::string commit);

/// What this disk keeps of the commit; null when that is nothing usable. Blocking.
TreePtr tree_on_disk(const DownloadCall& call, const std::string& commit);
/// It was wrong: the next call asks. Blocking.
void forget_tree(const DownloadCall& call, const std::string& commit);
/// The listing of a tree. \throws ValueError for a name that cannot be used
RevisionFiles listing_of(const DownloadCall& call, std::string commit, TreePtr tree,
                         const PathFilter& filter);

/// The tree's files by name.
using Known = std::unordered_map<std::string_view, const TreeFile*>;
Known by_path(const TreePtr& tree);

} // namespace hfasync::detail
