#include "transfer/download_pipe.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

// After so many the job stands in line again, for other files to have their turn.
constexpr int most_in_a_row = 16;
// What a writer of pieces hashes behind the front before it takes its next buffer: more than it wrote, so
// that the hash catches up.
constexpr std::uint64_t most_behind = 2u << 20;

} // namespace

struct DownloadPipe::Filled {
    std::unique_ptr<std::byte[]> data;
    std::size_t size = 0;
    std::optional<std::uint64_t> offset = {}; ///< of a piece
    std::span<const std::byte> bytes() const { return {data.get(), size}; }
};

// Not the Hub: the last handle must not be let go of on a worker thread, which its destructor joins.
struct DownloadPipe::State {
    State(asio::thread_pool::executor_type pool, std::shared_ptr<DownloadSession> target, std::size_t most)
        : workers(std::move(pool)), session(std::move(target)), most_buffers(most)
    {
    }
    asio::thread_pool::executor_type workers;
    std::shared_ptr<DownloadSession> session;
    std::size_t most_buffers;
    std::mutex mutex;
    std::vector<Budget::Grant> grants; ///< one a buffer
    std::vector<std::unique_ptr<std::byte[]>> free;
    std::deque<Filled> to_write;
    std::deque<Filled> to_hash;
    bool writing = false;
    bool hashing = false;
    std::exception_ptr error;
    std::shared_ptr<Wakeup> reader;

    void wake_reader_locked()
    {
        if (reader) reader->wake();
        reader.reset();
    }
    /// A reader that waits gets several at once: threads that wake each other for each buffer end up on one
    /// core.
    void free_locked(Filled filled)
    {
        free.push_back(std::move(filled.data));
        if (free.size() * 2 >= grants.size()) wake_reader_locked();
    }
    /// Runs `work` without the lock, unless something has failed before.
    template <class Work>
    void attempt(std::unique_lock<std::mutex>& lock, Work work)
    {
        if (error) return;
        lock.unlock();
        std::exception_ptr failed;
        try {
            work();
        } catch (...) {
            failed = std::current_exception();
        }
        lock.lock();
        if (failed) error = failed;
    }
};

DownloadPipe::DownloadPipe(std::shared_ptr<Hub::State> hub, std::shared_ptr<DownloadSession> session,
                           std::size_t most_buffers)
    : hub_(std::move(hub)),
      state_(std::make_shared<State>(hub_->workers.executor(), std::move(session), most_buffers))
{
}

DownloadPipe::~DownloadPipe() = default;

asio::awaitable<std::unique_ptr<std::byte[]>> DownloadPipe::buffer()
{
    for (;;) {
        std::shared_ptr<Wakeup> wakeup;
        const auto executor = co_await asio::this_coro::executor;
        bool first = false;
        {
            const std::scoped_lock lock(state_->mutex);
            if (state_->error) std::rethrow_exception(state_->error);
            if (!state_->free.empty()) {
                auto buffer = std::move(state_->free.back());
                state_->free.pop_back();
                co_return buffer;
            }
            Budget::Grant more;
            if (state_->grants.size() < state_->most_buffers && hub_->memory.try_acquire(buffer_size, more)) {
                state_->grants.push_back(std::move(more));
                co_return std::make_unique_for_overwrite<std::byte[]>(buffer_size);
            }
            first = state_->grants.empty();
            if (!first) wakeup = state_->reader = std::make_shared<Wakeup>(executor);
        }
        if (first) {
            auto grant = co_await hub_->memory.acquire(buffer_size);
            state_->grants.push_back(std::move(grant)); // no writer yet: nobody else looks
            co_return std::make_unique_for_overwrite<std::byte[]>(buffer_size);
        }
        if (!co_await wakeup->wait()) throw CancelledError(errc::cancelled, "The download was cancelled.");
    }
}

void DownloadPipe::push(std::unique_ptr<std::byte[]> buffer, std::size_t size)
{
    enqueue(state_, {std::move(buffer), size});
}

void DownloadPipe::push_piece(std::unique_ptr<std::byte[]> buffer, std::size_t size, std::uint64_t offset)
{
    enqueue(state_, {std::move(buffer), size, offset});
}

void DownloadPipe::put_back(std::unique_ptr<std::byte[]> buffer)
{
    const std::scoped_lock lock(state_->mutex);
    state_->free.push_back(std::move(buffer));
}

void DownloadPipe::enqueue(const std::shared_ptr<State>& state, Filled filled)
{
    const std::scoped_lock lock(state->mutex);
    state->to_write.push_back(std::move(filled));
    if (std::exchange(state->writing, true)) return;
    asio::post(state->workers, [state] { write_all(state); });
}

void DownloadPipe::write_all(const std::shared_ptr<State>& state)
{
    std::unique_lock lock(state->mutex);
    for (int count = 0; !state->to_write.empty(); ++count) {
        if (count == most_in_a_row) {
            asio::post(state->workers, [state] { write_all(state); });
            return;
        }
        auto filled = std::move(state->to_write.front());
        state->to_write.pop_front();
        auto& file = state->session->file;
        if (filled.offset) {
            state->attempt(lock, [&] { file.write_piece(*filled.offset, filled.bytes()); });
            state->free_locked(std::move(filled));
            state->attempt(lock, [&] { file.hash_front(most_behind); });
            continue;
        }
        state->attempt(lock, [&] { file.write(filled.bytes()); });
        state->to_hash.push_back(std::move(filled));
        if (!std::exchange(state->hashing, true)) asio::post(state->workers, [state] { hash_all(state); });
    }
    state->writing = false;
    state->wake_reader_locked();
}

void DownloadPipe::hash_all(const std::shared_ptr<State>& state)
{
    std::unique_lock lock(state->mutex);
    for (int count = 0; !state->to_hash.empty(); ++count) {
        if (count == most_in_a_row) {
            asio::post(state->workers, [state] { hash_all(state); });
            return;
        }
        auto filled = std::move(state->to_hash.front());
        state->to_hash.pop_front();
        state->attempt(lock, [&] { state->session->file.hash(filled.bytes()); });
        state->free_locked(std::move(filled));
    }
    state->hashing = false;
    state->wake_reader_locked();
}

asio::awaitable<std::exception_ptr> DownloadPipe::settle()
{
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        std::shared_ptr<Wakeup> wakeup;
        const auto executor = co_await asio::this_coro::executor;
        {
            const std::scoped_lock lock(state_->mutex);
            if (!state_->writing && !state_->hashing) {
                state_->session.reset(); // so that the lock is let go of when the caller does
                break;
            }
            wakeup = state_->reader = std::make_shared<Wakeup>(executor);
        }
        (void)co_await wakeup->wait();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return state_->error;
}

} // namespace hfasync::detail
