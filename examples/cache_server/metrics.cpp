#include "metrics.hpp"

#include <fmt/format.h>

#include <iterator>

namespace cache_server {

std::string Metrics::text() const
{
    std::string out;
    const auto head = [&](const char* name, const char* kind, const char* help) {
        fmt::format_to(std::back_inserter(out),
                       "# HELP hfasync_cache_{0} {2}\n# TYPE hfasync_cache_{0} {1}\n", name, kind, help);
    };
    const auto one = [&](const char* name, const char* kind, const char* help, std::uint64_t value) {
        head(name, kind, help);
        fmt::format_to(std::back_inserter(out), "hfasync_cache_{} {}\n", name, value);
    };
    one("hits_total", "counter", "Bodies and answers served from the disk.", hits);
    one("misses_total", "counter", "Bodies and answers fetched from the upstream and kept.", misses);
    one("stale_total", "counter", "Served from the disk because the upstream did not answer.", stale);
    one("bypassed_total", "counter", "Fetched from the upstream and not kept.", bypassed);
    head("errors_total", "counter", "Requests that failed.");
    fmt::format_to(std::back_inserter(out),
                   "hfasync_cache_errors_total{{class=\"4xx\"}} {}\n"
                   "hfasync_cache_errors_total{{class=\"5xx\"}} {}\n",
                   refused.load(), failed.load());
    one("served_bytes_total", "counter", "Bytes of bodies sent to clients.", served_bytes);
    one("fetched_bytes_total", "counter", "Bytes of files received from the upstream.", fetched_bytes);
    one("upstream_requests_total", "counter", "HTTP requests to the upstream.", upstream_requests);
    one("transfers_total", "counter", "Whole files fetched, one for all who wait for it.", transfers);
    one("evictions_total", "counter", "Files deleted to make room.", evictions);
    one("evicted_bytes_total", "counter", "Their bytes.", evicted_bytes);
    one("stored_bytes", "gauge", "Bytes on the disk.", stored_bytes);
    one("stored_files", "gauge", "Files on the disk.", stored_files);
    one("limit_bytes", "gauge", "Most bytes on the disk.", max_bytes);
    one("connections", "gauge", "Open connections of clients.", connections);
    return out;
}

} // namespace cache_server
