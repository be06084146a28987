#include "emulator/store/tree_edit.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace {

bool entry_less(const TreeEntry& a, const TreeEntry& b)
{
    return git_less(a.name, a.is_folder, b.name, b.is_folder);
}

} // namespace

TreeEdit* TreeEdit::folder(std::string_view name)
{
    if (const auto slot = slots_.find(name); slot != slots_.end()) return slot->second.folder.get();
    const TreeEntry* entry = base_ ? base_->find(name) : nullptr;
    if (!entry || !entry->is_folder) return nullptr;
    Slot& slot = slots_[std::string(name)];
    slot.folder = std::make_unique<TreeEdit>(trees_, trees_.load(entry->oid));
    return slot.folder.get();
}

bool TreeEdit::has_file(std::string_view name) const
{
    if (const auto slot = slots_.find(name); slot != slots_.end()) return slot->second.file.has_value();
    const TreeEntry* entry = base_ ? base_->find(name) : nullptr;
    return entry && !entry->is_folder;
}

bool TreeEdit::is_empty() const
{
    for (const auto& [name, slot] : slots_)
        if (slot.file || (slot.folder && !slot.folder->is_empty())) return false;
    return !base_ || std::all_of(base_->entries.begin(), base_->entries.end(),
                                 [&](const TreeEntry& entry) { return slots_.contains(entry.name); });
}

TreeEdit* TreeEdit::parent_of(std::string_view& path)
{
    TreeEdit* at = this;
    for (std::size_t slash; at && (slash = path.find('/')) != std::string_view::npos;) {
        at = at->folder(path.substr(0, slash));
        path.remove_prefix(slash + 1);
    }
    return at;
}

std::optional<TreeEntry> TreeEdit::find_file(std::string_view path)
{
    TreeEdit* parent = parent_of(path);
    if (!parent || !parent->has_file(path)) return std::nullopt;
    const auto slot = parent->slots_.find(path);
    return slot != parent->slots_.end() ? *slot->second.file : *parent->base_->find(path);
}

void TreeEdit::set_file(std::string_view path, TreeEntry entry)
{
    const std::string_view whole = path;
    TreeEdit* at = this;
    for (std::size_t slash; (slash = path.find('/')) != std::string_view::npos;
         path.remove_prefix(slash + 1)) {
        const std::string_view name = path.substr(0, slash);
        if (at->has_file(name))
            throw StoreError(400, "",
                             fmt::format("\"{}\" cannot be added: \"{}\" is a file, not a folder", whole,
                                         whole.substr(0, whole.size() - path.size() + slash)));
        TreeEdit* next = at->folder(name);
        if (!next) {
            Slot& slot = at->slots_[std::string(name)];
            slot.folder = std::make_unique<TreeEdit>(trees_, nullptr);
            next = slot.folder.get();
        }
        at = next;
    }
    if (const TreeEdit* there = at->folder(path); there && !there->is_empty())
        throw StoreError(400, "", fmt::format("\"{}\" cannot be added: it is a folder", whole));
    entry.name = std::string(path);
    entry.is_folder = false;
    Slot& slot = at->slots_[entry.name];
    slot.file = std::move(entry);
    slot.folder.reset();
}

bool TreeEdit::remove_file(std::string_view path)
{
    TreeEdit* parent = parent_of(path);
    if (!parent || !parent->has_file(path)) return false;
    parent->slots_[std::string(path)] = {};
    return true;
}

bool TreeEdit::remove_folder(std::string_view path)
{
    TreeEdit* parent = parent_of(path);
    const TreeEdit* there = parent ? parent->folder(path) : nullptr;
    if (!there || there->is_empty()) return false;
    parent->slots_[std::string(path)] = {};
    return true;
}

TreePtr TreeEdit::finish()
{
    if (slots_.empty()) return base_;
    std::vector<TreeEntry> added;
    for (auto& [name, slot] : slots_) {
        if (slot.file)
            added.push_back(*slot.file);
        else if (const TreePtr child = slot.folder ? slot.folder->finish() : nullptr)
            added.push_back({.name = name, .is_folder = true, .oid = child->oid});
    }
    std::sort(added.begin(), added.end(), entry_less);
    std::vector<TreeEntry> kept;
    if (base_) {
        kept.reserve(base_->entries.size());
        for (const TreeEntry& entry : base_->entries)
            if (!slots_.contains(entry.name)) kept.push_back(entry);
    }
    std::vector<TreeEntry> entries;
    entries.reserve(kept.size() + added.size());
    std::merge(std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()),
               std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()),
               std::back_inserter(entries), entry_less);
    return entries.empty() ? nullptr : trees_.make(std::move(entries));
}

namespace {

class Diff {
public:
    Diff(TreeStore& trees, std::vector<std::string>& out) : trees_(trees), out_(out) {}

    void operator()(const TreePtr& before, const TreePtr& after, const std::string& prefix)
    {
        static const std::vector<TreeEntry> none;
        const auto& a = before ? before->entries : none;
        const auto& b = after ? after->entries : none;
        auto i = a.begin();
        auto j = b.begin();
        while (i != a.end() || j != b.end()) {
            if (j == b.end() || (i != a.end() && entry_less(*i, *j)))
                one_sided(*i++, prefix);
            else if (i == a.end() || entry_less(*j, *i))
                one_sided(*j++, prefix);
            else
                both(*i++, *j++, prefix);
        }
    }

private:
    void one_sided(const TreeEntry& entry, const std::string& prefix)
    {
        if (entry.is_folder)
            (*this)(nullptr, trees_.load(entry.oid), prefix + entry.name + '/');
        else
            out_.push_back(prefix + entry.name);
    }
    void both(const TreeEntry& before, const TreeEntry& after, const std::string& prefix)
    {
        if (before.oid == after.oid) return;
        if (before.is_folder)
            (*this)(trees_.load(before.oid), trees_.load(after.oid), prefix + before.name + '/');
        else
            out_.push_back(prefix + before.name);
    }
    TreeStore& trees_;
    std::vector<std::string>& out_;
};

} // namespace

std::vector<std::string> changed_files(TreeStore& trees, const TreePtr& before, const TreePtr& after)
{
    std::vector<std::string> out;
    if (!before || !after || before->oid != after->oid) Diff(trees, out)(before, after, "");
    return out;
}

} // namespace hfasync::emulator::store
