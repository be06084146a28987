#include "transfer/flight.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <list>
#include <mutex>
#include <unordered_map>

#include <hfasync/error.hpp>

#include "async/wakeup.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

struct Flight {
    Flight(const asio::any_io_executor& executor, std::string whose)
        : strand(asio::make_strand(executor)), account(std::move(whose)),
          riders(std::make_shared<ItemRiders>())
    {
    }

    asio::strand<asio::any_io_executor> strand;
    asio::cancellation_signal signal; ///< touched on the strand only
    const std::string account;
    const std::shared_ptr<ItemRiders> riders;
    // The rest under the mutex of its table.
    std::size_t waiting = 0; ///< callers; at 0 it is stopped
    bool ended = false;
    std::exception_ptr failure;
    std::list<std::shared_ptr<Wakeup>> wakeups;
};

/// The flights of one execution context.
struct Table {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Flight>> flights;

    /// No newcomer joins it any more.
    void close_locked(const std::string& key, const Flight* flight)
    {
        const auto found = flights.find(key);
        if (found != flights.end() && found->second.get() == flight) flights.erase(found);
    }
};

/// Keeps the table as long as its context.
class TableService final : public asio::execution_context::service {
public:
    using key_type = TableService;
    inline static asio::execution_context::id id; // NOLINT: named by Asio
    explicit TableService(asio::execution_context& context) : service(context) {}
    const std::shared_ptr<Table> table = std::make_shared<Table>();

private:
    void shutdown() noexcept override {}
};

/// Tells the riders that it is over, also when the frame is destroyed with its io_context.
class Landing {
public:
    Landing(std::shared_ptr<Table> table, std::string key, std::shared_ptr<Flight> flight)
        : table_(std::move(table)), key_(std::move(key)), flight_(std::move(flight))
    {
    }
    Landing(Landing&&) noexcept = default;
    Landing& operator=(Landing&&) = delete;
    ~Landing()
    {
        if (flight_)
            land(std::make_exception_ptr(CancelledError(errc::cancelled, "The download was cancelled.")));
    }
    void land(std::exception_ptr failure)
    {
        const auto flight = std::move(flight_);
        const std::scoped_lock lock(table_->mutex);
        flight->ended = true;
        flight->failure = std::move(failure);
        table_->close_locked(key_, flight.get());
        for (const auto& wakeup : flight->wakeups)
            wakeup->wake();
        flight->wakeups.clear();
    }

private:
    std::shared_ptr<Table> table_;
    std::string key_;
    std::shared_ptr<Flight> flight_;
};

void take_off(const std::shared_ptr<Flight>& flight, asio::awaitable<void> work, Landing landing)
{
    // Posted, not dispatched: the leader waits first.
    asio::post(flight->strand, [flight, work = std::move(work), landing = std::move(landing)]() mutable {
        asio::co_spawn(flight->strand, std::move(work),
                       asio::bind_cancellation_slot(
                           flight->signal.slot(),
                           [flight, landing = std::move(landing)](std::exception_ptr failure) mutable {
                               // The signal must outlive the coroutine, which is still on the stack.
                               asio::post(flight->strand, [flight] {});
                               landing.land(std::move(failure));
                           }));
    });
}

/// Until the flight has ended. A cancel leaves it to the others, or stops it when there are none.
asio::awaitable<void> ride(std::shared_ptr<Table> table, std::string key, std::shared_ptr<Flight> flight)
{
    bool last = false;
    for (;;) {
        std::shared_ptr<Wakeup> wakeup;
        {
            const auto executor = co_await asio::this_coro::executor;
            const std::scoped_lock lock(table->mutex);
            if (flight->ended) break;
            wakeup = flight->wakeups.emplace_back(std::make_shared<Wakeup>(executor));
        }
        if (co_await wakeup->wait()) continue;
        const std::scoped_lock lock(table->mutex);
        flight->wakeups.remove(wakeup);
        if (last || flight->ended) continue;
        last = --flight->waiting == 0;
        if (!last) throw CancelledError(errc::cancelled, "The download was cancelled.");
        table->close_locked(key, flight.get());
        asio::post(flight->strand, [flight] { flight->signal.emit(asio::cancellation_type::terminal); });
    }
    // What the work throws after its cancel is an echo of it.
    if (last) throw CancelledError(errc::cancelled, "The download was cancelled.");
}

/// The item gets no more events once its owner has gone.
class Seat {
public:
    Seat(std::shared_ptr<ItemRiders> riders, DownloadItem* item) : riders_(std::move(riders)), item_(item)
    {
        riders_->add(item_);
    }
    Seat(const Seat&) = delete;
    ~Seat() { riders_->remove(item_); }

private:
    std::shared_ptr<ItemRiders> riders_;
    DownloadItem* item_;
};

} // namespace

asio::awaitable<Ride> share_flight(asio::any_io_executor executor, FlightPlan plan)
{
    const auto table = asio::use_service<TableService>(asio::query(executor, asio::execution::context)).table;
    const auto how = (co_await asio::this_coro::cancellation_state).cancelled();
    if (how != asio::cancellation_type::none)
        throw CancelledError(errc::cancelled, "The download was cancelled.");
    std::shared_ptr<Flight> flight;
    bool leads = false;
    {
        const std::scoped_lock lock(table->mutex);
        auto& entry = table->flights[plan.key];
        leads = !entry;
        if (leads) entry = std::make_shared<Flight>(executor, plan.account);
        flight = entry;
        ++flight->waiting;
    }
    const Seat seat(flight->riders, plan.item);
    if (leads)
        take_off(flight, plan.work(flight->riders), Landing(table, plan.key, flight));
    else if (plan.on_joined)
        plan.on_joined();
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    std::exception_ptr left;
    try {
        co_await ride(table, plan.key, flight);
    } catch (...) {
        left = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (left) std::rethrow_exception(left);
    if (!flight->failure) co_return leads ? Ride::led : Ride::joined;
    if (leads || flight->account == plan.account) std::rethrow_exception(flight->failure);
    co_return Ride::joined;
}

} // namespace hfasync::detail
