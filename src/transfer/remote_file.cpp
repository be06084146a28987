// RemoteFile: reads go straight into the caller's buffer, or come from blocks that were fetched ahead.
#include <hfasync/transfer/remote_file.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "async/ahead.hpp"
#include "transfer/documented_cancel.hpp"
#include "transfer/remote_file_source.hpp"

namespace hfasync {

namespace asio = boost::asio;

namespace {

constexpr std::size_t least_block = 4096;

/// Bytes of the file that nobody has asked for yet.
struct Block {
    std::uint64_t first = 0;
    std::string bytes;
    detail::Budget::Grant memory;
    std::uint64_t end() const noexcept { return first + bytes.size(); }
    bool holds(std::uint64_t offset) const noexcept { return offset >= first && offset < end(); }
};
using BlockPtr = std::shared_ptr<const Block>;

asio::awaitable<BlockPtr> fetch_block(std::shared_ptr<detail::RemoteSource> source, std::uint64_t first,
                                      std::size_t size, detail::Budget::Grant memory)
{
    auto block = std::make_shared<Block>();
    block->first = first;
    block->memory = std::move(memory);
    block->bytes.resize(size);
    detail::RangeBody body(std::move(source), first, first + size);
    block->bytes.resize(co_await body.read_full(asio::buffer(block->bytes)));
    co_return block;
}

/// A block that is on its way. Whoever needs it first takes it and waits.
struct Coming {
    std::uint64_t first = 0, end = 0;
    detail::Ahead<BlockPtr> run;
    bool holds(std::uint64_t offset) const noexcept { return offset >= first && offset < end; }
};

} // namespace

struct RemoteFile::State {
    State(std::shared_ptr<detail::RemoteSource> of, std::size_t wanted) : source(std::move(of))
    {
        const auto most = static_cast<std::size_t>(
            std::min<std::uint64_t>(source->hub()->memory.total() / 4, source->size()));
        block_size = std::min(wanted, most);
        if (block_size < least_block) block_size = 0;
    }

    std::shared_ptr<detail::RemoteSource> source;
    std::size_t block_size = 0; ///< 0: no read-ahead

    std::mutex mutex;
    std::uint64_t last_end = ~std::uint64_t{0}; ///< of the last read: one that begins here follows it
    BlockPtr block;
    std::unique_ptr<Coming> coming;

    /// Memory for a block; empty when half of the Hub's budget is out already: reads without a block still
    /// work, while a block that nobody reads would keep downloads waiting.
    detail::Budget::Grant block_memory()
    {
        detail::Budget::Grant grant;
        auto& memory = source->hub()->memory;
        if (memory.in_use() + block_size <= memory.total() / 2) memory.try_acquire(block_size, grant);
        return grant;
    }
    std::size_t block_size_at(std::uint64_t offset) const
    {
        return static_cast<std::size_t>(std::min<std::uint64_t>(block_size, source->size() - offset));
    }
};

namespace {

/// One read_at; a class because its steps share where it is.
class Read {
public:
    Read(std::shared_ptr<RemoteFile::State> state, std::uint64_t offset, asio::mutable_buffer into)
        : state_(std::move(state)), offset_(offset), into_(into)
    {
    }

    asio::awaitable<std::size_t> run()
    {
        const auto size = state_->source->size();
        if (offset_ >= size) co_return 0;
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into_.size(), size - offset_));
        into_ = asio::buffer(into_, wanted);
        const bool follows = note_position(wanted);
        while (into_.size() > 0) {
            if (take_from_block()) continue;
            if (co_await take_coming()) continue;
            if (follows && into_.size() < state_->block_size && co_await fetch()) continue;
            detail::RangeBody body(state_->source, offset_, offset_ + into_.size());
            advance(co_await body.read_full(into_));
        }
        if (follows) go_ahead(co_await asio::this_coro::executor);
        co_return wanted;
    }

private:
    bool note_position(std::size_t wanted)
    {
        const std::scoped_lock lock(state_->mutex);
        const bool follows = state_->block_size > 0 && offset_ == state_->last_end;
        state_->last_end = offset_ + wanted;
        return follows;
    }

    void advance(std::size_t size)
    {
        offset_ += size;
        into_ += size;
    }

    bool take_from_block()
    {
        BlockPtr block;
        {
            const std::scoped_lock lock(state_->mutex);
            if (state_->block && state_->block->holds(offset_)) block = state_->block;
        }
        if (!block) return false;
        advance(asio::buffer_copy(into_, asio::buffer(block->bytes) + (offset_ - block->first)));
        return true;
    }

    asio::awaitable<bool> take_coming()
    {
        std::unique_ptr<Coming> coming;
        {
            const std::scoped_lock lock(state_->mutex);
            if (state_->coming && state_->coming->holds(offset_)) coming = std::move(state_->coming);
        }
        if (!coming) co_return false;
        keep(co_await coming->run.take());
        co_return true;
    }

    asio::awaitable<bool> fetch()
    {
        const auto size = state_->block_size_at(offset_);
        if (size < into_.size()) co_return false;
        auto memory = state_->block_memory();
        if (memory.amount() == 0) co_return false;
        keep(co_await fetch_block(state_->source, offset_, size, std::move(memory)));
        co_return true;
    }

    void keep(BlockPtr block)
    {
        const std::scoped_lock lock(state_->mutex);
        state_->block = std::move(block);
    }

    /// Once half of a block has been read, the next one is asked for.
    void go_ahead(const asio::any_io_executor& executor)
    {
        const auto& hub = state_->source->hub();
        const std::scoped_lock lock(state_->mutex);
        const auto& block = state_->block;
        if (!hub->options.prefetch || !block || block->end() >= state_->source->size()) return;
        if (offset_ < block->first + block->bytes.size() / 2 || offset_ > block->end()) return;
        if (state_->coming && state_->coming->first == block->end()) return;
        auto memory = state_->block_memory();
        if (memory.amount() == 0) return;
        auto coming = std::make_unique<Coming>();
        const auto size = state_->block_size_at(block->end());
        coming->first = block->end();
        coming->end = coming->first + size;
        coming->run.start(executor, fetch_block(state_->source, coming->first, size, std::move(memory)));
        state_->coming = std::move(coming);
    }

    std::shared_ptr<RemoteFile::State> state_;
    std::uint64_t offset_;
    asio::mutable_buffer into_;
};

asio::awaitable<std::size_t> run_read(std::shared_ptr<RemoteFile::State> state, std::uint64_t offset,
                                      asio::mutable_buffer into)
{
    Read read(std::move(state), offset, into);
    co_return co_await read.run();
}

asio::awaitable<std::string> run_read_text(std::shared_ptr<RemoteFile::State> state, std::uint64_t offset,
                                           std::size_t size)
{
    const auto there = state->source->size() - std::min(offset, state->source->size());
    std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(size, there)), '\0');
    text.resize(co_await run_read(std::move(state), offset, asio::buffer(text)));
    co_return text;
}

asio::awaitable<RemoteFile> run_open(Hub hub, std::string repo_id, std::string filename,
                                     OpenFileOptions options)
{
    auto source = co_await detail::RemoteSource::find({.hub = hub.state(),
                                                       .repo_id = std::move(repo_id),
                                                       .filename = std::move(filename),
                                                       .subfolder = std::move(options.subfolder),
                                                       .repo_type = std::move(options.repo_type),
                                                       .revision = std::move(options.revision),
                                                       .proxies = std::move(options.proxies),
                                                       .etag_timeout = options.etag_timeout,
                                                       .token = std::move(options.token)});
    co_return RemoteFile(std::make_shared<RemoteFile::State>(std::move(source), options.read_ahead));
}

} // namespace

std::uint64_t RemoteFile::size() const noexcept
{
    return state_->source->size();
}
const std::string& RemoteFile::etag() const noexcept
{
    return state_->source->etag();
}
const std::string& RemoteFile::commit() const noexcept
{
    return state_->source->commit();
}
const std::string& RemoteFile::path() const noexcept
{
    return state_->source->path();
}

asio::awaitable<std::size_t> RemoteFile::read_at(std::uint64_t offset, asio::mutable_buffer into) const
{
    return detail::documented_cancel(run_read(state_, offset, into), "The read was cancelled.");
}

asio::awaitable<std::string> RemoteFile::read(std::uint64_t offset, std::size_t size) const
{
    return detail::documented_cancel(run_read_text(state_, offset, size), "The read was cancelled.");
}

asio::awaitable<RemoteFile> open_file(Hub hub, std::string repo_id, std::string filename,
                                      OpenFileOptions options)
{
    return detail::documented_cancel(
        run_open(std::move(hub), std::move(repo_id), std::move(filename), std::move(options)),
        "The opening of the file was cancelled.");
}

} // namespace hfasync
