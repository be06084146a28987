#include "emulator/store/merge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "emulator/store/errors.hpp"
#include "emulator/store/merge_text.hpp"
#include "emulator/store/repo.hpp"
#include "emulator/store/tree_edit.hpp"

namespace hfasync::emulator::store {

namespace {

/// Files up to this size are merged and shown by lines.
constexpr std::uint64_t most_text = 512u << 10;

std::shared_ptr<const std::string> text_of(ObjectStore& objects, const TreeEntry& entry)
{
    if (entry.lfs || entry.size > most_text) return nullptr;
    auto content = objects.read_blob(entry.oid);
    return looks_binary(*content) ? nullptr : content;
}

class Merge {
public:
    Merge(ObjectStore& objects, TreeStore& trees, std::vector<std::string>& conflicts)
        : objects_(objects), trees_(trees), conflicts_(conflicts)
    {
    }

    TreePtr operator()(const TreePtr& base, const TreePtr& ours, const TreePtr& theirs,
                       const std::string& prefix)
    {
        std::set<std::string> names;
        for (const auto& tree : {base, ours, theirs})
            if (tree)
                for (const auto& entry : tree->entries)
                    names.insert(entry.name);
        std::vector<TreeEntry> entries;
        for (const auto& name : names)
            if (auto entry = one(find(base, name), find(ours, name), find(theirs, name), prefix + name))
                entries.push_back(std::move(*entry));
        return entries.empty() ? nullptr : trees_.make(std::move(entries));
    }

private:
    static const TreeEntry* find(const TreePtr& tree, const std::string& name)
    {
        return tree ? tree->find(name) : nullptr;
    }
    static bool same(const TreeEntry* a, const TreeEntry* b)
    {
        return a && b ? a->oid == b->oid && a->is_folder == b->is_folder : a == b;
    }
    static std::optional<TreeEntry> taken(const TreeEntry* entry)
    {
        return entry ? std::optional(*entry) : std::nullopt;
    }
    TreePtr folder(const TreeEntry* entry)
    {
        return entry && entry->is_folder ? trees_.load(entry->oid) : nullptr;
    }

    std::optional<TreeEntry> one(const TreeEntry* base, const TreeEntry* ours, const TreeEntry* theirs,
                                 const std::string& path)
    {
        if (same(ours, theirs) || same(theirs, base)) return taken(ours);
        if (same(ours, base)) return taken(theirs);
        const auto folder_or_none = [](const TreeEntry* entry) { return !entry || entry->is_folder; };
        if (folder_or_none(ours) && folder_or_none(theirs)) {
            const auto tree = (*this)(folder(base), folder(ours), folder(theirs), path + "/");
            if (!tree) return std::nullopt;
            return TreeEntry{.name = (ours ? ours : theirs)->name, .is_folder = true, .oid = tree->oid};
        }
        if (base && ours && theirs && !base->is_folder && !ours->is_folder && !theirs->is_folder)
            if (auto merged = by_lines(*base, *ours, *theirs)) return merged;
        conflicts_.push_back(path);
        return taken(ours);
    }

    std::optional<TreeEntry> by_lines(const TreeEntry& base, const TreeEntry& ours, const TreeEntry& theirs)
    {
        const auto from = text_of(objects_, base), left = text_of(objects_, ours),
                   right = text_of(objects_, theirs);
        if (!from || !left || !right) return std::nullopt;
        const auto text = merge_text(*from, *left, *right);
        if (!text) return std::nullopt;
        TreeEntry merged = ours;
        merged.oid = objects_.put_blob(*text);
        merged.size = text->size();
        return merged;
    }

    ObjectStore& objects_;
    TreeStore& trees_;
    std::vector<std::string>& conflicts_;
};

void append_file_diff(std::string& out, ObjectStore& objects, const std::string& path,
                      const std::optional<TreeEntry>& before, const std::optional<TreeEntry>& after)
{
    constexpr std::size_t short_id = 7;
    const std::string none(short_id, '0');
    const auto id = [&](const auto& entry) { return entry ? entry->oid.hex().substr(0, short_id) : none; };
    out += fmt::format("diff --git a/{0} b/{0}\n", path);
    if (!before) out += "new file mode 100644\n";
    if (!after) out += "deleted file mode 100644\n";
    out += fmt::format("index {}..{}{}\n", id(before), id(after), before && after ? " 100644" : "");
    const auto from = before ? "a/" + path : "/dev/null", to = after ? "b/" + path : "/dev/null";
    const auto shown = [&](const std::optional<TreeEntry>& entry) -> std::shared_ptr<const std::string> {
        if (!entry) return std::make_shared<const std::string>();
        if (entry->lfs) return std::make_shared<const std::string>(lfs_pointer(*entry->lfs, entry->size));
        return text_of(objects, *entry);
    };
    const auto old_text = shown(before), new_text = shown(after);
    if (!old_text || !new_text) {
        out += fmt::format("Binary files {} and {} differ\n", from, to);
        return;
    }
    const auto hunks = unified_hunks(*old_text, *new_text);
    if (!hunks.empty()) out += fmt::format("--- {}\n+++ {}\n{}", from, to, hunks);
}

} // namespace

MergedTree merge_trees(ObjectStore& objects, TreeStore& trees, const TreePtr& base, const TreePtr& ours,
                       const TreePtr& theirs)
{
    MergedTree out;
    out.tree = Merge(objects, trees, out.conflicts)(base, ours, theirs, "");
    return out;
}

std::string tree_diff(ObjectStore& objects, TreeStore& trees, const TreePtr& before, const TreePtr& after)
{
    const auto file = [&](const TreePtr& tree, const std::string& path) -> std::optional<TreeEntry> {
        auto found = tree ? find_path(trees, tree, path) : std::nullopt;
        if (found && found->is_folder) found.reset();
        return found;
    };
    std::string out;
    for (const auto& path : changed_files(trees, before, after))
        append_file_diff(out, objects, path, file(before, path), file(after, path));
    return out;
}

// ---- of a repo

std::optional<Oid> Repo::merge_base(const Oid& ours, const Oid& theirs) const
{
    const auto ancestors = [&](const Oid& of) {
        std::unordered_set<Oid, DigestHash> seen{of};
        std::vector<Oid> open{of};
        while (!open.empty()) {
            const Oid next = open.back();
            open.pop_back();
            for (const Oid& parent : require_record(next).parents)
                if (seen.insert(parent).second) open.push_back(parent);
        }
        return seen;
    };
    const auto of_ours = ancestors(ours);
    // From `theirs` down, the latest first: the first that ours have too is a best one.
    std::multimap<Timestamp, Oid, std::greater<>> open{{require_record(theirs).date, theirs}};
    std::unordered_set<Oid, DigestHash> seen{theirs};
    while (!open.empty()) {
        const Oid next = open.begin()->second;
        open.erase(open.begin());
        if (of_ours.contains(next)) return next;
        for (const Oid& parent : require_record(next).parents)
            if (seen.insert(parent).second) open.emplace(require_record(parent).date, parent);
    }
    return std::nullopt;
}

MergedTree Repo::merged_tree(const std::optional<Oid>& base, const Oid& ours, const Oid& theirs) const
{
    return merge_trees(objects_, trees_, base ? root_of(*base) : nullptr, root_of(ours), root_of(theirs));
}

MergeOutcome Repo::preview_merge(std::string_view from, std::string_view into) const
{
    const Oid ours = resolve(into), theirs = resolve(from);
    MergeOutcome out{.base = merge_base(ours, theirs), .commit = ours, .conflicts = {}};
    if (out.base != ours && out.base != theirs) out.conflicts = merged_tree(out.base, ours, theirs).conflicts;
    return out;
}

MergeOutcome Repo::merge(const MergeRequest& request)
{
    const std::scoped_lock one_writer(writing_);
    const Oid ours = resolve(request.into), theirs = resolve(request.from);
    MergeOutcome out{.base = merge_base(ours, theirs), .commit = ours, .conflicts = {}};
    if (out.base == theirs) return out; // everything is there already
    std::optional<CommitRecord> made;
    if (out.base == ours) {
        out.commit = theirs;
    } else {
        auto merged = merged_tree(out.base, ours, theirs);
        out.conflicts = std::move(merged.conflicts);
        if (!out.conflicts.empty()) return out;
        const TreePtr tree = merged.tree ? merged.tree : trees_.make({});
        made = CommitRecord{.oid = {},
                            .tree = tree->oid,
                            .parents = {ours, theirs},
                            .author = request.author,
                            .email = request.email,
                            .date = std::chrono::floor<std::chrono::seconds>(clock_()),
                            .title = request.title,
                            .description = request.description,
                            .changed = changed_files(trees_, root_of(ours), tree)};
        out.commit = made->oid = git_object_id("commit", git_commit_content(*made));
    }
    const std::unique_lock lock(mutex_);
    if (made) append(std::move(*made));
    change_and_save([&] {
        const auto ref = branch_ref(request.into);
        refs_.insert_or_assign(ref, make_ref(ref, out.commit));
        if (ref == "refs/heads/main") settings_.last_modified = clock_();
    });
    return out;
}

std::string Repo::diff(const std::optional<Oid>& before, const Oid& after) const
{
    return tree_diff(objects_, trees_, before ? root_of(*before) : nullptr, root_of(after));
}

int Repo::next_number(std::string_view pull_request_from)
{
    const std::scoped_lock one_writer(writing_);
    std::optional<Oid> head;
    if (!pull_request_from.empty()) head = resolve(pull_request_from);
    const std::unique_lock lock(mutex_);
    change_and_save([&] {
        const auto ref = fmt::format("refs/pr/{}", ++settings_.last_number);
        if (head) refs_.insert_or_assign(ref, make_ref(ref, *head));
    });
    return settings_.last_number;
}

} // namespace hfasync::emulator::store
