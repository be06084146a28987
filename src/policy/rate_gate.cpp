#include "policy/rate_gate.hpp"

#include <algorithm>

namespace hfasync::detail {

void RateGate::close_until(const std::string& origin, Time now, Time until)
{
    if (until <= now) return;
    const std::lock_guard lock(mutex_);
    auto& time = until_[origin];
    time = std::max(time, until);
}

std::optional<RateGate::Time> RateGate::closed_until(const std::string& origin, Time now)
{
    const std::lock_guard lock(mutex_);
    if (until_.empty()) return std::nullopt; // the usual case costs no look-up
    const auto found = until_.find(origin);
    if (found == until_.end()) return std::nullopt;
    if (found->second > now) return found->second;
    until_.erase(found);
    return std::nullopt;
}

} // namespace hfasync::detail
