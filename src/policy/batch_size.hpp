// How much goes into one commit: what a Hub refuses is halved, what it takes easily grows.
#pragma once

#include <chrono>
#include <cstddef>

namespace hfasync::detail {

/// Sizes are in units of the caller. Pure: told what happened, it says what to try next.
class BatchSize {
public:
    struct Limits {
        std::size_t least = 1;
        std::size_t start = 1;
        std::size_t most = 1;
        std::chrono::milliseconds quick{20'000}; ///< what took longer does not grow
        std::chrono::milliseconds slow{60'000};  ///< what took longer shrinks: gateways give up at such times
    };

    explicit BatchSize(Limits limits) : limits_(limits), now_(limits.start) {}

    std::size_t now() const noexcept { return now_; }
    /// A batch of `used` went through. A full one that was quick doubles the size; once something was
    /// refused, it only creeps back, and stays below what was.
    void accepted(std::size_t used, std::chrono::milliseconds took);
    /// A batch of `used` was too much (413), or nobody waited for its end (504).
    void refused(std::size_t used);

private:
    std::size_t ceiling() const noexcept;

    Limits limits_;
    std::size_t now_;
    std::size_t refused_ = 0; ///< the smallest that was; 0: none
};

} // namespace hfasync::detail
