#include "describe/query.hpp"

#include <charconv>
#include <cmath>

namespace hfasync::detail {

std::string query_number(double value)
{
    char text[32];
    // Python writes 0.0001 to 9999999999999998.0 plainly and the rest with an exponent, shortest form in both
    // cases.
    const double size = std::abs(value);
    const auto format =
        size == 0 || (size >= 1e-4 && size < 1e16) ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(text, text + sizeof text, value, format).ptr;
    std::string out(text, end);
    if (format == std::chars_format::fixed && out.find('.') == std::string::npos) out += ".0";
    return out;
}

void prefix_query_values(QueryPairs& pairs, std::size_t first, std::string_view prefix)
{
    for (std::size_t i = first; i < pairs.size(); ++i)
        if (!pairs[i].second.empty() && !pairs[i].second.starts_with(prefix))
            pairs[i].second.insert(0, prefix);
}

} // namespace hfasync::detail
