// What /metrics tells.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace cache_server {

struct Metrics {
    using Count = std::atomic<std::uint64_t>;
    Count hits{0};         ///< bodies and answers that came from the disk
    Count misses{0};       ///< that came from the upstream and were kept
    Count stale{0};        ///< that came from the disk because the upstream did not answer
    Count bypassed{0};     ///< that came from the upstream and were not kept
    Count refused{0};      ///< requests that ended with 4xx
    Count failed{0};       ///< requests that ended with 5xx or broke off
    Count served_bytes{0}; ///< of bodies, to clients
    Count fetched_bytes{0};
    Count upstream_requests{0};
    Count transfers{0};
    Count evictions{0};
    Count evicted_bytes{0};
    // What there is now.
    Count stored_bytes{0};
    Count stored_files{0};
    Count connections{0};
    std::uint64_t max_bytes = 0;

    /// Prometheus' text format.
    std::string text() const;
};

} // namespace cache_server
