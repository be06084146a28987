#include "emulator/store/tree.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "emulator/store/errors.hpp"
#include "emulator/store/object_store.hpp"

namespace hfasync::emulator::store {

std::string lfs_pointer(const Sha256& oid, std::uint64_t size)
{
    return fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", oid.hex(),
                       size);
}

bool git_less(std::string_view a, bool a_is_folder, std::string_view b, bool b_is_folder) noexcept
{
    const std::size_t common = std::min(a.size(), b.size());
    if (const int order = common ? std::memcmp(a.data(), b.data(), common) : 0) return order < 0;
    const auto next = [common](std::string_view name, bool is_folder) -> int {
        if (common < name.size()) return static_cast<unsigned char>(name[common]);
        return is_folder ? '/' : 0;
    };
    return next(a, a_is_folder) < next(b, b_is_folder);
}

const TreeEntry* Tree::find(std::string_view name) const noexcept
{
    // A name is there as a file or as a folder; the two sort to different places.
    for (const bool is_folder : {false, true}) {
        const auto at = std::lower_bound(entries.begin(), entries.end(), name,
                                         [&](const TreeEntry& entry, std::string_view key) {
                                             return git_less(entry.name, entry.is_folder, key, is_folder);
                                         });
        if (at != entries.end() && at->is_folder == is_folder && at->name == name) return &*at;
    }
    return nullptr;
}

std::size_t Tree::footprint() const noexcept
{
    std::size_t bytes = sizeof(Tree) + 100 + entries.capacity() * sizeof(TreeEntry);
    for (const TreeEntry& entry : entries)
        bytes += entry.name.size() > 15 ? entry.name.size() + 16 : 0;
    return bytes;
}

std::string git_tree_content(const std::vector<TreeEntry>& entries)
{
    std::string out;
    out.reserve(entries.size() * 48);
    for (const TreeEntry& entry : entries) {
        out.append(entry.is_folder ? "40000 " : "100644 ");
        out.append(entry.name);
        out.push_back('\0');
        out.append(entry.oid.raw());
    }
    return out;
}

Oid git_object_id(std::string_view kind, std::string_view content)
{
    detail::Hasher hasher(detail::HashKind::sha1);
    hasher.update(fmt::format("{} {}", kind, content.size()));
    hasher.update(std::string_view("\0", 1));
    hasher.update(content);
    return Oid::from_raw(hasher.finish_raw());
}

namespace {

// A record is a run of: kind byte ('f' file, 'l' LFS file, 'd' folder), name, NUL, oid (20), then for files
// the size (8, little-endian), then for LFS files its SHA-256 (32).
std::string write_record(const std::vector<TreeEntry>& entries)
{
    std::string out;
    out.reserve(entries.size() * 64);
    for (const TreeEntry& entry : entries) {
        out.push_back(entry.is_folder ? 'd' : entry.lfs ? 'l' : 'f');
        out.append(entry.name);
        out.push_back('\0');
        out.append(entry.oid.raw());
        if (entry.is_folder) continue;
        for (int shift = 0; shift < 64; shift += 8)
            out.push_back(static_cast<char>((entry.size >> shift) & 0xff));
        if (entry.lfs) out.append(entry.lfs->raw());
    }
    return out;
}

class RecordReader {
public:
    explicit RecordReader(std::string_view rest) : rest_(rest) {}
    bool at_end() const noexcept { return rest_.empty(); }
    TreeEntry next()
    {
        const char kind = take(1).front();
        TreeEntry entry;
        entry.is_folder = kind == 'd';
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos || (kind != 'd' && kind != 'f' && kind != 'l')) damaged();
        entry.name = std::string(take(end));
        take(1);
        entry.oid = Oid::from_raw(take(20));
        if (!entry.is_folder) {
            const std::string_view bytes = take(8);
            for (int i = 7; i >= 0; --i)
                entry.size = entry.size << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
        }
        if (kind == 'l') entry.lfs = Sha256::from_raw(take(32));
        return entry;
    }

private:
    [[noreturn]] static void damaged()
    {
        throw StoreError(500, "", "A folder record of the data folder is damaged");
    }
    std::string_view take(std::size_t n)
    {
        if (n > rest_.size()) damaged();
        const std::string_view taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }
    std::string_view rest_;
};

} // namespace

TreeStore::TreeStore(ObjectStore& objects, std::size_t memory_bytes)
    : objects_(objects), budget_(memory_bytes)
{
}

TreePtr TreeStore::make(std::vector<TreeEntry> entries)
{
    const auto less = [](const TreeEntry& a, const TreeEntry& b) {
        return git_less(a.name, a.is_folder, b.name, b.is_folder);
    };
    if (!std::is_sorted(entries.begin(), entries.end(), less))
        std::sort(entries.begin(), entries.end(), less);
    auto tree = std::make_shared<Tree>();
    tree->oid = git_object_id("tree", git_tree_content(entries));
    tree->entries = std::move(entries);
    objects_.put_tree_record(tree->oid, write_record(tree->entries));
    return remember(std::move(tree));
}

TreePtr TreeStore::load(const Oid& oid)
{
    {
        const std::scoped_lock lock(mutex_);
        if (const auto found = trees_.find(oid); found != trees_.end()) {
            recent_.splice(recent_.begin(), recent_, found->second.place);
            return found->second.tree;
        }
    }
    const auto record = objects_.read_tree_record(oid);
    if (!record)
        throw StoreError(500, "",
                         fmt::format("The folder record {} is missing from the data folder", oid.hex()));
    auto tree = std::make_shared<Tree>();
    tree->oid = oid;
    for (RecordReader reader(*record); !reader.at_end();)
        tree->entries.push_back(reader.next());
    return remember(std::move(tree));
}

TreePtr TreeStore::remember(TreePtr tree)
{
    const std::scoped_lock lock(mutex_);
    if (const auto found = trees_.find(tree->oid); found != trees_.end()) return found->second.tree;
    recent_.push_front(tree->oid);
    used_ += tree->footprint();
    trees_.emplace(tree->oid, Cached{tree, recent_.begin()});
    while (used_ > budget_ && recent_.size() > 1) {
        const auto oldest = trees_.find(recent_.back());
        used_ -= oldest->second.tree->footprint();
        trees_.erase(oldest);
        recent_.pop_back();
    }
    return tree;
}

std::optional<TreeEntry> find_path(TreeStore& trees, const TreePtr& root, std::string_view path)
{
    TreeEntry here{.name = "", .is_folder = true, .oid = root->oid};
    TreePtr folder = root;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const TreeEntry* entry = folder->find(path.substr(0, slash));
        if (!entry) return std::nullopt;
        here = *entry;
        if (slash == std::string_view::npos) return here;
        if (!here.is_folder) return std::nullopt;
        folder = trees.load(here.oid);
        path.remove_prefix(slash + 1);
        if (path.empty()) // "folder/" is no name of an entry
            return std::nullopt;
    }
    return here;
}

} // namespace hfasync::emulator::store
