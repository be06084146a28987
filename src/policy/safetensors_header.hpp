// The JSON header of a safetensors file. Pure: the bytes come from elsewhere, and may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hfasync::detail {

/// Bytes before the header: its length, as 64 bits with the lowest byte first.
inline constexpr std::size_t safetensors_length_bytes = 8;
/// The reference's SAFETENSORS_MAX_HEADER_LENGTH.
inline constexpr std::uint64_t most_safetensors_header = 25'000'000;

/// nullopt when there are fewer than eight bytes.
std::optional<std::uint64_t> read_safetensors_length(std::string_view start) noexcept;

struct HeaderTensor {
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::pair<std::uint64_t, std::uint64_t> data_offsets;
    std::uint64_t parameter_count = 0;
};

struct SafetensorsHeader {
    std::map<std::string, std::string> metadata;
    std::map<std::string, HeaderTensor> tensors;
};

/// Why a header is refused.
struct HeaderFault {
    bool is_json = false; ///< it is, but not what the format says
    std::string what;     ///< "$['w'].shape[1] is negative"; safe to print
};

/// Adds `count` to `sum`; false when the sum would pass 2^63 - 1, which is more than any consumer can hold.
bool add_parameters(std::uint64_t& sum, std::uint64_t count) noexcept;

/// Reads a header by the rules of the format: every tensor has a dtype (any text), a shape of whole numbers
/// and two offsets; names occur once; the data has neither overlaps nor gaps; `__metadata__` maps texts to
/// texts. Whether the offsets fit dtype, shape and the size of the file is not asked: there are types that
/// this code does not know, and mirrors that keep the headers only.
std::variant<SafetensorsHeader, HeaderFault> parse_safetensors_header(std::string_view json);

} // namespace hfasync::detail
