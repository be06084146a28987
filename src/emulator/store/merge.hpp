// Three-way merges of trees, and what a merge of two branches asks for and tells.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/store/object_store.hpp"
#include "emulator/store/tree.hpp"

namespace hfasync::emulator::store {

struct MergedTree {
    TreePtr tree;                       ///< null: nothing is left. Of no meaning with conflicts
    std::vector<std::string> conflicts; ///< paths, in git's order
};
/// What both sides did to `base` (each may be null: the empty tree). Text files that both changed are merged
/// by lines; LFS files, binary and large ones conflict.
MergedTree merge_trees(ObjectStore& objects, TreeStore& trees, const TreePtr& base, const TreePtr& ours,
                       const TreePtr& theirs);

/// A unified diff as `git diff` writes it; LFS files show their pointers.
std::string tree_diff(ObjectStore& objects, TreeStore& trees, const TreePtr& before, const TreePtr& after);

struct MergeRequest {
    std::string from; ///< refs/pr/N
    std::string into; ///< refs/heads/main
    std::string author;
    std::string email;
    std::string title;
    std::string description = {};
};
/// What a merge would do, or has done.
struct MergeOutcome {
    std::optional<Oid> base; ///< the last commit that both have; none: unrelated histories
    Oid commit;              ///< after a merge: the head of `into`
    std::vector<std::string> conflicts;
};

} // namespace hfasync::emulator::store
