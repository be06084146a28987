#include "policy/range_plan.hpp"

#include <algorithm>
#include <cmath>

namespace hfasync::detail {

namespace {

using std::chrono::nanoseconds;

double seconds(nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

/// Whether it is worth a handshake: enough is left, the network is what limits, and no connection is fast.
bool may_grow(const RangeView& view, const RangeRules& rules)
{
    if (view.resting || view.connections >= view.most || view.connections == 0) return false;
    if (view.left < rules.least_left) return false;
    if (view.rate / static_cast<double>(view.connections) >= rules.fast) return false;
    if (view.waiting < rules.least_waiting) return false;
    return view.rate <= 0 || static_cast<double>(view.left) / view.rate >= seconds(rules.least_time);
}

} // namespace

RangeDecision decide_ranges(const RangeView& view, const RangeRules& rules)
{
    if (view.step && view.connections > view.step->connections && view.step->rate > 0) {
        const auto before = static_cast<double>(view.step->connections);
        const auto ideal = static_cast<double>(view.connections) / before; // by how much it can have risen
        const auto rise = view.rate / view.step->rate;
        if (rise < 1 + (ideal - 1) / 2) {
            // The line is full: what is more than it carries goes. A rise of a few percent is noise.
            const auto keep =
                rise < 1.15 ? view.step->connections : static_cast<std::size_t>(std::ceil(before * rise));
            return {.open = 0, .retire = view.connections - std::min(keep, view.connections), .rest = true};
        }
    }
    if (!may_grow(view, rules)) return {};
    // Each measurement costs the time of a window: few steps.
    const auto more = std::min(view.connections * 3, view.most - view.connections);
    const auto useful = static_cast<std::size_t>(view.left / rules.least_piece);
    return {.open = std::min(more, useful), .retire = 0, .rest = false};
}

RangePlan::RangePlan(std::size_t most, Time now, RangeRules rules)
    : rules_(rules), most_(most), opened_at_(now), window_begin_(now), window_length_(rules.window)
{
}

void RangePlan::begin_window(Time at, nanoseconds length)
{
    window_begin_ = at;
    window_length_ = length;
    bytes_ = 0;
    waited_ = {};
}

void RangePlan::started(Time now, nanoseconds after)
{
    if (pending_ == 0) return;
    slowest_start_ = std::max(slowest_start_, after);
    if (--pending_ > 0) return;
    // A young connection is slow: TCP needs some round trips, of which the wait for the first byte was a few.
    const auto settling = std::min(slowest_start_ * 2, rules_.most_settling);
    begin_window(now + settling, std::max(rules_.window, settling));
}

RangeDecision RangePlan::received(Time now, std::uint64_t bytes, nanoseconds waited, std::uint64_t left)
{
    if (pending_ > 0) {
        if (now - opened_at_ < rules_.most_settling) return {};
        pending_ = 0; // some do not come up: judge by those that did
        begin_window(now, rules_.window);
        return {};
    }
    if (now < window_begin_) return {};
    bytes_ += bytes;
    waited_ += waited;
    const auto length = now - window_begin_;
    if (length < window_length_) return {};
    const auto time = std::max(seconds(length), 1e-9);
    rate_ = static_cast<double>(bytes_) / time;
    pace_ = rate_ / static_cast<double>(std::max<std::size_t>(connections_, 1));
    const auto decision =
        decide_ranges({.left = left,
                       .rate = rate_,
                       .waiting = seconds(waited_) / (time * static_cast<double>(connections_)),
                       .connections = connections_,
                       .most = most_,
                       .resting = now < rest_until_,
                       .step = step_},
                      rules_);
    step_.reset();
    if (decision.rest) rest_until_ = now + rules_.quiet;
    connections_ -= decision.retire;
    begin_window(now, rules_.window);
    return decision;
}

void RangePlan::opened(Time now, std::size_t count)
{
    if (count == 0) return;
    step_ = RangeView::Step{.connections = connections_, .rate = rate_};
    connections_ += count;
    pending_ = count;
    opened_at_ = now;
    slowest_start_ = {};
}

void RangePlan::ended(Time now, bool refused)
{
    if (connections_ > 1) --connections_; // the last one stays until all is there
    if (pending_ > 0) --pending_;
    if (refused) most_ = connections_;
    step_.reset(); // what is measured next is no answer to the last step
    begin_window(now, rules_.window);
}

std::uint64_t RangePlan::piece(std::uint64_t unclaimed) const
{
    const auto share = unclaimed / (2 * std::max<std::size_t>(connections_, 1));
    // Small pieces keep the front, and with it the hash, close behind the connections.
    const auto time = latency_ ? std::clamp<nanoseconds>(*latency_ * rules_.waits_a_piece,
                                                         rules_.least_piece_time, rules_.piece_time)
                               : rules_.piece_time;
    const auto by_rate = static_cast<std::uint64_t>(pace_ * seconds(time));
    return std::clamp(std::min(share, by_rate), rules_.least_piece, rules_.most_piece);
}

std::optional<ByteRange> RangeBoard::claim(std::size_t who, std::uint64_t most, std::uint64_t least_theft)
{
    release(who);
    if (!free_.empty()) {
        auto& first = free_.front();
        const ByteRange taken{first.begin, first.begin + std::min(first.size(), most)};
        first.begin = taken.end;
        if (first.size() == 0) free_.erase(free_.begin());
        return claims_[who] = taken;
    }
    const auto largest = std::max_element(claims_.begin(), claims_.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
    });
    if (largest == claims_.end() || largest->second.size() / 2 < least_theft) return std::nullopt;
    const ByteRange taken{largest->second.begin + largest->second.size() / 2, largest->second.end};
    largest->second.end = taken.begin;
    return claims_[who] = taken;
}

bool RangeBoard::extend(std::size_t who, std::uint64_t most)
{
    const auto claim = claims_.find(who);
    if (claim == claims_.end()) return false;
    const auto next = std::find_if(free_.begin(), free_.end(),
                                   [&](const ByteRange& range) { return range.begin == claim->second.end; });
    if (next == free_.end()) return false;
    next->begin += std::min(next->size(), most);
    claim->second.end = next->begin;
    if (next->size() == 0) free_.erase(next);
    return true;
}

std::uint64_t RangeBoard::advance(std::size_t who, std::uint64_t bytes)
{
    auto& claim = claims_.at(who);
    bytes = std::min(bytes, claim.size());
    claim.begin += bytes;
    return bytes;
}

ByteRange RangeBoard::left(std::size_t who) const
{
    const auto claim = claims_.find(who);
    return claim == claims_.end() ? ByteRange{} : claim->second;
}

void RangeBoard::release(std::size_t who)
{
    const auto claim = claims_.find(who);
    if (claim == claims_.end()) return;
    give_back(claim->second);
    claims_.erase(claim);
}

void RangeBoard::cut(std::uint64_t most)
{
    for (auto& [who, claim] : claims_) {
        if (claim.size() <= most) continue;
        give_back({claim.begin + most, claim.end});
        claim.end = claim.begin + most;
    }
}

void RangeBoard::give_back(ByteRange range)
{
    if (range.size() == 0) return;
    auto next = std::lower_bound(free_.begin(), free_.end(), range.begin,
                                 [](const ByteRange& a, std::uint64_t begin) { return a.begin < begin; });
    if (next != free_.end() && next->begin == range.end) {
        next->begin = range.begin;
    } else {
        next = free_.insert(next, range);
    }
    if (next == free_.begin()) return;
    const auto before = next - 1;
    if (before->end != next->begin) return;
    before->end = next->end;
    free_.erase(next);
}

std::uint64_t RangeBoard::unclaimed() const
{
    std::uint64_t sum = 0;
    for (const auto& range : free_)
        sum += range.size();
    return sum;
}

std::uint64_t RangeBoard::missing() const
{
    auto sum = unclaimed();
    for (const auto& [who, claim] : claims_)
        sum += claim.size();
    return sum;
}

bool breaks_off(errc code) noexcept
{
    return code == errc::connection_lost || code == errc::timed_out;
}

std::optional<std::chrono::milliseconds> ResumePatience::next(std::uint64_t gained)
{
    // More than RateFloor lets a dripping server send before it is left.
    constexpr std::uint64_t worthwhile = 4 << 10;
    // A server that ends each response after a little must not keep us for ever.
    constexpr int most_resumes = 1000;
    if (max_retries_ > 0 && gained >= worthwhile && ++resumes_ <= most_resumes) {
        fruitless_ = 0;
        return std::chrono::milliseconds(0);
    }
    if (++fruitless_ > max_retries_) return std::nullopt;
    return std::min(base_ * (1 << std::min(fruitless_ - 1, 10)), cap_);
}

} // namespace hfasync::detail
