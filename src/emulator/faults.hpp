// The fault script: which request is disturbed, and how.
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>

#include <hfasync/emulator/emulator.hpp>

#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

/// Requests below it are neither disturbed nor recorded.
inline constexpr std::string_view control_prefix = "/__emulator/";

/// Reads one rule as the control route gets it: {"path": "*", "action": "reset", "at": 10, "times": 2, ...}.
/// \throws Refusal 400
FaultRule parse_fault_rule(std::string_view json);

/// Thread-safe.
class FaultScript {
public:
    void add(FaultRule rule);
    void clear();
    /// The rule to play for this request, if any; counts it.
    std::optional<FaultRule> take(Origin origin, std::string_view method, std::string_view path);

private:
    std::mutex mutex_;
    std::list<FaultRule> rules_;
    std::atomic<bool> empty_{true}; ///< spares the lock of every undisturbed request
};

} // namespace hfasync::emulator
