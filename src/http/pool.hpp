// Connections by origin: limits, first come first served, keep-alive.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <hfasync/hub.hpp>

#include "http/connection.hpp"
#include "http/fault.hpp"

namespace hfasync::http {

/// Thread-safe. A key names the origin and the proxy, credentials included: connections are never shared
/// across them (curl CVE-2022-22576). The TLS settings are those of the client, which has one pool.
class Pool : public std::enable_shared_from_this<Pool> {
    struct Ticket;
    struct Origin {
        struct Idle {
            std::unique_ptr<Connection> connection;
            SteadyTime since;
        };
        std::deque<Idle> idle; ///< the freshest at the back
        std::size_t open = 0;  ///< leased and idle
        std::deque<std::shared_ptr<Ticket>> waiting;
    };

public:
    Pool(boost::asio::any_io_executor executor, const ConnectionOptions& options,
         std::shared_ptr<Clock> clock, std::shared_ptr<Watchdog> watchdog);
    ~Pool();

    /// The right to one connection; holds one, or leaves room to open it. Destruction closes it.
    class Lease {
    public:
        Lease() = default;
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&& other) noexcept;
        ~Lease() { drop(); }
        explicit operator bool() const noexcept { return pool_ != nullptr; }
        /// Gives a connection back that the next request may use.
        void keep() noexcept;
        void drop() noexcept;

        std::unique_ptr<Connection> connection; ///< null: open one

    private:
        friend class Pool;
        Lease(std::shared_ptr<Pool> pool, Origin* origin, std::unique_ptr<Connection> idle)
            : connection(std::move(idle)), pool_(std::move(pool)), origin_(origin)
        {
        }
        std::shared_ptr<Pool> pool_;
        Origin* origin_ = nullptr;
    };

    /// At once, or an empty lease when the origin has its limit of connections.
    Lease try_acquire(const std::string& key);
    /// Waits in line. An empty lease with the fault when the deadline, a cancel or close() ends the wait.
    struct Acquired {
        Lease lease;
        std::optional<Fault> fault;
    };
    boost::asio::awaitable<Acquired> acquire(std::string key, SteadyTime deadline);

    void close_idle() noexcept;
    void close() noexcept; ///< idle connections go, waiters are sent away
    std::size_t open(const std::string& key) const;

private:
    using Dead = std::vector<std::unique_ptr<Connection>>; ///< closed after the lock is released

    std::optional<Lease> take(Origin& origin, Dead& dead);
    void give_back(Origin& origin, std::unique_ptr<Connection> connection) noexcept;
    void leave(Origin& origin, const std::shared_ptr<Ticket>& ticket) noexcept;

    boost::asio::any_io_executor executor_;
    ConnectionOptions options_;
    std::shared_ptr<Clock> clock_;
    std::shared_ptr<Watchdog> watchdog_;
    mutable std::mutex mutex_;
    std::map<std::string, Origin, std::less<>> origins_; ///< nodes stay: leases point to them
    bool closed_ = false;
};

} // namespace hfasync::http
