// Folders as git sees them, structurally shared between commits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/store/digest.hpp"

namespace hfasync::emulator::store {

class ObjectStore;

/// The text that git holds in place of an LFS file.
std::string lfs_pointer(const Sha256& oid, std::uint64_t size);

/// What a path leads to.
struct TreeEntry {
    std::string name; ///< one path part
    bool is_folder = false;
    Oid oid;                ///< of the blob, of the LFS pointer blob, or of the tree
    std::uint64_t size = 0; ///< of the file (for LFS: of the object, not of the pointer); 0 for folders
    std::optional<Sha256> lfs;
};

/// One folder; immutable. `entries` are in git's order, in which a folder sorts as if its name ended in '/'.
struct Tree {
    Oid oid;
    std::vector<TreeEntry> entries;
    const TreeEntry* find(std::string_view name) const noexcept;
    std::size_t footprint() const noexcept; ///< bytes of memory, roughly
};
using TreePtr = std::shared_ptr<const Tree>;

/// git's order for two names of one folder.
bool git_less(std::string_view a, bool a_is_folder, std::string_view b, bool b_is_folder) noexcept;
/// The tree object's content (without header): "<mode> <name>\0<20 bytes>" each.
std::string git_tree_content(const std::vector<TreeEntry>& entries);
/// SHA-1 over "<kind> <size>\0<content>".
Oid git_object_id(std::string_view kind, std::string_view content);

/// Folders by id: those in use in memory, within a budget, all of them on disk as records that hold, beside
/// git's fields, sizes and LFS ids. Thread-safe.
class TreeStore {
public:
    explicit TreeStore(ObjectStore& objects, std::size_t memory_bytes = 128u << 20);
    /// Sorts, hashes, keeps. Entries' names must be unique.
    TreePtr make(std::vector<TreeEntry> entries);
    /// \throws StoreError 500 when its record is lost
    TreePtr load(const Oid& oid);

private:
    TreePtr remember(TreePtr tree);

    ObjectStore& objects_;
    std::size_t budget_, used_ = 0;
    std::mutex mutex_;
    struct Cached {
        TreePtr tree;
        std::list<Oid>::iterator place;
    };
    std::unordered_map<Oid, Cached, DigestHash> trees_;
    std::list<Oid> recent_;
};

/// The entry at `path` below `root` ("" gives the root itself as a folder); nullopt when there is none.
std::optional<TreeEntry> find_path(TreeStore& trees, const TreePtr& root, std::string_view path);

} // namespace hfasync::emulator::store
