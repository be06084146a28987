// One gate an origin: when the server says "wait", every request to it waits, instead of each learning by a
// 429.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace hfasync::detail {

/// Thread-safe; knows no clock of its own.
class RateGate {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Nothing may be sent to `origin` before `until`. A later time wins; an earlier one is ignored.
    void close_until(const std::string& origin, Time now, Time until);
    /// The time to wait for; nullopt when the gate is open.
    std::optional<Time> closed_until(const std::string& origin, Time now);

private:
    std::mutex mutex_;
    std::map<std::string, Time> until_;
};

} // namespace hfasync::detail
