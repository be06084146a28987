// A histogram of durations with a known relative error and a fixed size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench_harness {

/// Log-linear: each power of two is divided into 128 buckets of equal width, so that a value is known to less
/// than 1/128 (0.8 %) of itself, and values below 128 exactly. 58 KiB whatever it holds.
class Histogram {
public:
    static constexpr unsigned precision_bits = 7;
    static constexpr double relative_error = 1.0 / (1u << precision_bits);

    Histogram();
    void add(std::uint64_t value, std::uint64_t times = 1);
    void merge(const Histogram& other);

    std::uint64_t count() const noexcept { return count_; }
    std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; } ///< exact
    std::uint64_t max() const noexcept { return max_; }                   ///< exact
    double mean() const noexcept;                                         ///< exact but for rounding
    /// The value that `percent` of all are not above (nearest rank): at least that value, and at most
    /// relative_error more. 0 when there are none.
    std::uint64_t percentile(double percent) const;

    struct Bucket {
        std::uint64_t first = 0; ///< least value of it
        std::uint64_t last = 0;  ///< greatest
        std::uint64_t count = 0;
        bool operator==(const Bucket&) const = default;
    };
    /// Those that hold something, in order.
    std::vector<Bucket> buckets() const;
    /// How many of the values lie in buckets that begin within [first, end).
    std::uint64_t count_between(std::uint64_t first, std::uint64_t end) const;

private:
    static std::size_t index(std::uint64_t value);
    static Bucket bounds(std::size_t index);

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

} // namespace bench_harness
