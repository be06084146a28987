// Name resolution and the race of addresses.
#include <boost/asio/steady_timer.hpp>

#include "async/wakeup.hpp"
#include "http/connect.hpp"

namespace hfasync::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds stagger{250};

/// getaddrinfo cannot be interrupted: whoever waits for it leaves, and its answer is dropped when it comes.
struct Lookup final : Watched {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), wakeup(executor) {}
    void expire() noexcept override
    {
        timed_out = true;
        wakeup.wake();
    }

    tcp::resolver resolver;
    detail::Wakeup wakeup;
    std::atomic<bool> timed_out{false};
    error_code error; ///< with the next one: written before wake(), read after a successful wait()
    std::vector<tcp::endpoint> found;
};

/// The addresses of a host against each other. All members under the mutex; handlers keep it alive.
class Race final : public Watched, public std::enable_shared_from_this<Race> {
public:
    Race(const asio::any_io_executor& executor, std::vector<tcp::endpoint> endpoints)
        : wakeup(executor), executor_(executor), endpoints_(std::move(endpoints)), next_one_(executor)
    {
    }

    void start()
    {
        const std::lock_guard lock(mutex_);
        try_next();
    }

    /// Ends all attempts but the winner's. Called on every way out.
    void stop() noexcept
    {
        const std::lock_guard lock(mutex_);
        finish();
    }

    std::optional<tcp::socket> take_winner()
    {
        const std::lock_guard lock(mutex_);
        if (!winner_) return std::nullopt;
        return std::move(*sockets_[*winner_]);
    }
    error_code last_error() const { return last_; }

    detail::Wakeup wakeup;
    std::atomic<bool> timed_out{false};

private:
    void expire() noexcept override
    {
        timed_out = true;
        stop();
    }

    void try_next()
    {
        while (next_ < endpoints_.size()) {
            const auto endpoint = endpoints_[next_++];
            auto socket = std::make_unique<tcp::socket>(executor_);
            socket->open(endpoint.protocol(), last_);
            if (last_) continue; // no IPv6 here, or no descriptor left
            const auto index = sockets_.size();
            sockets_.push_back(std::move(socket));
            ++pending_;
            sockets_.back()->async_connect(endpoint,
                                           [self = shared_from_this(), index](const error_code& error) {
                                               self->on_connect(index, error);
                                           });
            if (next_ < endpoints_.size()) {
                next_one_.expires_after(stagger);
                next_one_.async_wait([self = shared_from_this()](const error_code& error) {
                    if (!error) self->on_stagger();
                });
            }
            return;
        }
        if (pending_ == 0) finish();
    }

    void on_stagger()
    {
        const std::lock_guard lock(mutex_);
        if (!finished_) try_next();
    }

    void on_connect(std::size_t index, const error_code& error)
    {
        const std::lock_guard lock(mutex_);
        --pending_;
        if (finished_) return;
        if (!error) {
            winner_ = index;
            finish();
            return;
        }
        last_ = error;
        error_code ignored;
        sockets_[index]->close(ignored);
        try_next();
    }

    void finish() noexcept
    {
        if (finished_) return;
        finished_ = true;
        error_code ignored;
        for (std::size_t i = 0; i < sockets_.size(); ++i)
            if (i != winner_) sockets_[i]->close(ignored);
        next_one_.cancel();
        wakeup.wake();
    }

    asio::any_io_executor executor_;
    std::mutex mutex_;
    std::vector<tcp::endpoint> endpoints_;
    std::vector<std::unique_ptr<tcp::socket>> sockets_;
    asio::steady_timer next_one_;
    std::size_t next_ = 0, pending_ = 0;
    std::optional<std::size_t> winner_;
    error_code last_;
    bool finished_ = false;
};

} // namespace

std::vector<tcp::endpoint> in_turn(std::vector<tcp::endpoint> endpoints)
{
    if (endpoints.empty()) return endpoints;
    const bool v6_first = endpoints.front().address().is_v6();
    std::vector<tcp::endpoint> first, second, out;
    for (auto& endpoint : endpoints)
        (endpoint.address().is_v6() == v6_first ? first : second).push_back(endpoint);
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) out.push_back(first[i]);
        if (i < second.size()) out.push_back(second[i]);
    }
    return out;
}

asio::awaitable<Addresses> resolve(Engine& engine, std::string host, std::uint16_t port, SteadyTime deadline)
{
    Addresses out;
    error_code error;
    if (const auto address = asio::ip::make_address(host, error); !error) {
        out.endpoints.emplace_back(address, port);
        co_return out;
    }
    // RFC 6761: localhost is this machine, whatever a resolver says, and also where there is none.
    if (host == "localhost") {
        out.endpoints.emplace_back(asio::ip::address_v4::loopback(), port);
        out.endpoints.emplace_back(asio::ip::address_v6::loopback(), port);
        co_return out;
    }
    const auto lookup = std::make_shared<Lookup>(engine.executor);
    const Watch watch(*engine.watchdog, *lookup, deadline);
    lookup->resolver.async_resolve(
        host, std::to_string(port), tcp::resolver::numeric_service,
        [lookup](const error_code& failed, const tcp::resolver::results_type& results) {
            lookup->error = failed;
            for (const auto& entry : results)
                lookup->found.push_back(entry.endpoint());
            lookup->wakeup.wake();
        });
    const bool woken = co_await lookup->wakeup.wait();
    if (!woken || lookup->timed_out)
        out.fault = fault_of(asio::error::operation_aborted, lookup->timed_out, Phase::resolve);
    else if (lookup->error || lookup->found.empty())
        out.fault = fault_of(lookup->error, false, Phase::resolve, host + ": " + lookup->error.message());
    else
        out.endpoints = in_turn(std::move(lookup->found));
    co_return out;
}

asio::awaitable<Opened> connect_any(Engine& engine, std::vector<tcp::endpoint> endpoints, SteadyTime deadline)
{
    Opened out;
    const auto race = std::make_shared<Race>(engine.executor, std::move(endpoints));
    struct Stop {
        Race& race;
        ~Stop() { race.stop(); }
    } const stop{*race};
    const Watch watch(*engine.watchdog, *race, deadline);
    race->start();
    const bool woken = co_await race->wakeup.wait();
    race->stop();
    if (auto socket = race->take_winner(); socket && woken && !race->timed_out)
        out.connection = std::make_unique<Connection>(std::move(*socket), engine.watchdog);
    else
        out.fault = fault_of(woken && !race->timed_out ? race->last_error() : asio::error::operation_aborted,
                             race->timed_out, Phase::connect);
    co_return out;
}

} // namespace hfasync::http
