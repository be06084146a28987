#include "transfer/range_fetch.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <hfasync/error.hpp>

#include "async/task_group.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

/// A claim is not worth two connections below this.
constexpr std::uint64_t least_theft = 4u << 20;

class RangeFetch {
public:
    RangeFetch(HubPtr hub, BodyRequests* requests, std::shared_ptr<DownloadSession> session,
               DownloadItem* item, RangeStart start)
        : hub_(std::move(hub)), requests_(requests), session_(std::move(session)), item_(item),
          size_(session_->file.expected().size), plan_(start.plan), first_(std::move(start.response)),
          open_first_(start.open), board_(session_->file.missing()),
          patience_(hub_->options.retry.max_retries, hub_->options.retry.base, hub_->options.retry.cap)
    {
    }

    asio::awaitable<RangeEnd> run()
    {
        co_await run_group([this](TaskGroup& group) { return begin(&group); });
        co_return unusable_ ? RangeEnd::unusable : RangeEnd::complete;
    }

private:
    /// What one connection is about; outlives it.
    struct Side {
        std::size_t who = 0;
        DownloadPipe* pipe = nullptr;
        bool fresh = true;   ///< nothing received yet
        bool asking = false; ///< or reading
        bool light = false;  ///< asked without the retries that a last connection gets
    };

    struct Newcomer {
        std::size_t who = 0;
        Budget::Grant file; ///< of the limit of open files
    };

    asio::awaitable<void> begin(TaskGroup* group)
    {
        group_ = group;
        std::vector<Newcomer> newcomers;
        {
            const std::scoped_lock lock(mutex_);
            alive_.emplace(next_who_++, false);
            // The first claims all of it, before the others take from it.
            (void)board_.claim(0, all, least_theft);
            newcomers = grow_locked(open_first_);
        }
        group_->spawn(connection(0, {}));
        spawn_all(std::move(newcomers));
        co_return;
    }

    asio::awaitable<void> connection(std::size_t who, Budget::Grant file)
    {
        DownloadPipe pipe(hub_, session_, DownloadPipe::for_a_piece);
        Side side{.who = who, .pipe = &pipe};
        std::exception_ptr failure;
        try {
            co_await fetch_pieces(&side);
        } catch (...) {
            failure = std::current_exception();
        }
        // The writer has the file and its lock: also a cancelled connection ends only after it has stopped.
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        const auto unwritten = co_await pipe.settle();
        co_await asio::this_coro::throw_if_cancelled(throws);
        if (unwritten) std::rethrow_exception(unwritten);
        if (failure) std::rethrow_exception(failure);
    }

    asio::awaitable<void> fetch_pieces(Side* side)
    {
        for (;;) {
            const auto range = next_range(side->who);
            if (!range) {
                if (leave(side->who, Leaving::done)) co_return;
                continue;
            }
            bool usable = true;
            std::exception_ptr broken;
            errc code{};
            try {
                usable = co_await fetch(side, *range);
            } catch (const HubError& error) {
                code = error.code();
                if (code == errc::cancelled || code == errc::shut_down) throw;
                broken = std::current_exception();
            }
            if (!usable) {
                unusable_ = !leave(side->who, Leaving::refused);
                co_return;
            }
            if (!broken) continue;
            const auto wait = after_break(side, *range, code);
            if (!wait) {
                if (leave(side->who, Leaving::refused)) co_return;
                if (side->asking && side->light) continue; // alone by now: with all retries
                std::rethrow_exception(broken);
            }
            if (wait->count() > 0) co_await hub_->clock->sleep_until(hub_->clock->now() + *wait);
        }
    }

    /// nullopt: this connection has no reason to go on.
    std::optional<std::chrono::milliseconds> after_break(const Side* side, ByteRange range, errc code)
    {
        const std::scoped_lock lock(mutex_);
        const auto gained = board_.left(side->who).begin - range.begin;
        board_.release(side->who);
        if (side->asking || !breaks_off(code)) return std::nullopt;
        // Not to be held for ever by one that brings nothing, while others do.
        constexpr std::uint64_t worthwhile = 64 << 10;
        if (alive_.size() > 1 && gained < worthwhile) return std::nullopt;
        return patience_.next(gained);
    }

    enum class Leaving { done, refused };
    /// false: it is the last, and bytes are missing.
    bool leave(std::size_t who, Leaving why)
    {
        const std::scoped_lock lock(mutex_);
        board_.release(who);
        const auto entry = alive_.find(who);
        if (alive_.size() <= 1 && board_.missing() > 0) {
            entry->second = false;
            return false;
        }
        const bool retired = entry->second; // then the plan knows
        alive_.erase(entry);
        if (!retired) plan_.ended(hub_->clock->now(), why == Leaving::refused);
        return true;
    }

    std::optional<ByteRange> next_range(std::size_t who)
    {
        const std::scoped_lock lock(mutex_);
        if (alive_.at(who)) return std::nullopt;
        if (who == 0 && first_ && board_.left(0).size() > 0) return board_.left(0);
        return board_.claim(who, most_locked(), least_theft);
    }

    std::uint64_t most_locked() const { return alive_.size() > 1 ? plan_.piece(board_.unclaimed()) : all; }

    /// One response, to the end of the claim or of what can be added to it. \returns whether it was usable
    asio::awaitable<bool> fetch(Side* side, ByteRange range)
    {
        side->asking = false;
        http::Response response;
        auto end = size_; // of the response
        if (side->who == 0 && first_) {
            response = std::move(*first_);
            first_.reset();
        } else {
            side->asking = true;
            side->light = others_alive();
            const auto asked = hub_->clock->now();
            const auto retries = side->light ? std::optional(0) : std::nullopt;
            auto answer = co_await requests_->ask(range, size_, retries);
            if (answer.meaning == BodyAnswer::Meaning::again) co_return true;
            if (answer.meaning != BodyAnswer::Meaning::body) co_return false;
            side->asking = false;
            response = std::move(answer.response);
            end = range.end;
            begun(side, asked);
        }
        side->fresh = false;
        co_await read(side, &response, range.begin, end);
        co_return true;
    }

    void begun(const Side* side, RangePlan::Time asked)
    {
        const auto now = hub_->clock->now();
        const std::scoped_lock lock(mutex_);
        plan_.latency(now - asked);
        if (side->fresh) plan_.started(now, now - asked);
    }

    bool others_alive()
    {
        const std::scoped_lock lock(mutex_);
        return alive_.size() > 1;
    }

    asio::awaitable<void> read(const Side* side, http::Response* response, std::uint64_t at,
                               std::uint64_t end)
    {
        for (auto left = still_wanted(side->who, at, end); left > 0;
             left = still_wanted(side->who, at, end)) {
            auto buffer = co_await side->pipe->buffer();
            std::size_t size = 0;
            std::exception_ptr failure;
            try {
                while (size < DownloadPipe::buffer_size && left > 0) {
                    const auto room = std::min<std::uint64_t>(DownloadPipe::buffer_size - size, left);
                    const auto before = hub_->clock->now();
                    const auto got = co_await response->read_some(asio::buffer(buffer.get() + size, room));
                    if (got == 0) throw_early_end(*response);
                    size += got;
                    left = took(side->who, got, hub_->clock->now() - before);
                }
            } catch (...) {
                failure = std::current_exception();
            }
            if (size > 0)
                side->pipe->push_piece(std::move(buffer), size, at); // also what came before a break
            else
                side->pipe->put_back(std::move(buffer));
            at += size;
            if (failure) std::rethrow_exception(failure);
        }
    }

    [[noreturn]] static void throw_early_end(const http::Response& response)
    {
        ErrorContext context;
        context.url = response.url.redacted();
        throw ConnectionError(errc::connection_lost, "The body of a range ended early", std::move(context));
    }

    /// Bytes that the response at `at` can still bring; at the end of the claim it may go on into what is
    /// nobody's.
    std::uint64_t still_wanted(std::size_t who, std::uint64_t at, std::uint64_t end)
    {
        const std::scoped_lock lock(mutex_);
        if (alive_.at(who)) return 0;
        if (board_.left(who).size() == 0 && at < end && at == board_.left(who).end)
            (void)board_.extend(who, std::min(most_locked(), end - at));
        return board_.left(who).size();
    }

    /// Counts what arrived, and does what the plan decides. \returns what is left of the claim
    std::uint64_t took(std::size_t who, std::uint64_t got, std::chrono::nanoseconds waited)
    {
        const auto now = hub_->clock->now();
        std::vector<Newcomer> newcomers;
        std::uint64_t own = 0, left = 0;
        {
            const std::scoped_lock lock(mutex_);
            own = board_.advance(who, got);
            if (!alive_.at(who)) {
                const auto decision = plan_.received(now, got, waited, board_.missing());
                newcomers = grow_locked(decision.open);
                retire_locked(decision.retire);
            }
            left = alive_.at(who) ? 0 : board_.left(who).size();
        }
        item_->advance(own);
        spawn_all(std::move(newcomers));
        return left;
    }

    /// As many as the limit of open files allows.
    std::vector<Newcomer> grow_locked(std::size_t count)
    {
        std::vector<Newcomer> out;
        for (Budget::Grant file; out.size() < count && hub_->open_files.try_acquire(1, file);) {
            alive_.emplace(next_who_, false);
            out.push_back({next_who_++, std::move(file)});
        }
        plan_.opened(hub_->clock->now(), out.size());
        if (!out.empty()) board_.cut(plan_.piece(board_.missing()));
        return out;
    }

    void retire_locked(std::size_t count)
    {
        for (auto entry = alive_.rbegin(); entry != alive_.rend() && count > 0; ++entry)
            if (!std::exchange(entry->second, true)) --count;
    }

    void spawn_all(std::vector<Newcomer> newcomers)
    {
        for (auto& [who, file] : newcomers)
            group_->spawn(connection(who, std::move(file)));
    }

    static constexpr auto all = std::numeric_limits<std::uint64_t>::max();

    HubPtr hub_;
    BodyRequests* requests_;
    std::shared_ptr<DownloadSession> session_;
    DownloadItem* item_;
    std::uint64_t size_;
    TaskGroup* group_ = nullptr;
    bool unusable_ = false; ///< set by the last connection only

    std::mutex mutex_; ///< of what follows
    RangePlan plan_;
    std::optional<http::Response> first_; ///< for connection 0
    std::size_t open_first_;
    RangeBoard board_;
    ResumePatience patience_;
    std::size_t next_who_ = 0;
    std::map<std::size_t, bool> alive_; ///< true: retired, ends at its next step
};

} // namespace

asio::awaitable<RangeEnd> fetch_ranges(HubPtr hub, BodyRequests* requests,
                                       std::shared_ptr<DownloadSession> session, DownloadItem* item,
                                       RangeStart start)
{
    RangeFetch fetch(std::move(hub), requests, std::move(session), item, std::move(start));
    co_return co_await fetch.run();
}

} // namespace hfasync::detail
