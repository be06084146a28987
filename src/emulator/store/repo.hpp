// One repo: settings, refs, commits and the queries over them.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include <hfasync/repo_id.hpp>
#include <hfasync/time.hpp>

#include "emulator/store/card.hpp"
#include "emulator/store/commit.hpp"
#include "emulator/store/merge.hpp"
#include "emulator/store/object_store.hpp"
#include "emulator/store/tree.hpp"
#include "emulator/store/upload_mode.hpp"

namespace hfasync::emulator::store {

/// What is set about a repo, apart from its content. A plain copyable value.
struct RepoSettings {
    std::string uid; ///< 24 hex digits, the Hub's `_id`
    RepoType type = RepoType::model;
    std::string id; ///< "owner/name"
    std::vector<std::string> former_ids;
    bool is_private = false;
    std::string gated = "false"; ///< "false", "auto", "manual"
    bool is_disabled = false;
    std::string sdk; ///< of a Space
    Timestamp created_at{};
    Timestamp last_modified{};
    std::uint64_t downloads = 0;
    std::map<std::string, Timestamp> likers; ///< user names, and since when
    std::set<std::string> access;            ///< users who may read though it is gated
    int last_number = 0;                     ///< of discussions and pull requests
    boost::json::object extra;               ///< whatever else a route wants to keep with the repo
};

struct Ref {
    std::string name; ///< "main", "v1.0", "parquet", "refs/pr/1"
    std::string ref;  ///< "refs/heads/main", "refs/tags/v1.0", "refs/convert/parquet", "refs/pr/1"
    Oid commit;
    std::string message; ///< of an annotated tag
};
/// Fills in the short name.
Ref make_ref(std::string ref, const Oid& commit, std::string message = {});
struct Refs {
    std::vector<Ref> branches, tags, converts, pull_requests;
};

struct LastCommit {
    Oid oid;
    std::string title;
    Timestamp date;
};
struct ListedEntry {
    std::string path; ///< from the root of the repo
    TreeEntry entry;
    std::uint32_t pointer_size = 0;        ///< of an LFS file
    std::optional<LastCommit> last_commit; ///< only when asked for
};
struct ListRequest {
    std::string revision = "main";
    std::string path; ///< folder; "" is the root
    bool recursive = false;
    bool expand = false; ///< with last commits
    std::size_t limit = 1000;
    std::string after; ///< the `next` of the page before
};
struct ListPage {
    Oid commit;
    std::vector<ListedEntry> entries;
    std::string next; ///< path of the last entry; empty at the end
};

/// Thread-safe. What is refused is a StoreError; a fault of the disk is an OSError, and nothing has changed
/// then.
class Repo {
public:
    using ClockFn = std::function<Timestamp()>;
    /// `folder` exists; an empty one is a new repo without commits.
    Repo(ObjectStore& objects, TreeStore& trees, std::filesystem::path folder, RepoSettings settings,
         ClockFn clock);
    ~Repo();
    /// Reads what an earlier run left in `folder`.
    static std::shared_ptr<Repo> load(ObjectStore& objects, TreeStore& trees, std::filesystem::path folder,
                                      ClockFn clock);

    RepoSettings settings() const;
    std::string id() const;
    RepoType type() const;
    /// Changes settings in place and writes them to disk.
    void update(const std::function<void(RepoSettings&)>& change);
    /// One more download. On disk with the next change, or when the Hub stops in order.
    void count_download();
    /// Another number after every change of settings or refs, and never the same for two repos: what was
    /// derived from the repo may be kept as long as this stays the same.
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

    /// Branch, tag, full hash, its first 7 digits or more, refs/pr/N, refs/convert/NAME, refs/heads/NAME,
    /// refs/tags/NAME.
    /// \throws StoreError 404 RevisionNotFound
    Oid resolve(std::string_view revision) const;
    std::optional<Oid> try_resolve(std::string_view revision) const;
    bool has_commits() const;
    CommitRecord commit_record(const Oid& oid) const;

    /// \throws StoreError 404 RevisionNotFound, EntryNotFound (the folder)
    ListPage list(const ListRequest& request) const;
    /// Entries of those paths that exist, in the order asked; folders too.
    std::vector<ListedEntry> paths_info(std::string_view revision, const std::vector<std::string>& paths,
                                        bool expand) const;
    /// nullopt when the path is not in that commit. "" is the root.
    std::optional<TreeEntry> find(const Oid& commit, std::string_view path) const;
    /// Every file of a commit, by path in git's order (`siblings`). The visitor returns false to stop.
    void for_each_file(const Oid& commit,
                       const std::function<bool(const std::string& path, const TreeEntry&)>& visit) const;
    /// Text of a small regular file; null when it is absent, a folder, or LFS.
    std::shared_ptr<const std::string> read_file(const Oid& commit, std::string_view path) const;
    /// The metadata of README.md; never null. The last one read is kept.
    std::shared_ptr<const Card> card(const Oid& commit) const;
    /// First-parent history, newest first. `total` counts all of it.
    std::vector<CommitRecord> history(std::string_view revision, std::size_t skip, std::size_t limit,
                                      std::size_t* total = nullptr) const;

    /// \throws StoreError 404 RevisionNotFound / EntryNotFound, 412 (parent moved), 400 (bad path, file
    /// against folder, LFS object that was never uploaded)
    CommitOutcome commit(const CommitRequest& request);
    /// Where a file of this size should go; reads .gitignore and .gitattributes of `revision` unless given.
    std::vector<UploadDecision> upload_modes(std::string_view revision,
                                             const std::vector<UploadQuestion>& files,
                                             std::optional<std::string> gitignore,
                                             std::optional<std::string> gitattributes,
                                             std::uint64_t threshold) const;

    Refs refs() const;
    /// \throws StoreError 409 when it exists, 404 RevisionNotFound for the starting point, 400 for a bad name
    void create_branch(std::string_view name, std::string_view starting_point);
    void delete_branch(std::string_view name);
    void create_tag(std::string_view name, std::string_view revision, std::string message);
    void delete_tag(std::string_view name);
    /// Makes or moves refs/convert/NAME or any other full ref; for tests.
    void set_ref(std::string ref, const Oid& commit);
    /// One commit with the branch's tree and no parent takes the place of its history.
    Oid squash(std::string_view branch, std::string author, std::string email, std::string title);

    // merge.cpp
    /// What a merge would do now. \throws StoreError 404 RevisionNotFound
    MergeOutcome preview_merge(std::string_view from, std::string_view into) const;
    /// Moves `into` forward, or makes a commit with two parents; nothing when there are conflicts.
    MergeOutcome merge(const MergeRequest& request);
    /// Unified diff between two commits; without `before` against the empty tree.
    std::string diff(const std::optional<Oid>& before, const Oid& after) const;
    /// The number of a new discussion, or, with a revision, of a pull request, whose ref then stands there.
    int next_number(std::string_view pull_request_from = {});

    /// All objects of the repo, all refs: a bare git repository in `into`. Writes what is not there yet.
    void export_git(const std::filesystem::path& into) const;
    /// The same, of now, in a folder that goes with the repo. Writes files: call it on a worker thread.
    std::filesystem::path git_folder() const;

private:
    /// Stable: records are never removed. Null when there is no such commit.
    const CommitRecord* record(const Oid& oid) const;
    const CommitRecord& require_record(const Oid& oid) const;
    std::optional<Oid> resolve_locked(std::string_view revision) const;
    TreePtr root_of(const Oid& commit) const;
    void fill_last_commits(const Oid& from, std::span<ListedEntry> entries) const;
    std::string branch_ref(std::string_view revision) const;
    std::optional<Oid> merge_base(const Oid& ours, const Oid& theirs) const;
    MergedTree merged_tree(const std::optional<Oid>& base, const Oid& ours, const Oid& theirs) const;
    TreePtr play(const CommitRequest& request, const CommitRecord* parent) const;
    void append(CommitRecord commit); ///< under mutex_
    void add_ref(std::string ref, const Oid& commit, std::string message, std::string_view taken);
    void remove_ref(const std::string& ref);
    void save() const; ///< under mutex_
    /// Changes refs and settings and writes them; undone when they cannot be written. Under mutex_.
    void change_and_save(const std::function<void()>& change);
    void load_commits();

    ObjectStore& objects_;
    TreeStore& trees_;
    const std::filesystem::path folder_;
    ClockFn clock_;
    std::mutex writing_; ///< one commit or ref change at a time; readers go on while a tree is built
    mutable std::shared_mutex mutex_; ///< after writing_
    RepoSettings settings_;
    std::atomic<std::uint64_t> version_; ///< changed under mutex_
    bool unsaved_downloads_ = false;
    std::map<std::string, Ref, std::less<>> refs_; ///< by full ref
    std::unordered_map<Oid, std::unique_ptr<const CommitRecord>, DigestHash> commits_;
    std::set<Oid> by_hash_; ///< ordered, for short hashes
    detail::Fd log_;
    std::uint64_t log_size_ = 0;
    mutable std::mutex exporting_;
    mutable std::uint64_t exported_ = 0; ///< version that git_folder() has
    mutable std::mutex card_mutex_;
    mutable Oid card_of_; ///< blob id of the README.md that card_ was read from
    mutable std::shared_ptr<const Card> card_;
};

} // namespace hfasync::emulator::store
