#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench_harness {

namespace {

constexpr std::uint64_t per_octave = 1u << Histogram::precision_bits;

} // namespace

Histogram::Histogram() : counts_((64 - precision_bits + 1) * per_octave) {}

std::size_t Histogram::index(std::uint64_t value)
{
    if (value < per_octave) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - precision_bits;
    return static_cast<std::size_t>((shift + 1) * per_octave + ((value >> shift) - per_octave));
}

Histogram::Bucket Histogram::bounds(std::size_t index)
{
    if (index < per_octave) return {index, index, 0};
    const auto shift = index / per_octave - 1;
    const std::uint64_t first = (index % per_octave + per_octave) << shift;
    return {first, first + ((std::uint64_t{1} << shift) - 1), 0};
}

void Histogram::add(std::uint64_t value, std::uint64_t times)
{
    if (times == 0) return;
    counts_[index(value)] += times;
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = std::max(max_, value);
    count_ += times;
    sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::merge(const Histogram& other)
{
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_[i] += other.counts_[i];
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    count_ += other.count_;
    sum_ += other.sum_;
}

double Histogram::mean() const noexcept
{
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const
{
    if (count_ == 0) return 0;
    const auto share = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_);
    // 99.9 % of 1000 is 999, whatever the binary fraction of 99.9 is.
    const auto rank =
        std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share - 1e-9 * share)), 1, count_);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        passed += counts_[i];
        if (passed >= rank) return std::clamp(bounds(i).last, min_, max_);
    }
    return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const
{
    std::vector<Bucket> out;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] == 0) continue;
        out.push_back(bounds(i));
        out.back().count = counts_[i];
    }
    return out;
}

std::uint64_t Histogram::count_between(std::uint64_t first, std::uint64_t end) const
{
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] == 0) continue;
        const auto from = bounds(i).first;
        if (from >= first && from < end) total += counts_[i];
    }
    return total;
}

} // namespace bench_harness
