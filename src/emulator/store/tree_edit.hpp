// A tree that is being changed: remembers only what differs from the folders it stands on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/store/tree.hpp"

namespace hfasync::emulator::store {

class TreeEdit {
public:
    /// `base` may be null: an empty folder.
    TreeEdit(TreeStore& trees, TreePtr base) : trees_(trees), base_(std::move(base)) {}

    std::optional<TreeEntry> find_file(std::string_view path);
    /// Adds or replaces. \throws StoreError 400 where a file would have to be a folder or the reverse
    void set_file(std::string_view path, TreeEntry entry);
    /// False when there is no such file.
    bool remove_file(std::string_view path);
    bool remove_folder(std::string_view path);
    /// Writes the changed folders, from the leaves up. Null when nothing is left.
    TreePtr finish();

private:
    struct Slot {
        std::optional<TreeEntry> file;
        std::unique_ptr<TreeEdit> folder; ///< neither: deleted
    };
    /// The folder `name`, opened for change; null when it is not there (and not made).
    TreeEdit* folder(std::string_view name);
    TreeEdit* parent_of(std::string_view& path);
    bool has_file(std::string_view name) const;
    bool is_empty() const;

    TreeStore& trees_;
    TreePtr base_;
    std::map<std::string, Slot, std::less<>> slots_;
};

/// Paths of the files that differ between two trees (either may be null), in git's order.
std::vector<std::string> changed_files(TreeStore& trees, const TreePtr& before, const TreePtr& after);

} // namespace hfasync::emulator::store
