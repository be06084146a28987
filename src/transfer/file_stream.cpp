// stream_file: a remote file as a generator of buffers.
#include <hfasync/transfer/remote_file.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "async/ahead.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "transfer/documented_cancel.hpp"
#include "transfer/remote_file_source.hpp"

namespace hfasync {

namespace asio = boost::asio;

namespace {

constexpr std::size_t chunk_size = 256u << 10;

/// A buffer of the stream, and its share of the memory budget until it is handed out.
struct Chunk {
    std::string bytes;
    detail::Budget::Grant memory;
};

/// What the source and a buffer that is fetched ahead share; used by one of them at a time.
struct Streaming {
    detail::RemoteFileQuery query;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;

    std::shared_ptr<detail::RemoteSource> source;
    std::optional<detail::RangeBody> body;
    std::optional<detail::Hasher> hasher; ///< of a stream of the whole file whose ETag is a hash

    asio::awaitable<void> open();
    asio::awaitable<Chunk> next_chunk(detail::Budget::Grant memory);
    void verify();
};
using StreamingPtr = std::shared_ptr<Streaming>;

asio::awaitable<void> Streaming::open()
{
    source = co_await detail::RemoteSource::find(query);
    const auto size = source->size();
    if (offset > size)
        throw ValueError(fmt::format("The stream of {} is to begin at byte {}, but it has {} bytes.",
                                     source->shown(), offset, size));
    const auto end = offset + std::min(length.value_or(size), size - offset);
    body.emplace(source, offset, end);
    if (offset > 0 || end < size) co_return;
    if (detail::is_lower_hex(source->etag(), 64))
        hasher.emplace(detail::HashKind::sha256);
    else if (detail::is_lower_hex(source->etag(), 40))
        hasher.emplace(detail::git_blob_hasher(size));
}

asio::awaitable<Chunk> Streaming::next_chunk(detail::Budget::Grant memory)
{
    Chunk chunk{.bytes = std::string(chunk_size, '\0'), .memory = std::move(memory)};
    chunk.bytes.resize(co_await body->read_full(asio::buffer(chunk.bytes)));
    if (hasher) co_await query.hub->workers.run([&] { hasher->update(chunk.bytes); });
    co_return chunk;
}

void Streaming::verify()
{
    if (!hasher) return;
    const auto hash = hasher->finish_hex();
    if (hash == source->etag()) return;
    ErrorContext context;
    context.path = detail::printable(source->path());
    context.hint = "What the stream gave is not the file; throw it away and try again";
    throw IntegrityError(
        errc::integrity,
        fmt::format("Consistency check failed for {}: its hash should be {} but is {}. What the "
                    "stream gave is not the file; throw it away and try again.",
                    source->shown(), source->etag(), hash),
        std::move(context));
}

/// The next buffer; nullopt at the end, when the whole was right.
asio::awaitable<std::optional<Chunk>> fetch(StreamingPtr stream, detail::Budget::Grant memory)
{
    if (!stream->source) co_await stream->open();
    if (stream->body->finished()) {
        stream->verify();
        co_return std::nullopt;
    }
    if (memory.amount() == 0) memory = co_await stream->query.hub->memory.acquire(chunk_size);
    co_return co_await stream->next_chunk(std::move(memory));
}

class FileStream final : public PageSource<std::string> {
public:
    explicit FileStream(StreamingPtr stream) : stream_(std::move(stream)) {}

    asio::awaitable<std::optional<std::vector<std::string>>> next_page() override
    {
        return detail::documented_cancel(page(), "The stream was cancelled.");
    }

private:
    asio::awaitable<std::optional<std::vector<std::string>>> page()
    {
        // A pending fetch is never started twice: whoever waits for it has taken it.
        auto chunk = ahead_.started() ? co_await ahead_.take() : co_await fetch(stream_, {});
        if (!chunk) co_return std::nullopt;
        chunk->memory.release(); // the buffer is the consumer's now
        go_ahead(co_await asio::this_coro::executor);
        std::vector<std::string> page;
        page.push_back(std::move(chunk->bytes));
        co_return page;
    }

    /// Only with memory that is free: a buffer that waits for a slow consumer must not stop downloads.
    void go_ahead(const asio::any_io_executor& executor)
    {
        const auto& hub = stream_->query.hub;
        detail::Budget::Grant memory;
        if (!hub->options.prefetch || hub->memory.in_use() + chunk_size > hub->memory.total() / 2) return;
        if (hub->memory.try_acquire(chunk_size, memory))
            ahead_.start(executor, fetch(stream_, std::move(memory)));
    }

    StreamingPtr stream_;
    detail::Ahead<std::optional<Chunk>> ahead_;
};

} // namespace

AsyncGenerator<std::string> stream_file(Hub hub, std::string repo_id, std::string filename,
                                        StreamFileOptions options)
{
    auto stream = std::make_shared<Streaming>();
    stream->query = {.hub = hub.state(),
                     .repo_id = std::move(repo_id),
                     .filename = std::move(filename),
                     .subfolder = std::move(options.subfolder),
                     .repo_type = std::move(options.repo_type),
                     .revision = std::move(options.revision),
                     .proxies = std::move(options.proxies),
                     .etag_timeout = options.etag_timeout,
                     .token = std::move(options.token)};
    stream->offset = options.offset;
    stream->length = options.length;
    return AsyncGenerator<std::string>(std::make_unique<FileStream>(std::move(stream)));
}

} // namespace hfasync
