// The files and folders of a repo: pages of the tree, and single paths.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <hfasync/generator.hpp>
#include <hfasync/types/repo_file.hpp>

#include "api/common/repo_head.hpp"

namespace hfasync::detail {

struct TreeQuery {
    RepoRef repo;
    std::string path; ///< a folder; empty: the root
    bool recursive = false;
    bool expand = false;
    std::string revision = "main";
};

/// The tree page by page. Bad arguments are thrown by the first next().
AsyncGenerator<TreeEntry> tree_entries(HubPtr hub, TreeQuery query);

/// One entry, by its `type`: "file" or "directory".
TreeEntry read_tree_entry(boost::json::value&& value, const DecodeContext& context);

} // namespace hfasync::detail
