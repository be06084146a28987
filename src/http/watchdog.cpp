#include "http/watchdog.hpp"

#include <algorithm>

namespace hfasync::http {

void Watchdog::add(Watched& watched)
{
    const std::lock_guard lock(mutex_);
    if (watched.index_ != Watched::nowhere) return;
    watched.deadline_ = Watched::never;
    watched.index_ = watched_.size();
    watched_.push_back(&watched);
}

void Watchdog::remove(Watched& watched) noexcept
{
    const std::lock_guard lock(mutex_);
    if (watched.index_ == Watched::nowhere) return;
    watched_[watched.index_] = watched_.back();
    watched_[watched.index_]->index_ = watched.index_;
    watched_.pop_back();
    watched.index_ = Watched::nowhere;
    if (!watched_.empty() || next_ == Watched::never) return;
    next_ = Watched::never;
    try {
        timer_.cancel(); // nothing is active: run() may end
    } catch (...) {      // NOLINT: the timer then fires once for nothing
    }
}

void Watchdog::set(Watched& watched, SteadyTime deadline)
{
    const auto when = deadline == SteadyTime::max() ? Watched::never : ticks(deadline);
    // In this order, sequentially consistent: a scan that has not yet lowered next_ for this deadline stored
    // `never` there first, so either the scan sees the deadline or this thread sees that it must arm.
    watched.deadline_ = when;
    if (when >= next_) return;
    const std::lock_guard lock(mutex_);
    if (when < next_ && watched.index_ != Watched::nowhere) arm(when);
}

void Watchdog::arm(std::int64_t when)
{
    next_ = when;
    timer_.expires_at(SteadyTime(SteadyTime::duration(when)));
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        if (error) return;
        if (const auto self = weak.lock()) self->scan();
    });
}

void Watchdog::scan()
{
    const std::lock_guard lock(mutex_);
    next_ = Watched::never;
    const auto now = ticks(std::chrono::steady_clock::now());
    auto earliest = Watched::never;
    for (auto* watched : watched_) {
        auto deadline = watched->deadline_.load();
        if (deadline <= now) {
            // Moved in the meantime: it counts from there.
            if (watched->deadline_.compare_exchange_strong(deadline, Watched::never))
                watched->expire();
            else
                earliest = std::min(earliest, watched->deadline_.load());
        } else {
            earliest = std::min(earliest, deadline);
        }
    }
    if (earliest < next_) arm(earliest);
}

} // namespace hfasync::http
