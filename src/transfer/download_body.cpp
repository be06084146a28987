#include "transfer/download_body.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <utility>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "transfer/range_fetch.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

[[noreturn]] void throw_wrong_length(const ExpectedFile& expected, std::uint64_t announced)
{
    ErrorContext context;
    context.path = printable(expected.path);
    throw IntegrityError(
        errc::integrity,
        fmt::format("Consistency check failed for {}: the file should be of size {} but the server "
                    "sends {} bytes; try again.",
                    context.path, expected.size, announced),
        std::move(context));
}

[[noreturn]] void throw_long_body(const ExpectedFile& expected)
{
    throw_wrong_length(expected, expected.size + 1);
}

/// Downloads one body; a class because its steps share what has been tried.
class Fetch {
public:
    Fetch(HubPtr hub, BodySpec spec, std::shared_ptr<DownloadSession> session, DownloadItem* item,
          std::function<void(PartialFile&)> finish)
        : hub_(std::move(hub)), requests_(hub_, std::move(spec)), session_(std::move(session)), item_(item),
          finish_(std::move(finish)), size_(session_->file.expected().size),
          most_connections_(hub_->options.connections_per_file),
          patience_(hub_->options.retry.max_retries, hub_->options.retry.base, hub_->options.retry.cap)
    {
        if (size_ < PartialFile::least_for_pieces) most_connections_ = 1;
    }

    asio::awaitable<void> run()
    {
        for (bool again = true;;) {
            std::exception_ptr wrong;
            try {
                co_await fill();
                co_return;
            } catch (const IntegrityError&) {
                wrong = std::current_exception();
            }
            // What arrived is not what was announced: a second and last try from the start.
            co_await restart();
            if (!std::exchange(again, false)) std::rethrow_exception(wrong);
            most_connections_ = 1; // the plainest way, this time
        }
    }

private:
    /// From where the file is to its end, over as many responses as it takes; then finish_.
    asio::awaitable<void> fill()
    {
        while (!session_->file.complete()) {
            if (session_->file.in_pieces()) {
                co_await fill_pieces(RangeStart{.plan = new_plan(), .response = {}, .open = 0});
                continue;
            }
            auto response = co_await ask();
            if (!response) continue;
            const auto before = session_->file.offset();
            auto outcome = Outcome::end;
            std::exception_ptr broken;
            try {
                outcome = co_await read(*response);
            } catch (const HubError& error) {
                if (!breaks_off(error.code())) throw;
                broken = std::current_exception();
            }
            if (outcome == Outcome::finished) co_return;
            if (outcome == Outcome::split) {
                auto start = RangeStart{.plan = *plan_, .response = std::move(response), .open = split_};
                co_await fill_pieces(std::move(start));
            } else if (!session_->file.complete()) {
                co_await wait_before_resume(session_->file.offset() - before, broken);
            }
        }
        co_await hub_->workers.run([this] { finish_(session_->file); });
    }

    /// The rest, over several connections.
    asio::awaitable<void> fill_pieces(RangeStart start)
    {
        const auto end = co_await fetch_ranges(hub_, &requests_, session_, item_, std::move(start));
        if (end == RangeEnd::complete) co_return;
        ranges_failed_ = true;
        most_connections_ = 1;
        co_await restart();
    }

    RangePlan new_plan() const { return RangePlan(most_connections_, hub_->clock->now()); }

    /// A response whose body goes on at the offset of the file; nullopt: ask again.
    asio::awaitable<std::optional<http::Response>> ask()
    {
        const auto offset = session_->file.offset();
        const auto asked = hub_->clock->now();
        auto answer = co_await requests_.ask({offset, size_}, size_);
        latency_ = hub_->clock->now() - asked;
        switch (answer.meaning) {
        case BodyAnswer::Meaning::whole:
            co_await restart(); // the server does not do ranges, or has another file now: this is all of it
            most_connections_ = 1;
            [[fallthrough]];
        case BodyAnswer::Meaning::body:
            check_length(answer.response);
            co_return std::move(answer.response);
        case BodyAnswer::Meaning::again:
            co_return std::nullopt;
        case BodyAnswer::Meaning::unusable:
            break;
        }
        // Once from the start, without a range.
        if (std::exchange(ranges_failed_, true) || offset == 0) requests_.throw_unusable(answer.response);
        most_connections_ = 1;
        co_await restart();
        co_return std::nullopt;
    }

    void check_length(const http::Response& response) const
    {
        const auto& expected = session_->file.expected();
        const auto left = expected.size - session_->file.offset();
        if (response.content_length && *response.content_length != left)
            throw_wrong_length(expected, session_->file.offset() + *response.content_length);
    }

    enum class Outcome {
        end,      ///< of the response
        split,    ///< the response goes on as one of several
        finished, ///< and published
    };
    asio::awaitable<Outcome> read(http::Response& response)
    {
        const auto left = size_ - session_->file.offset();
        if (left <= DownloadPipe::buffer_size) return read_small(response, left);
        return read_large(response);
    }

    /// The rest fits into one buffer: written, verified and published by a single job.
    asio::awaitable<Outcome> read_small(http::Response& response, std::uint64_t left)
    {
        const auto grant = co_await hub_->memory.acquire(left + 1);
        const auto buffer = std::make_unique_for_overwrite<std::byte[]>(left + 1);
        std::size_t size = 0;
        std::exception_ptr broken;
        try {
            while (size <= left) {
                const auto got =
                    co_await response.read_some(asio::buffer(buffer.get() + size, left + 1 - size));
                if (got == 0) break;
                size += got;
                item_->advance(got);
            }
        } catch (const HubError& error) {
            if (!breaks_off(error.code())) throw;
            broken = std::current_exception();
        }
        if (size > left) throw_long_body(session_->file.expected());
        co_await hub_->workers.run([&] {
            session_->file.append(std::span(buffer.get(), size));
            if (size == left) finish_(session_->file);
        });
        if (broken && size < left) std::rethrow_exception(broken);
        co_return size == left ? Outcome::finished : Outcome::end;
    }

    asio::awaitable<Outcome> read_large(http::Response& response)
    {
        auto outcome = Outcome::end;
        {
            DownloadPipe pipe(hub_, session_, DownloadPipe::for_a_stream);
            std::exception_ptr broken;
            try {
                outcome = co_await read_stream(&response, &pipe);
            } catch (...) {
                broken = std::current_exception();
            }
            // The writer has the file and its lock: also a cancelled call returns only after it has stopped.
            const bool throws = co_await asio::this_coro::throw_if_cancelled();
            co_await asio::this_coro::throw_if_cancelled(false);
            const auto failed = co_await pipe.settle();
            co_await asio::this_coro::throw_if_cancelled(throws);
            if (failed) std::rethrow_exception(failed);
            if (broken) std::rethrow_exception(broken);
        }
        if (outcome == Outcome::split && !co_await begin_pieces()) {
            most_connections_ = 1;
            co_return co_await read_large(response); // goes on as it was
        }
        co_return outcome;
    }

    asio::awaitable<Outcome> read_stream(http::Response* response, DownloadPipe* pipe)
    {
        if (most_connections_ > 1) {
            plan_ = new_plan();
            plan_->latency(latency_);
        }
        auto left = size_ - session_->file.offset();
        for (;;) {
            auto buffer = co_await pipe->buffer();
            std::size_t size = 0;
            bool more = true;
            split_ = 0;
            std::exception_ptr failure;
            try {
                while (more && split_ == 0 && size < DownloadPipe::buffer_size) {
                    const auto room = asio::buffer(buffer.get() + size, DownloadPipe::buffer_size - size);
                    const auto got =
                        co_await (most_connections_ > 1 ? read_measured(response, room, left - size)
                                                        : response->read_some(room));
                    more = got > 0;
                    size += got;
                }
            } catch (...) {
                failure = std::current_exception();
            }
            item_->advance(size);
            left -= std::min<std::uint64_t>(left, size);
            if (size > 0) pipe->push(std::move(buffer), size); // also what came before a break
            if (failure) std::rethrow_exception(failure);
            if (!more) co_return Outcome::end;
            if (split_ > 0) co_return Outcome::split;
        }
    }

    /// Sets split_ when further connections may pay.
    asio::awaitable<std::size_t> read_measured(http::Response* response, asio::mutable_buffer into,
                                               std::uint64_t left)
    {
        const auto before = hub_->clock->now();
        const auto got = co_await response->read_some(into);
        const auto now = hub_->clock->now();
        split_ = plan_->received(now, got, now - before, left - std::min<std::uint64_t>(left, got)).open;
        co_return got;
    }

    /// false: this file stays a stream.
    asio::awaitable<bool> begin_pieces()
    {
        const auto begin = [this] {
            try {
                return session_->file.begin_pieces();
            } catch (const OSError&) { // a folder that takes no further files: the stream needs none
                return false;
            }
        };
        return hub_->workers.run(begin);
    }

    asio::awaitable<void> restart()
    {
        co_await hub_->workers.run([this] { session_->file.restart(); });
        item_->rewind(0);
        requests_.ask_by_commit(); // a branch may have moved since the HEAD
    }

    asio::awaitable<void> wait_before_resume(std::uint64_t gained, std::exception_ptr broken)
    {
        const auto wait = patience_.next(gained);
        if (!wait) {
            if (broken) std::rethrow_exception(broken);
            throw_wrong_length(session_->file.expected(), session_->file.offset());
        }
        if (wait->count() > 0) co_await hub_->clock->sleep_until(hub_->clock->now() + *wait);
    }

    HubPtr hub_;
    BodyRequests requests_;
    std::shared_ptr<DownloadSession> session_;
    DownloadItem* item_;
    std::function<void(PartialFile&)> finish_;
    std::uint64_t size_;
    std::size_t most_connections_;
    ResumePatience patience_;
    std::optional<RangePlan> plan_;       ///< of the present response
    std::chrono::nanoseconds latency_{0}; ///< of the first byte
    std::size_t split_ = 0;               ///< so many further connections are wanted
    bool ranges_failed_ = false;
};

} // namespace

asio::awaitable<void> fetch_body(HubPtr hub, BodySpec spec, std::shared_ptr<DownloadSession> session,
                                 DownloadItem* item, std::function<void(PartialFile&)> finish)
{
    Fetch fetch(std::move(hub), std::move(spec), std::move(session), item, std::move(finish));
    co_await fetch.run();
}

} // namespace hfasync::detail
