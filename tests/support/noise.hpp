// Bytes for files of tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace hfasync::test {

/// Bytes that do not repeat, the same on every run.
inline std::string noise(std::size_t size, std::uint32_t seed = 1)
{
    std::string out(size, '\0');
    std::uint32_t x = seed * 2654435761U + 1;
    for (auto& c : out) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        c = static_cast<char>(x);
    }
    return out;
}

} // namespace hfasync::test
