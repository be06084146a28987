// Any header is refused with words that can be printed, or keeps the rules of the format.
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/encoding.hpp"
#include "fuzz/expect.hpp"
#include "policy/safetensors_header.hpp"

using namespace hfasync::detail;
using fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    expect(read_safetensors_length(text).has_value() == (size >= 8), "eight bytes make a length");
    const auto parsed = parse_safetensors_header(text);
    if (const auto* fault = std::get_if<HeaderFault>(&parsed)) {
        expect(!fault->what.empty() && fault->what.size() < 2000, "a fault says what it is, in a line");
        expect(printable(fault->what) == fault->what, "a fault can be printed");
        return 0;
    }
    const auto& header = std::get<SafetensorsHeader>(parsed);
    std::uint64_t total = 0, end = 0;
    for (const auto& [name, tensor] : header.tensors) {
        expect(tensor.data_offsets.first <= tensor.data_offsets.second, "data goes up");
        expect(tensor.parameter_count <= std::numeric_limits<std::int64_t>::max(), "a count has 63 bits");
        total += tensor.data_offsets.second - tensor.data_offsets.first;
        end = std::max(end, tensor.data_offsets.second);
    }
    expect(total == end, "the data has neither overlaps nor gaps");
    return 0;
}
