// What the parts of CommitScheduler share.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <hfasync/transfer/commit_scheduler.hpp>
#include <hfasync/upload_source.hpp>

#include "async/byte_budget.hpp"
#include "async/wakeup.hpp"
#include "transfer/folder_walk.hpp"
#include "transfer/upload_target.hpp"

namespace hfasync::detail {

/// A flag that coroutines wait for; any thread may set it.
class Flag {
public:
    void set();
    /// Nobody may be waiting for it.
    void reset();
    bool is_set() const;
    /// Until it is set. \throws CancelledError
    boost::asio::awaitable<void> wait();

private:
    mutable std::mutex mutex_;
    bool set_ = false;
    std::vector<std::shared_ptr<Wakeup>> waiting_;
};

/// Awaits `work`, cancelled once the flag is set; then (and only then) a cancel is no failure.
boost::asio::awaitable<void> until(Flag* flag, boost::asio::awaitable<void> work);

/// What a file looked like when it was listed.
struct FileStamp {
    std::int64_t mtime_ns = 0;
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileStamp&) const = default;
};

/// The files that the repo has, as far as this scheduler knows.
class PushedFiles {
public:
    /// Remembers for the end of the round that it is still there. \returns whether it was pushed like this
    bool knows(const std::string& relative, const FileStamp& stamp);
    void add(std::string relative, const FileStamp& stamp);
    /// Forgets those that were not asked about since the last call.
    void end_round();

private:
    struct Entry {
        FileStamp stamp;
        bool seen = true;
    };
    std::unordered_map<std::string, Entry> entries_;
};

struct ChangedFile {
    std::string relative; ///< to the folder, parts joined by '/'
    FileStamp stamp;
};

struct FolderScan {
    bool folder_missing = false;
    std::vector<ChangedFile> changed;  ///< sorted by parts
    std::vector<std::string> left_out; ///< why, one line each
};
/// Blocks: for the worker pool. Throws what listing a folder throws.
FolderScan scan_folder(const FolderWalk& walk, PushedFiles& pushed);

/// The first `stamp.size` bytes of a file that may grow meanwhile. Its reading throws FileModified when the
/// file is shorter, is another one, or gives other bytes than the first time.
UploadSource capped_file(HubPtr hub, std::filesystem::path file, FileStamp stamp);

/// One push of the folder; see CommitScheduler.
boost::asio::awaitable<std::optional<CommitInfo>>
push_folder(std::shared_ptr<CommitScheduler::State> scheduler);

/// Makes the folder and the repo at first, pushes, and squashes.
boost::asio::awaitable<std::optional<CommitInfo>>
push_once(std::shared_ptr<CommitScheduler::State> scheduler);
/// A push that begins now or, when one runs, after it, together with all that are wanted until then.
boost::asio::awaitable<std::optional<CommitInfo>>
push_in_turn(std::shared_ptr<CommitScheduler::State> scheduler);

} // namespace hfasync::detail

namespace hfasync {

struct CommitScheduler::State {
    State(Hub hub, std::string repo_id, std::filesystem::path folder, CommitSchedulerOptions options,
          CommitSchedulerHooks hooks);
    static CommitScheduler handle(std::shared_ptr<State> state) { return CommitScheduler(std::move(state)); }
    void warn(const std::string& text) const;
    /// The same text only once, for what stays as it is from push to push.
    void warn_once(const std::string& text);

    const Hub hub;
    const std::filesystem::path folder;
    const CommitSchedulerOptions options;
    const CommitSchedulerHooks hooks;
    const RepoType type;
    const Clock::Steady::duration every;

    detail::Flag stopping;  ///< no further turn; the last push may still run
    detail::Flag ended;     ///< nothing runs any more
    detail::Flag attention; ///< run() must not sleep on: stop() or push_soon()
    detail::Budget lock{1};

    mutable std::mutex mutex; ///< of what follows, down to `waiting`
    std::string repo_id;
    bool running = false;
    bool pushing = false;
    struct Waiter;
    std::list<std::shared_ptr<Waiter>> waiting; ///< for a push that begins after they came

    // Touched by the one push at a time.
    std::atomic<bool> repo_known = false; ///< and looked at by run()
    detail::PushedFiles pushed;
    std::unordered_set<std::string> warned;
    PushReport report;
};

} // namespace hfasync
