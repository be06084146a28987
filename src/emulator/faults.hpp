// The fault script: which request is disturbed, and how.
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

/// Requests below it are neither disturbed nor recorded.
inline constexpr std::string_view control_prefix = "/__emulator/";

/// Reads one rule as the control route gets it: {"path": "*", "action": "reset", "at": 10, "times": 2, ...}.
/// \throws Refusal 400
FaultRule parse_fault_rule(std::string_view json);
/// \throws Refusal 400 for a rule that can never be played, and for headers that are none
void check_fault_rule(const FaultRule& rule);
/// What the control route tells of each: which requests, the action, and how often it is still played.
std::string fault_rules_json(const std::vector<FaultRule>& rules);

/// Thread-safe.
class FaultScript {
public:
    void add(FaultRule rule);
    void clear();
    /// Those that have not run out.
    std::vector<FaultRule> all() const;
    /// The rule to play for this request, if any; counts it.
    std::optional<FaultRule> take(Origin origin, std::string_view method, std::string_view path);

private:
    mutable std::mutex mutex_;
    std::list<FaultRule> rules_;
    std::atomic<bool> empty_{true}; ///< spares the lock of every undisturbed request
};

} // namespace hfasync::emulator
