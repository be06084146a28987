// CommitScheduler: a local folder that is pushed to a repo every few minutes.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/progress.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/commit_info.hpp>

namespace hfasync {

class CommitScheduler;

/// When and what a CommitScheduler pushes.
struct CommitSchedulerOptions {
    double every = 5;                          ///< minutes between two pushes; more than 0
    std::optional<std::string> path_in_repo{}; ///< folder of the repo; its root when unset
    std::optional<std::string> repo_type{};    ///< model (default), dataset or space
    std::optional<std::string> revision{};     ///< branch or refs/pr/N; main when unset
    std::optional<bool> private_{};            ///< of a repo that has to be created
    Token token{};
    std::optional<Strings> allow_patterns{}; ///< an empty list allows nothing
    std::optional<Strings> ignore_patterns{};
    bool squash_history = false; ///< squashes the branch's history after each commit
};
HFASYNC_DESCRIBE(CommitSchedulerOptions, every, path_in_repo, repo_type, revision, private_, token,
                 allow_patterns, ignore_patterns, squash_history)

/// The outcome of one push.
struct PushReport {
    std::optional<CommitInfo> commit; ///< the last one; nullopt: nothing had changed, or it failed
    std::size_t commits = 0;          ///< more than one when very many files had changed
    std::size_t files = 0;            ///< that were committed
    std::uint64_t bytes = 0;          ///< of these
    std::exception_ptr failure;       ///< null: it succeeded
};

/// Callbacks of the program. All are called on the executor of the coroutine that pushes.
struct CommitSchedulerHooks {
    ProgressSink progress{};
    std::function<void(const PushReport&)> on_push{}; ///< after every push that was not cancelled
    /// In place of CommitScheduler::push_folder, which it may call. Never runs twice at once. It must not
    /// await trigger(), stop() or run(), which would wait for it. Source: `push_to_hub`.
    std::function<boost::asio::awaitable<std::optional<CommitInfo>>(CommitScheduler)> push_to_hub{};
};

/// Pushes a folder to a repo at regular intervals: at once, and then every `every` minutes. It is meant for
/// folders whose files grow or are added: what is deleted here stays in the repo. Source: `CommitScheduler`.
///
///     CommitScheduler scheduler(hub, "acme/logs", "logs", {.every = 10});
///     co_await scheduler.run_while(work()); // ends with a last push
///
/// It is a handle: copies share state. It has no thread and starts nothing by itself: pushes run in the
/// coroutines that await run(), trigger() and stop(). There is never more than one at a time, and pushes
/// requested while one runs become a single one after it. Waits use HubOptions::clock, so a wall clock that
/// jumps changes nothing.
///
/// *A push* lists the folder, takes the files whose size, time or inode changed, asks the Hub which of them
/// it already has, and commits the rest ("Scheduled Commit"; one commit for every 1,000 files). Of each file,
/// the bytes that it had when it was listed are sent; what is appended meanwhile goes with the next push. A
/// file that shrinks or is replaced meanwhile is left for the next push, with a warning. Nothing new: no
/// commit. *Retries*: a commit that collides with another one (409, 412) is made again on the new head, five
/// times at most; any other failure leaves all for the next push.
///
/// *Warnings* (HubOptions::on_warning): a push of run() that failed, files that are left out, a folder that
/// has disappeared, a squash that failed.
class CommitScheduler {
public:
    /// Keeps push_folder from listing the folder while it lives: hold it while a file is half-written.
    class Lock {
    public:
        Lock() = default;
        void release() noexcept { held_.reset(); }
        explicit operator bool() const noexcept { return held_ != nullptr; }

    private:
        friend class CommitScheduler;
        explicit Lock(std::shared_ptr<void> held) : held_(std::move(held)) {}
        std::shared_ptr<void> held_;
    };

    /// Makes no request. \throws ValueError for an `every` that is not more than 0 (or over ten years) and an
    /// unknown repo type; HFValidationError for an id that breaks the Hub's rules.
    CommitScheduler(Hub hub, std::string repo_id, std::filesystem::path folder_path,
                    CommitSchedulerOptions options = {}, CommitSchedulerHooks hooks = {});

    /// Makes the folder and the repo where they are missing, then pushes until stop() has ended. A push that
    /// fails is tried again at its next turn; a failure is thrown only until the repo is known to exist.
    /// *Cancellation*: at once, without a last push; trigger() and stop() still work after it, and so does
    /// another run(). \throws ValueError when it is already running, or the folder is a file
    boost::asio::awaitable<void> run() const;

    /// Runs `work` beside the schedule; when it has ended, calls stop(within). The `with` statement of the
    /// reference. \throws what `work` throws, after the last push, or else what stop() throws; what run()
    /// throws, after `work` was cancelled
    boost::asio::awaitable<void> run_while(boost::asio::awaitable<void> work,
                                           std::chrono::nanoseconds within = std::chrono::minutes(5)) const;

    /// Pushes now. What was in the folder before the call is in the returned commit; nullopt: nothing was
    /// new, or the scheduler is stopped. \throws what the push throws. Source: `trigger`.
    boost::asio::awaitable<std::optional<CommitInfo>> trigger() const;

    /// Lets run() push now instead of at its next turn, without waiting for it. Callable from any thread.
    void push_soon() const;

    /// Ends the schedule with a last push, which is cancelled when it takes longer than `within` (by the real
    /// clock); run() returns after it. A stopped scheduler stays stopped. \throws TimeoutError; what the push
    /// throws. Source: `stop`, and the last commit when a program exits.
    boost::asio::awaitable<std::optional<CommitInfo>>
    stop(std::chrono::nanoseconds within = std::chrono::minutes(5)) const;

    /// Waits until no push is listing the folder; first come, first served. Source: `lock`.
    boost::asio::awaitable<Lock> lock() const;
    /// The same without waiting, for code without coroutines; empty when it is not free.
    Lock try_lock() const;

    /// What a push does unless CommitSchedulerHooks::push_to_hub says otherwise. Only for that hook: it takes
    /// the lock while it lists the folder, and must run alone. Source: `push_to_hub`.
    boost::asio::awaitable<std::optional<CommitInfo>> push_folder() const;

    const Hub& hub() const noexcept;
    const std::filesystem::path& folder_path() const noexcept;
    /// With its namespace, once the repo is known to exist.
    std::string repo_id() const;
    const CommitSchedulerOptions& options() const noexcept;

    struct State; ///< of the implementation

private:
    explicit CommitScheduler(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
    friend struct State;
};

} // namespace hfasync
