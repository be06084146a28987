#include "transfer/download_body.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "http/error_map.hpp"
#include "policy/header_values.hpp"

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

bool breaks_off(errc code)
{
    return code == errc::connection_lost || code == errc::timed_out;
}

/// Downloads one body; a class because its steps share what has been tried.
class Fetch {
public:
    Fetch(HubPtr hub, BodySpec spec, std::shared_ptr<DownloadSession> session, DownloadItem* item,
          std::function<void(PartialFile&)> finish)
        : hub_(std::move(hub)), spec_(std::move(spec)), session_(std::move(session)), item_(item),
          finish_(std::move(finish))
    {
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
            if (!std::exchange(again, false)) std::rethrow_exception(wrong);
            co_await restart();
        }
    }

private:
    /// From where the file is to its end, over as many responses as it takes; then finish_.
    asio::awaitable<void> fill()
    {
        while (!session_->file.complete()) {
            auto response = co_await ask();
            if (!response) continue;
            const auto before = session_->file.offset();
            bool finished = false;
            std::exception_ptr broken;
            try {
                finished = co_await read(*response);
            } catch (const HubError& error) {
                if (!breaks_off(error.code())) throw;
                broken = std::current_exception();
            }
            if (finished) co_return;
            if (!session_->file.complete()) co_await wait_before_resume(before, broken);
        }
        co_await hub_->workers.run([this] { finish_(session_->file); });
    }

    /// A response whose body goes on at the offset of the file; nullopt: ask again.
    asio::awaitable<std::optional<http::Response>> ask()
    {
        const auto offset = session_->file.offset();
        http::Request request;
        request.url = spec_.url;
        request.auth.token = spec_.token;
        request.proxy = spec_.proxy;
        request.headers.set("Accept-Encoding", "identity"); // a compressed body has no ranges
        if (offset > 0) request.headers.set("Range", fmt::format("bytes={}-", offset));
        auto response = co_await hub_->client.send(std::move(request), spec_.scope, http::Statuses::any);
        switch (response.status) {
        case 200:
            if (offset > 0) co_await restart(); // the server does not do ranges: this is the whole file
            check_length(response);
            co_return response;
        case 206:
            if (offset > 0 &&
                continues_at(response.headers.get("Content-Range"), offset, session_->file.expected().size)) {
                check_length(response);
                co_return response;
            }
            break;
        case 416:
            break;
        default:
            co_await refuse(std::move(response));
            co_return std::nullopt;
        }
        // The range is not usable: once from the start, without a range.
        if (std::exchange(ranges_failed_, true) || offset == 0) co_await refuse(std::move(response));
        co_await restart();
        co_return std::nullopt;
    }

    /// An expired signed URL is asked for once more; everything else is thrown.
    asio::awaitable<void> refuse(http::Response response)
    {
        const bool from_storage = response.url.origin() != spec_.resolve_url.origin();
        // What the storage said first is what counts when a new URL does not help either.
        if (refused_ && !response.headers.find("X-Error-Code")) std::rethrow_exception(refused_);
        if (response.status < 400)
            throw BadResponseError(errc::bad_response,
                                   fmt::format("{}: unexpected status {} for a file at {}", spec_.scope.what,
                                               response.status, response.url.redacted()));
        std::string body(4096, '\0');
        std::size_t size = 0;
        while (size < body.size()) {
            const auto got =
                co_await response.read_some(asio::buffer(body.data() + size, body.size() - size));
            if (got == 0) break;
            size += got;
        }
        body.resize(size);
        try {
            http::throw_for_answer({.status = response.status,
                                    .method = response.method,
                                    .url = response.url,
                                    .headers = response.headers,
                                    .body = std::move(body)},
                                   spec_.scope);
        } catch (...) {
            if (response.status != 403 || !from_storage) throw;
            refused_ = std::current_exception();
        }
        spec_.url = spec_.resolve_url;
    }

    void check_length(const http::Response& response) const
    {
        const auto& expected = session_->file.expected();
        const auto left = expected.size - session_->file.offset();
        if (response.content_length && *response.content_length != left)
            throw_wrong_length(expected, session_->file.offset() + *response.content_length);
    }

    /// true: also finished.
    asio::awaitable<bool> read(http::Response& response)
    {
        const auto left = session_->file.expected().size - session_->file.offset();
        if (left <= DownloadPipe::buffer_size) return read_small(response, left);
        return read_large(response);
    }

    /// The rest fits into one buffer: written, verified and published by a single job.
    asio::awaitable<bool> read_small(http::Response& response, std::uint64_t left)
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
        co_return size == left;
    }

    asio::awaitable<bool> read_large(http::Response& response)
    {
        DownloadPipe pipe(hub_, session_);
        std::exception_ptr broken;
        try {
            for (bool more = true; more;) {
                auto buffer = co_await pipe.buffer();
                std::size_t size = 0;
                std::exception_ptr failure;
                try {
                    while (size < DownloadPipe::buffer_size) {
                        const auto got = co_await response.read_some(
                            asio::buffer(buffer.get() + size, DownloadPipe::buffer_size - size));
                        if (got == 0) {
                            more = false;
                            break;
                        }
                        size += got;
                    }
                } catch (...) {
                    failure = std::current_exception();
                }
                item_->advance(size);
                if (size > 0) pipe.push(std::move(buffer), size); // also what came before a break
                if (failure) std::rethrow_exception(failure);
            }
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
        co_return false;
    }

    asio::awaitable<void> restart()
    {
        co_await hub_->workers.run([this] { session_->file.restart(); });
        item_->rewind(0);
    }

    /// Goes on at once while the file grows; backs off when nothing came, and gives up after max_retries of
    /// these.
    asio::awaitable<void> wait_before_resume(std::uint64_t before, std::exception_ptr broken)
    {
        const auto& retry = hub_->options.retry;
        if (retry.max_retries > 0 && session_->file.offset() > before) {
            // A server that sends a few bytes each time must not keep us for ever.
            constexpr int most_resumes = 1000;
            fruitless_ = 0;
            if (++resumes_ <= most_resumes) co_return;
        }
        if (++fruitless_ > retry.max_retries) {
            if (broken) std::rethrow_exception(broken);
            const auto& expected = session_->file.expected();
            throw_wrong_length(expected, session_->file.offset());
        }
        const auto doubled = retry.base * (1 << std::min(fruitless_ - 1, 10));
        co_await hub_->clock->sleep_until(hub_->clock->now() + std::min(doubled, retry.cap));
    }

    HubPtr hub_;
    BodySpec spec_;
    std::shared_ptr<DownloadSession> session_;
    DownloadItem* item_;
    std::function<void(PartialFile&)> finish_;
    bool ranges_failed_ = false;
    std::exception_ptr refused_; ///< by the storage, once
    int fruitless_ = 0;
    int resumes_ = 0;
};

} // namespace

bool continues_at(std::string_view content_range, std::uint64_t offset, std::uint64_t size) noexcept
{
    const auto range = parse_content_range(content_range);
    return range && range->first == offset && range->last == size - 1 &&
           (!range->total || range->total == size);
}

asio::awaitable<void> fetch_body(HubPtr hub, BodySpec spec, std::shared_ptr<DownloadSession> session,
                                 DownloadItem* item, std::function<void(PartialFile&)> finish)
{
    Fetch fetch(std::move(hub), std::move(spec), std::move(session), item, std::move(finish));
    co_await fetch.run();
}

} // namespace hfasync::detail
