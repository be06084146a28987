// The discussions of all repos, and what can be done with them. Who may do it, the routes decide.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/store/discussion.hpp"
#include "emulator/store/store.hpp"

namespace hfasync::emulator::store {

/// Something that has happened in a discussion: what a webhook tells.
struct DiscussionNews {
    std::shared_ptr<Repo> repo;
    Discussion discussion; ///< afterwards
    DiscussionEvent event; ///< the new or changed event; without an id when the discussion is new
    std::string action;    ///< "create", "update"
    std::string scope;     ///< "discussion", "discussion.comment"
};
using DiscussionObserver = std::function<void(const DiscussionNews&)>;

struct NewDiscussion {
    std::string author;
    std::string title;
    std::string description; ///< empty: no first comment
    bool is_pull_request = false;
};

/// The discussions of one repo. Thread-safe; every change is on disk before it is seen.
class Discussions {
public:
    using ClockFn = std::function<Timestamp()>;
    /// `folder` is made with the first discussion.
    Discussions(const std::shared_ptr<Repo>& repo, std::filesystem::path folder, ClockFn clock,
                const DiscussionObserver& observer);
    bool is_orphan() const noexcept { return repo_.expired(); }

    /// The newest first.
    std::vector<Discussion> all() const;
    std::optional<Discussion> find(int num) const;
    /// \throws StoreError 404
    Discussion require(int num) const;
    /// The pull request of "refs/pr/N"; nullopt for other revisions, and for a ref without a discussion.
    std::optional<Discussion> pull_request(std::string_view revision) const;

    /// A pull request is a draft, and its ref stands at the head of main.
    /// \throws StoreError 404 RevisionNotFound for a pull request to a repo without commits
    Discussion open(const NewDiscussion& wanted);
    /// Gives the pull request that a commit has made (CommitRequest::create_pr) its discussion.
    void adopt(int num, const NewDiscussion& wanted, const CommitOutcome& commit, const std::string& base);
    /// A commit to refs/pr/N.
    void add_commit(int num, const std::string& author, const Oid& commit, const std::string& subject);

    DiscussionEvent comment(int num, const std::string& author, const std::string& text);
    DiscussionEvent rename(int num, const std::string& author, const std::string& title);
    /// A draft is opened, too. \throws StoreError 400 when it has this status already, or is merged
    DiscussionEvent change_status(int num, const std::string& author, const std::string& status,
                                  const std::string& comment);
    /// \throws StoreError 400 for what is no open pull request, 409 when files conflict
    Oid merge(int num, const std::string& author, const std::string& email, const std::string& comment);
    DiscussionEvent edit(int num, const std::string& comment_id, const std::string& author,
                         const std::string& text);
    /// The content goes for good.
    DiscussionEvent hide(int num, const std::string& comment_id, const std::string& author);

private:
    /// Changes a copy, writes it, and puts it in place. The event is what `change` returns.
    DiscussionEvent change(int num, std::string_view action, std::string_view scope,
                           const std::function<DiscussionEvent(Discussion&)>& change);
    Discussion add(Discussion discussion, const NewDiscussion& wanted);
    DiscussionEvent append(Discussion& discussion, std::string_view type, const std::string& author,
                           std::string from, std::string to) const;
    DiscussionEvent append_comment(Discussion& discussion, const std::string& author,
                                   const std::string& text) const;
    void save(const Discussion& discussion) const;
    void load();

    std::shared_ptr<Repo> repo() const;

    const std::weak_ptr<Repo> repo_; ///< a deleted repo shall go
    const std::filesystem::path folder_;
    ClockFn clock_;
    const DiscussionObserver& observer_;
    mutable std::mutex mutex_;
    std::map<int, Discussion, std::greater<>> discussions_;
};

/// Thread-safe.
class DiscussionStore {
public:
    explicit DiscussionStore(Store& store) : store_(store) {}

    /// Read from disk when they are asked for first. \throws OSError for a damaged file
    std::shared_ptr<Discussions> of(const std::shared_ptr<Repo>& repo);
    /// Called after every change, on the thread that made it, with no lock held. Set it before the first
    /// request.
    void observe(DiscussionObserver observer) { observer_ = std::move(observer); }

private:
    Store& store_;
    DiscussionObserver observer_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Discussions>> repos_; ///< by uid
};

} // namespace hfasync::emulator::store
