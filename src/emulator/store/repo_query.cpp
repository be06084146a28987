// Queries over commits and folders. Locks are held for the maps only: trees are immutable.
#include "emulator/store/repo.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace {

std::string_view strip_slashes(std::string_view path)
{
    while (path.starts_with('/'))
        path.remove_prefix(1);
    while (path.ends_with('/'))
        path.remove_suffix(1);
    return path;
}

/// Entries below a folder in git's order, each folder before what it holds.
class Walk {
public:
    using Sink = std::function<bool(std::string path, const TreeEntry&)>;
    Walk(TreeStore& trees, bool recursive, Sink sink)
        : trees_(trees), recursive_(recursive), sink_(std::move(sink))
    {
    }

    /// `after` is relative to `tree`: "a/b" was the last one seen; with a slash at the end it was a folder.
    /// False when the sink has had enough.
    bool operator()(const TreePtr& tree, const std::string& prefix, std::string_view after)
    {
        auto at = tree->entries.begin();
        if (!after.empty()) {
            const std::size_t slash = after.find('/');
            const bool is_folder = slash != std::string_view::npos;
            const std::string_view name = after.substr(0, slash);
            at = std::lower_bound(at, tree->entries.end(), name,
                                  [&](const TreeEntry& entry, std::string_view key) {
                                      return git_less(entry.name, entry.is_folder, key, is_folder);
                                  });
            if (at != tree->entries.end() && at->name == name && at->is_folder == is_folder) {
                if (is_folder && recursive_ &&
                    !(*this)(trees_.load(at->oid), prefix + at->name + '/', after.substr(slash + 1)))
                    return false;
                ++at;
            }
        }
        for (; at != tree->entries.end(); ++at) {
            if (!sink_(prefix + at->name, *at)) return false;
            if (at->is_folder && recursive_ && !(*this)(trees_.load(at->oid), prefix + at->name + '/', {}))
                return false;
        }
        return true;
    }

private:
    TreeStore& trees_;
    bool recursive_;
    Sink sink_;
};

ListedEntry listed(std::string path, TreeEntry entry)
{
    ListedEntry out{.path = std::move(path), .entry = std::move(entry)};
    if (out.entry.lfs)
        out.pointer_size = static_cast<std::uint32_t>(lfs_pointer(*out.entry.lfs, out.entry.size).size());
    return out;
}

} // namespace

const CommitRecord* Repo::record(const Oid& oid) const
{
    const std::shared_lock lock(mutex_);
    const auto found = commits_.find(oid);
    return found == commits_.end() ? nullptr : found->second.get();
}

const CommitRecord& Repo::require_record(const Oid& oid) const
{
    if (const CommitRecord* found = record(oid)) return *found;
    throw StoreError(404, "RevisionNotFound", fmt::format("Invalid rev id: {}", oid.hex()));
}

CommitRecord Repo::commit_record(const Oid& oid) const
{
    return require_record(oid);
}

bool Repo::has_commits() const
{
    const std::shared_lock lock(mutex_);
    return !commits_.empty();
}

TreePtr Repo::root_of(const Oid& commit) const
{
    return trees_.load(require_record(commit).tree);
}

std::optional<TreeEntry> Repo::find(const Oid& commit, std::string_view path) const
{
    return find_path(trees_, root_of(commit), path);
}

ListPage Repo::list(const ListRequest& request) const
{
    ListPage page{.commit = resolve(request.revision), .entries = {}, .next = {}};
    TreePtr tree = root_of(page.commit);
    std::string prefix(strip_slashes(request.path));
    if (!prefix.empty()) {
        const auto folder = find_path(trees_, tree, prefix);
        if (!folder || !folder->is_folder)
            throw StoreError(404, "EntryNotFound",
                             fmt::format("{} does not exist on \"{}\"", prefix, request.revision));
        tree = trees_.load(folder->oid);
        prefix.push_back('/');
    }
    std::string_view after = request.after;
    if (!after.empty()) {
        if (!after.starts_with(prefix)) throw StoreError(400, "", "The cursor belongs to another listing");
        after.remove_prefix(prefix.size());
    }
    bool more = false;
    Walk walk(trees_, request.recursive, [&](std::string path, const TreeEntry& entry) {
        more = page.entries.size() == request.limit;
        if (!more) page.entries.push_back(listed(std::move(path), entry));
        return !more;
    });
    walk(tree, prefix, after);
    if (more && !page.entries.empty()) {
        const ListedEntry& last = page.entries.back();
        page.next = last.entry.is_folder ? last.path + '/' : last.path;
    }
    if (request.expand) fill_last_commits(page.commit, page.entries);
    return page;
}

std::vector<ListedEntry> Repo::paths_info(std::string_view revision, const std::vector<std::string>& paths,
                                          bool expand) const
{
    const Oid commit = resolve(revision);
    const TreePtr root = root_of(commit);
    std::vector<ListedEntry> out;
    for (const std::string& asked : paths) {
        const std::string_view path = strip_slashes(asked);
        if (path.empty()) continue;
        if (auto entry = find_path(trees_, root, path))
            out.push_back(listed(std::string(path), std::move(*entry)));
    }
    if (expand) fill_last_commits(commit, out);
    return out;
}

void Repo::for_each_file(const Oid& commit,
                         const std::function<bool(const std::string& path, const TreeEntry&)>& visit) const
{
    Walk walk(trees_, true, [&](const std::string& path, const TreeEntry& entry) {
        return entry.is_folder || visit(path, entry);
    });
    walk(root_of(commit), "", {});
}

std::shared_ptr<const std::string> Repo::read_file(const Oid& commit, std::string_view path) const
{
    const auto entry = find(commit, path);
    return !entry || entry->is_folder || entry->lfs ? nullptr : objects_.read_blob(entry->oid);
}

std::shared_ptr<const Card> Repo::card(const Oid& commit) const
{
    const auto readme = find(commit, "README.md");
    if (!readme || readme->is_folder || readme->lfs) return std::make_shared<const Card>();
    const std::scoped_lock lock(card_mutex_);
    if (!card_ || card_of_ != readme->oid) {
        card_ = std::make_shared<const Card>(read_card(*objects_.read_blob(readme->oid)));
        card_of_ = readme->oid;
    }
    return card_;
}

std::vector<CommitRecord> Repo::history(std::string_view revision, std::size_t skip, std::size_t limit,
                                        std::size_t* total) const
{
    std::vector<CommitRecord> out;
    std::size_t count = 0;
    const CommitRecord* at = &require_record(resolve(revision));
    for (;; ++count) {
        if (count >= skip && out.size() < limit) out.push_back(*at);
        if (at->parents.empty() || (!total && out.size() == limit)) break;
        at = &require_record(at->parents.front());
    }
    if (total) *total = count + 1;
    return out;
}

void Repo::fill_last_commits(const Oid& from, std::span<ListedEntry> entries) const
{
    // Walks back through the lists of changed files until every entry has met the newest change in or below
    // it.
    std::unordered_map<std::string_view, std::vector<ListedEntry*>> pending;
    for (ListedEntry& entry : entries)
        pending[entry.path].push_back(&entry);
    const CommitRecord* at = record(from);
    while (at && !pending.empty()) {
        const auto met = [&](std::string_view path) {
            const auto found = pending.find(path);
            if (found == pending.end()) return;
            for (ListedEntry* entry : found->second)
                entry->last_commit = LastCommit{.oid = at->oid, .title = at->title, .date = at->date};
            pending.erase(found);
        };
        for (const std::string_view changed : at->changed)
            for (std::size_t slash = 0; slash != std::string_view::npos && !pending.empty();) {
                slash = changed.find('/', slash + 1);
                met(changed.substr(0, slash));
            }
        at = at->parents.empty() ? nullptr : record(at->parents.front());
    }
}

std::vector<UploadDecision> Repo::upload_modes(std::string_view revision,
                                               const std::vector<UploadQuestion>& files,
                                               std::optional<std::string> gitignore,
                                               std::optional<std::string> gitattributes,
                                               std::uint64_t threshold) const
{
    const auto commit = try_resolve(revision);
    if (!commit && has_commits())
        throw StoreError(404, "RevisionNotFound", fmt::format("Invalid rev id: {}", revision));
    const auto text = [&](std::string_view path) {
        const auto found = commit ? read_file(*commit, path) : nullptr;
        return found ? *found : std::string();
    };
    const LfsRules lfs(gitattributes ? *gitattributes : text(".gitattributes"));
    const IgnoreRules ignore(gitignore ? *gitignore : text(".gitignore"));
    std::vector<UploadDecision> out;
    out.reserve(files.size());
    for (const UploadQuestion& file : files)
        out.push_back(decide_upload(file, lfs, ignore, threshold));
    return out;
}

} // namespace hfasync::emulator::store
