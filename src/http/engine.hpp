// What the requests of one client share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "http/pool.hpp"
#include "http/tls.hpp"
#include "http/watchdog.hpp"
#include "policy/rate_gate.hpp"

namespace hfasync::http {

struct Engine {
    Engine(boost::asio::any_io_executor executor, const HubOptions& options);

    std::shared_ptr<TlsClient> tls(); ///< made at the first call. \throws SSLError
    std::uint64_t random(std::uint64_t limit);
    std::string new_trace_id();

    boost::asio::any_io_executor executor;
    HubOptions options;
    std::shared_ptr<Clock> clock;
    Url endpoint;
    std::string endpoint_origin;
    /// User-Agent, Accept, Accept-Encoding and HubOptions::headers, without authorization.
    std::vector<std::pair<std::string, std::string>> defaults;
    std::string own_authorization; ///< among HubOptions::headers
    std::shared_ptr<Watchdog> watchdog;
    std::shared_ptr<Pool> pool;
    detail::RateGate gate;
    std::atomic<bool> closed{false};
    std::atomic<std::uint64_t> requests{0}, retries{0}, connections{0}, bytes_received{0}, bytes_sent{0};

private:
    std::mutex mutex_;
    std::mt19937_64 jitter_, ids_;
    std::shared_ptr<TlsClient> tls_;
};

struct Client::State : Engine {
    using Engine::Engine;
};

} // namespace hfasync::http
