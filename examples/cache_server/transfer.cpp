#include "transfer.hpp"

#include <algorithm>
#include <utility>

namespace cache_server {

namespace {

constexpr std::uint64_t piece = 256u << 10;

class StoredBody final : public Body {
public:
    StoredBody(OpenFilePtr file, Store::Disk disk, std::uint64_t first, std::uint64_t end)
        : file_(std::move(file)), disk_(std::move(disk)), at_(first), end_(end)
    {
    }
    asio::awaitable<std::string> next() override
    {
        if (at_ >= end_) co_return std::string();
        auto bytes = co_await run_on(disk_, [file = file_, at = at_, size = std::min(piece, end_ - at_)] {
            return file->read(at, static_cast<std::size_t>(size));
        });
        at_ += bytes.size();
        co_return bytes;
    }

private:
    OpenFilePtr file_;
    Store::Disk disk_;
    std::uint64_t at_, end_;
};

class ArrivingBody final : public Body {
public:
    ArrivingBody(std::shared_ptr<Transfer> transfer, Store::Disk disk, std::uint64_t first, std::uint64_t end)
        : transfer_(std::move(transfer)), disk_(std::move(disk)), at_(first), end_(end)
    {
    }
    asio::awaitable<std::string> next() override
    {
        if (at_ >= end_) co_return std::string();
        const auto there = std::min({co_await transfer_->wait_for(at_), end_ - at_, piece});
        auto bytes = co_await run_on(disk_, [file = transfer_->file(), at = at_, there] {
            return file->read(at, static_cast<std::size_t>(there));
        });
        at_ += bytes.size();
        co_return bytes;
    }

private:
    std::shared_ptr<Transfer> transfer_;
    Store::Disk disk_;
    std::uint64_t at_, end_;
};

class PassingBody final : public Body {
public:
    PassingBody(std::optional<std::string> first, hfasync::AsyncGenerator<std::string> rest, Metrics& metrics)
        : first_(std::move(first)), rest_(std::move(rest)), metrics_(metrics)
    {
    }
    asio::awaitable<std::string> next() override
    {
        auto bytes = std::exchange(first_, std::nullopt);
        if (!bytes) bytes = co_await rest_.next();
        if (!bytes) co_return std::string();
        metrics_.fetched_bytes += bytes->size();
        co_return std::move(*bytes);
    }

private:
    std::optional<std::string> first_;
    hfasync::AsyncGenerator<std::string> rest_;
    Metrics& metrics_;
};

} // namespace

asio::awaitable<void> Transfer::run(Store& store, Metrics& metrics,
                                    hfasync::AsyncGenerator<std::string> bytes)
{
    std::exception_ptr failure;
    try {
        if (!co_await store.reserve(size_)) throw NoRoom();
        ++metrics.transfers;
        co_await receive(store, metrics, std::move(bytes));
    } catch (...) {
        failure = std::current_exception();
    }
    end(failure);
}

void Transfer::end(std::exception_ptr failure)
{
    failure_ = std::move(failure);
    finished_ = true;
    changed_.notify();
}

asio::awaitable<void> Transfer::receive(Store& store, Metrics& metrics,
                                        hfasync::AsyncGenerator<std::string> bytes)
{
    Store::Partial partial;
    std::exception_ptr failure;
    try {
        partial = co_await store.begin(size_);
    } catch (...) {
        store.release(size_);
        throw;
    }
    try {
        file_ = partial.file;
        while (auto piece_of_it = co_await bytes.next()) {
            const auto count = piece_of_it->size();
            if (count > size_ - received_)
                throw std::runtime_error("the upstream sends more than it announced");
            metrics.fetched_bytes += count;
            co_await run_on(store.disk(), [file = file_, at = received_, text = std::move(*piece_of_it)] {
                file->write(at, text);
                return true;
            });
            received_ += count;
            changed_.notify();
        }
        if (received_ != size_) throw std::runtime_error("the upstream sends less than it announced");
        co_await store.publish(partial, key_);
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    // A cancelled transfer tidies up too.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await store.discard(std::move(partial));
    std::rethrow_exception(failure);
}

asio::awaitable<std::uint64_t> Transfer::wait_for(std::uint64_t offset)
{
    while (!finished_) {
        const auto there = received_ < size_ ? received_ : size_ - std::min<std::uint64_t>(size_, 1);
        if (there > offset) co_return there - offset;
        co_await changed_.wait();
    }
    if (failure_) std::rethrow_exception(failure_);
    co_return size_ - offset;
}

std::unique_ptr<Body> stored_body(OpenFilePtr file, Store::Disk disk, std::uint64_t first, std::uint64_t end)
{
    return std::make_unique<StoredBody>(std::move(file), std::move(disk), first, end);
}

std::unique_ptr<Body> arriving_body(std::shared_ptr<Transfer> transfer, Store::Disk disk, std::uint64_t first,
                                    std::uint64_t end)
{
    return std::make_unique<ArrivingBody>(std::move(transfer), std::move(disk), first, end);
}

asio::awaitable<std::unique_ptr<Body>> passing_body(hfasync::AsyncGenerator<std::string> bytes,
                                                    Metrics& metrics)
{
    auto first = co_await bytes.next();
    co_return std::make_unique<PassingBody>(std::move(first), std::move(bytes), metrics);
}

} // namespace cache_server
