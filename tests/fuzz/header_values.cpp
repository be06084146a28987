// Hostile response headers give nullopt or a value within its bounds.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "fuzz/expect.hpp"
#include "policy/header_values.hpp"

using namespace hfasync::detail;
using fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace std::chrono_literals;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    parse_decimal(text);
    parse_content_length(text);
    parse_rate_limit(text);
    if (const auto range = parse_content_range(text)) {
        expect(range->first.has_value() == range->last.has_value(), "a range has both ends or none");
        if (range->first) expect(*range->first <= *range->last, "a range goes up");
        if (range->first && range->total)
            expect(*range->last < *range->total, "a range ends within the whole");
    }
    const auto wait = parse_retry_after(text, hfasync::Timestamp{});
    if (wait) expect(*wait >= 0ms && *wait <= 24h, "a wait is between nothing and a day");
    const auto next = parse_link_next(text);
    if (next) expect(text.find(*next) != text.npos, "a link's target stands in the header");
    return 0;
}
