#include <hfasync/task_graph.hpp>

#include <algorithm>

namespace hfasync {
namespace {

using Snapshot = SchedulerSnapshot;
using Time = std::chrono::steady_clock::time_point;

bool others_are_empty(const Snapshot& snapshot, TaskKind kind)
{
    for (TaskKind k = 0; k < snapshot.kinds.size(); ++k)
        if (k != kind && (snapshot.kinds[k].ready > 0 || snapshot.kinds[k].running > 0)) return false;
    return true;
}

/// Everything but the time.
bool applies_but_for_time(const PriorityRule& rule, const Snapshot& snapshot)
{
    const Snapshot::Kind& kind = snapshot.kinds.at(rule.kind);
    if (kind.ready < std::max<std::size_t>(rule.at_least, 1)) return false;
    if (kind.running >= rule.max_running) return false;
    if (rule.only_if_none_running && kind.running > 0) return false;
    return !rule.only_if_others_empty || others_are_empty(snapshot, rule.kind);
}

/// When the time condition is met: long ago when there is none, nullopt when the kind never started.
std::optional<Time> due(const PriorityRule& rule, const Snapshot& snapshot)
{
    if (rule.older_than.count() == 0) return Time{};
    const Time last = snapshot.kinds.at(rule.kind).last_started;
    if (last == Time{}) return std::nullopt;
    return last + rule.older_than;
}

} // namespace

std::optional<Assignment> PriorityScheduler::next(const Snapshot& snapshot) const
{
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        const PriorityRule& rule = rules_[i];
        if (!applies_but_for_time(rule, snapshot)) continue;
        if (const auto when = due(rule, snapshot); !when || *when > snapshot.now) continue;
        return Assignment{.kind = rule.kind,
                          .count =
                              std::min(snapshot.kinds[rule.kind].ready, std::max<std::size_t>(rule.batch, 1)),
                          .rule = i};
    }
    return std::nullopt;
}

std::optional<Time> PriorityScheduler::next_time(const Snapshot& snapshot) const
{
    std::optional<Time> earliest;
    for (const PriorityRule& rule : rules_) {
        if (!applies_but_for_time(rule, snapshot)) continue;
        const auto when = due(rule, snapshot);
        if (when && *when > snapshot.now && (!earliest || *when < *earliest)) earliest = when;
    }
    return earliest;
}

} // namespace hfasync
