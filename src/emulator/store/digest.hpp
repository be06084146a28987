// Raw hashes: 20 or 32 bytes instead of 40 or 64 characters, so that trees of 100,000 entries stay small.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"

namespace hfasync::emulator::store {

template <std::size_t N>
struct Digest {
    std::array<std::uint8_t, N> bytes{};

    auto operator<=>(const Digest&) const = default;
    std::string_view raw() const noexcept { return {reinterpret_cast<const char*>(bytes.data()), N}; }
    /// Lower-case hex.
    std::string hex() const { return detail::to_hex(raw()); }
    static Digest from_raw(std::string_view raw) noexcept
    {
        Digest out;
        for (std::size_t i = 0; i < N && i < raw.size(); ++i)
            out.bytes[i] = static_cast<std::uint8_t>(raw[i]);
        return out;
    }
    /// nullopt unless exactly 2N lower-case hex digits.
    static std::optional<Digest> parse(std::string_view hex)
    {
        if (!detail::is_lower_hex(hex, 2 * N)) return std::nullopt;
        return from_raw(detail::from_hex(hex));
    }
};

using Oid = Digest<20>;    ///< a git object id (SHA-1)
using Sha256 = Digest<32>; ///< an LFS object id

struct DigestHash {
    template <std::size_t N>
    std::size_t operator()(const Digest<N>& digest) const noexcept
    {
        return std::hash<std::string_view>{}(digest.raw());
    }
};

} // namespace hfasync::emulator::store
