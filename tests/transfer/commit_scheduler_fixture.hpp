// What the tests of CommitScheduler share: an embedded Hub, time that stands still until a test moves it, and
// a loop that runs until something has come about.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>
#include <hfasync/transfer/commit_scheduler.hpp>

#include "base/hash.hpp"
#include "support/temp_folder.hpp"

namespace hfasync::tests {

/// Stands still; advance() wakes who slept long enough. For one thread but for now() and wall().
class ManualClock final : public Clock {
public:
    Steady::time_point now() const override
    {
        const std::scoped_lock lock(mutex_);
        return now_;
    }
    Timestamp wall() const override
    {
        const std::scoped_lock lock(mutex_);
        return wall_;
    }
    boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        const auto place = sleepers_.emplace(sleepers_.end(), co_await boost::asio::this_coro::executor,
                                             Steady::time_point::max());
        const std::unique_ptr<ManualClock, std::function<void(ManualClock*)>> leave(
            this, [place](ManualClock* clock) { clock->sleepers_.erase(place); });
        while (now() < when) {
            boost::system::error_code woken;
            co_await place->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
            const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != boost::asio::cancellation_type::none)
                throw CancelledError(errc::cancelled, "Waiting was cancelled");
        }
    }
    void advance(Steady::duration by)
    {
        {
            const std::scoped_lock lock(mutex_);
            now_ += by;
        }
        for (auto& timer : sleepers_)
            timer.cancel();
    }
    void set_wall(Timestamp to)
    {
        const std::scoped_lock lock(mutex_);
        wall_ = to;
    }
    bool someone_sleeps() const { return !sleepers_.empty(); }

private:
    mutable std::mutex mutex_;
    Steady::time_point now_{std::chrono::hours(1000)};
    Timestamp wall_{std::chrono::seconds(1'700'000'000)};
    std::list<boost::asio::steady_timer> sleepers_;
};

struct SchedulerFixture {
    static emulator::Options small_lfs()
    {
        emulator::Options options;
        options.lfs_threshold = 64u << 10;
        options.multipart_threshold = 1u << 20;
        options.part_size = 512u << 10;
        return options;
    }
    HubOptions hub_options()
    {
        HubOptions options;
        options.endpoint = server.endpoint();
        options.token = server.token();
        options.clock = clock;
        options.seed = 1;
        options.retry.max_retries = 0; // time stands still
        options.on_warning = [this](const std::string& text) { warnings.push_back(text); };
        return options;
    }

    emulator::Emulator server{small_lfs()};
    boost::asio::io_context context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{context.get_executor()};
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::vector<std::string> warnings;
    std::vector<PushReport> reports;
    Hub hub{context, hub_options()};
    HfApi api{hub};
    TempFolder folder;
    const std::string repo = "acme/logs";

    CommitScheduler make(CommitSchedulerOptions options = {}, CommitSchedulerHooks hooks = {})
    {
        if (!hooks.on_push) hooks.on_push = [this](const PushReport& report) { reports.push_back(report); };
        return CommitScheduler(hub, repo, folder.path(), std::move(options), std::move(hooks));
    }

    /// Runs the loop until it is true; a test that waits for ever fails.
    template <class Done>
    void drive_until(Done done)
    {
        // In slices: what it asks for may happen on another thread.
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done()) {
            context.run_one_for(std::chrono::milliseconds(20));
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not come about");
        }
    }

    /// A coroutine in the background, which can be cancelled.
    template <class T>
    struct Task {
        std::unique_ptr<boost::asio::cancellation_signal> signal =
            std::make_unique<boost::asio::cancellation_signal>();
        std::future<T> result;
        bool done() const { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
        void cancel() { signal->emit(boost::asio::cancellation_type::terminal); }
    };
    template <class T>
    Task<T> start(boost::asio::awaitable<T> call)
    {
        Task<T> task;
        task.result = boost::asio::co_spawn(
            context, std::move(call),
            boost::asio::bind_cancellation_slot(task.signal->slot(), boost::asio::use_future));
        return task;
    }
    template <class T>
    T end(Task<T>& task)
    {
        drive_until([&] { return task.done(); });
        return task.result.get();
    }
    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        auto task = start(std::move(call));
        return end(task);
    }
    /// Until run() waits for its next turn.
    void drive_until_asleep()
    {
        drive_until([&] { return clock->someone_sleeps(); });
    }
    /// Moves time to the next turn, and through it.
    void next_turn(Clock::Steady::duration by = std::chrono::minutes(5))
    {
        const auto before = reports.size();
        clock->advance(by);
        drive_until([&] { return reports.size() > before && clock->someone_sleeps(); });
    }

    static std::string content(std::size_t size, unsigned seed)
    {
        std::string text(size, '\0');
        std::uint64_t state = seed + 0x9E3779B97F4A7C15ull;
        for (auto& c : text) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            c = static_cast<char>(state >> 56);
        }
        return text;
    }
    std::filesystem::path write(const std::string& name, std::string_view text,
                                std::ios::openmode mode = std::ios::trunc)
    {
        const auto path = folder.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary | std::ios::out | mode) << text;
        return path;
    }
    void append(const std::string& name, std::string_view text) { write(name, text, std::ios::app); }

    /// What the repo should list for this content.
    static std::string stored(const std::string& text)
    {
        return text.size() >= (64u << 10) ? "lfs " + detail::sha256_hex(text)
                                          : "blob " + detail::git_blob_sha1(text);
    }
    using Listing = std::map<std::string, std::string>;
    Listing listing(ListRepoTreeOptions options = {})
    {
        options.recursive = true;
        Listing files;
        for (const auto& entry : wait(api.list_repo_tree(repo, std::move(options)).collect()))
            if (const auto* file = std::get_if<RepoFile>(&entry); file && file->path != ".gitattributes")
                files[file->path] = file->lfs ? "lfs " + file->lfs->sha256 : "blob " + file->blob_id;
        return files;
    }
    std::size_t scheduled_commits()
    {
        std::size_t n = 0;
        for (const auto& commit : wait(api.list_repo_commits(repo).collect()))
            if (commit.title == "Scheduled Commit") ++n;
        return n;
    }
    std::size_t seen(std::string_view method, std::string_view part) const
    {
        std::size_t n = 0;
        for (const auto& request : server.requests())
            if (request.method == method && request.target.find(part) != std::string::npos) ++n;
        return n;
    }
    bool warned_of(std::string_view text) const
    {
        for (const auto& warning : warnings)
            if (warning.find(text) != std::string::npos) return true;
        return false;
    }
};

/// Calls `then` when the next commit has been begun: its files are listed, hashed, and LFS files sent.
inline ProgressSink at_first_commit(std::function<void()> then, ProgressPhase phase = ProgressPhase::commit)
{
    auto done = std::make_shared<bool>(false);
    return [=](const ProgressEvent& event) {
        if (*done || event.phase != phase || event.kind != ProgressKind::started) return;
        *done = true;
        then();
    };
}

} // namespace hfasync::tests
