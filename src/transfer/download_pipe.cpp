#include "transfer/download_pipe.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <deque>
#include <exception>
#include <mutex>
#include <vector>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_buffers = 4;
// After so many the job stands in line again, for other files to have their turn.
constexpr int most_in_a_row = 16;

struct Filled {
    std::unique_ptr<std::byte[]> data;
    std::size_t size = 0;
};

} // namespace

// Not the Hub: the last handle must not be let go of on a worker thread, which its destructor joins.
struct DownloadPipe::State {
    State(asio::thread_pool::executor_type pool, std::shared_ptr<DownloadSession> target)
        : workers(std::move(pool)), session(std::move(target))
    {
    }
    asio::thread_pool::executor_type workers;
    std::shared_ptr<DownloadSession> session;
    std::mutex mutex;
    std::vector<Budget::Grant> grants; ///< one a buffer
    std::vector<std::unique_ptr<std::byte[]>> free;
    std::deque<Filled> queue;
    bool writing = false;
    std::exception_ptr error;
    std::shared_ptr<Wakeup> reader;

    void wake_reader_locked()
    {
        if (reader) reader->wake();
        reader.reset();
    }
};

DownloadPipe::DownloadPipe(std::shared_ptr<Hub::State> hub, std::shared_ptr<DownloadSession> session)
    : hub_(std::move(hub)), state_(std::make_shared<State>(hub_->workers.executor(), std::move(session)))
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
            if (state_->grants.size() < most_buffers && hub_->memory.try_acquire(buffer_size, more)) {
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
    const std::scoped_lock lock(state_->mutex);
    state_->queue.push_back({std::move(buffer), size});
    if (state_->writing) return;
    state_->writing = true;
    asio::post(state_->workers, [state = state_] { write_all(state); });
}

void DownloadPipe::write_all(const std::shared_ptr<State>& state)
{
    std::unique_lock lock(state->mutex);
    for (int count = 0; !state->queue.empty(); ++count) {
        if (count == most_in_a_row) {
            asio::post(state->workers, [state] { write_all(state); });
            return;
        }
        auto filled = std::move(state->queue.front());
        state->queue.pop_front();
        if (!state->error) {
            lock.unlock();
            std::exception_ptr error;
            try {
                state->session->file.append(std::span(filled.data.get(), filled.size));
            } catch (...) {
                error = std::current_exception();
            }
            lock.lock();
            if (error) state->error = error;
        }
        state->free.push_back(std::move(filled.data));
        state->wake_reader_locked();
    }
    state->writing = false;
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
            if (!state_->writing) {
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
