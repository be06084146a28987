#include "http/pool.hpp"

#include <algorithm>
#include <atomic>

#include "async/wakeup.hpp"

namespace hfasync::http {

namespace asio = boost::asio;

/// A place in the line.
struct Pool::Ticket final : Watched {
    explicit Ticket(const asio::any_io_executor& executor) : wakeup(executor) {}
    void expire() noexcept override
    {
        timed_out = true;
        try {
            wakeup.wake();
        } catch (...) { // NOLINT: a timer that cannot be cancelled; the wait then ends with its turn
        }
    }

    detail::Wakeup wakeup;
    std::atomic<bool> timed_out{false};
    bool granted = false; ///< under the pool's mutex, like the next one
    std::unique_ptr<Connection> connection;
};

Pool::Pool(asio::any_io_executor executor, const ConnectionOptions& options, std::shared_ptr<Clock> clock,
           std::shared_ptr<Watchdog> watchdog)
    : executor_(std::move(executor)), options_(options), clock_(std::move(clock)),
      watchdog_(std::move(watchdog))
{
    options_.per_origin = std::max<std::size_t>(1, options_.per_origin);
}

Pool::~Pool() = default;

Pool::Lease::Lease(Lease&& other) noexcept
    : connection(std::move(other.connection)), pool_(std::move(other.pool_)), origin_(other.origin_)
{
}

Pool::Lease& Pool::Lease::operator=(Lease&& other) noexcept
{
    if (this != &other) {
        drop();
        connection = std::move(other.connection);
        pool_ = std::move(other.pool_);
        origin_ = other.origin_;
    }
    return *this;
}

void Pool::Lease::keep() noexcept
{
    if (const auto pool = std::move(pool_)) pool->give_back(*origin_, std::move(connection));
}

void Pool::Lease::drop() noexcept
{
    connection.reset(); // before somebody else may open one
    if (const auto pool = std::move(pool_)) pool->give_back(*origin_, nullptr);
}

/// An idle connection that the server has not closed, or room for a new one. Under the lock.
std::optional<Pool::Lease> Pool::take(Origin& origin, Dead& dead)
{
    const auto oldest = clock_->now() - options_.idle_expiry;
    while (!origin.idle.empty() && origin.idle.front().since <= oldest) {
        dead.push_back(std::move(origin.idle.front().connection));
        origin.idle.pop_front();
        --origin.open;
    }
    while (!origin.idle.empty()) {
        auto connection = std::move(origin.idle.back().connection);
        origin.idle.pop_back();
        // One look at the socket before anything is written: an end, or bytes that nobody asked for, show a
        // connection that is over. What is found dead here was never used, so any request may go on a fresh
        // one.
        if (connection->pending() == Connection::Pending::nothing)
            return Lease(shared_from_this(), &origin, std::move(connection));
        dead.push_back(std::move(connection));
        --origin.open;
    }
    if (origin.open >= options_.per_origin) return std::nullopt;
    ++origin.open;
    return Lease(shared_from_this(), &origin, nullptr);
}

Pool::Lease Pool::try_acquire(const std::string& key)
{
    Dead dead;
    const std::lock_guard lock(mutex_);
    auto& origin = origins_[key];
    if (closed_ || !origin.waiting.empty()) return {}; // nobody jumps the line
    auto lease = take(origin, dead);
    return lease ? std::move(*lease) : Lease();
}

asio::awaitable<Pool::Acquired> Pool::acquire(std::string key, SteadyTime deadline)
{
    const auto self = shared_from_this();
    Acquired out;
    const auto ticket = std::make_shared<Ticket>(executor_);
    Origin* origin = nullptr;
    Dead dead;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            out.fault = Fault{.code = errc::shut_down, .phase = Phase::pool, .cause = {}, .detail = {}};
            co_return out;
        }
        origin = &origins_[key];
        if (origin->waiting.empty())
            if (auto lease = take(*origin, dead)) {
                out.lease = std::move(*lease);
                co_return out;
            }
        origin->waiting.push_back(ticket);
    }
    // However this ends (a cancel may throw): out of the line, and what was granted goes to the next.
    struct Leave {
        Pool& pool;
        Origin& origin;
        std::shared_ptr<Ticket> ticket;
        ~Leave() { pool.leave(origin, ticket); }
    } const leave{*this, *origin, ticket};

    bool woken = false;
    {
        const Watch watch(*watchdog_, *ticket, deadline);
        woken = co_await ticket->wakeup.wait();
    }
    const std::lock_guard lock(mutex_);
    if (ticket->granted) {
        ticket->granted = false;
        out.lease = Lease(self, origin, std::move(ticket->connection));
    } else if (woken && !ticket->timed_out) {
        out.fault = Fault{.code = errc::shut_down, .phase = Phase::pool, .cause = {}, .detail = {}};
    } else {
        out.fault = fault_of(asio::error::operation_aborted, ticket->timed_out, Phase::pool);
    }
    co_return out;
}

void Pool::leave(Origin& origin, const std::shared_ptr<Ticket>& ticket) noexcept
{
    std::unique_ptr<Connection> connection;
    {
        const std::lock_guard lock(mutex_);
        std::erase(origin.waiting, ticket);
        if (!std::exchange(ticket->granted, false)) return;
        connection = std::move(ticket->connection);
    }
    give_back(origin, std::move(connection));
}

void Pool::give_back(Origin& origin, std::unique_ptr<Connection> connection) noexcept
{
    if (connection) connection->unwatch();
    std::unique_ptr<Connection> dead; // closed after the lock is released
    const std::lock_guard lock(mutex_);
    if (closed_) {
        dead = std::move(connection);
        --origin.open;
        return;
    }
    while (!origin.waiting.empty()) {
        const auto next = std::move(origin.waiting.front());
        origin.waiting.pop_front();
        next->granted = true;
        next->connection = std::move(connection);
        if (next->wakeup.wake()) return;
        next->granted = false;
        connection = std::move(next->connection);
    }
    if (!connection || options_.idle_per_origin == 0) {
        dead = std::move(connection);
        --origin.open;
        return;
    }
    if (origin.idle.size() >= options_.idle_per_origin) {
        dead = std::move(origin.idle.front().connection);
        origin.idle.pop_front();
        --origin.open;
    }
    origin.idle.push_back({std::move(connection), clock_->now()});
}

void Pool::close_idle() noexcept
{
    Dead dead;
    const std::lock_guard lock(mutex_);
    for (auto& [key, origin] : origins_) {
        origin.open -= origin.idle.size();
        for (auto& one : origin.idle)
            dead.push_back(std::move(one.connection));
        origin.idle.clear();
    }
}

void Pool::close() noexcept
{
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto& [key, origin] : origins_) {
            for (const auto& ticket : origin.waiting)
                ticket->wakeup.wake();
            origin.waiting.clear();
        }
    }
    close_idle();
}

std::size_t Pool::open(const std::string& key) const
{
    const std::lock_guard lock(mutex_);
    const auto found = origins_.find(key);
    return found == origins_.end() ? 0 : found->second.open;
}

} // namespace hfasync::http
