#include "policy/batch_size.hpp"

#include <algorithm>

namespace hfasync::detail {

std::size_t BatchSize::ceiling() const noexcept
{
    return refused_ == 0 ? limits_.most : std::clamp(refused_ - 1, limits_.least, limits_.most);
}

void BatchSize::accepted(std::size_t used, std::chrono::milliseconds took)
{
    if (took > limits_.slow) {
        now_ = std::clamp(used / 2, limits_.least, now_);
        return;
    }
    // A batch that was not full says nothing about a full one.
    if (used < now_ || took > limits_.quick) return;
    const auto grown = refused_ == 0 ? now_ * 2 : now_ + std::max<std::size_t>(now_ / 8, 1);
    now_ = std::min(grown, ceiling());
}

void BatchSize::refused(std::size_t used)
{
    refused_ = refused_ == 0 ? used : std::min(refused_, used);
    now_ = std::clamp(std::min(now_, used) / 2, limits_.least, limits_.most);
}

} // namespace hfasync::detail
