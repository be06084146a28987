// Python's fnmatch.fnmatchcase, which the reference filters repo files with; it works on characters, not
// bytes.
#include <optional>

#include "base/path_rules.hpp"

namespace hfasync::detail {
namespace {

struct Character {
    char32_t value;
    std::size_t length;
};

/// The character at `position`; a byte that starts no UTF-8 sequence counts as one, as in Python's
/// surrogateescape.
Character character_at(std::string_view text, std::size_t position) noexcept
{
    const auto first = static_cast<unsigned char>(text[position]);
    std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (length == 1) return {first, 1};
    if (length == 0 || text.size() - position < length) return {0xDC00U + first, 1};
    char32_t value = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[position + i]);
        if ((byte & 0xC0) != 0x80) return {0xDC00U + first, 1};
        value = value << 6 | (byte & 0x3FU);
    }
    return {value, length};
}

/// What stands between '[' and ']' at `position` of the pattern ('[' itself); nullopt when it is never
/// closed: then
/// '[' means itself. A ']' in first place belongs to the set.
std::optional<std::string_view> set_at(std::string_view pattern, std::size_t position) noexcept
{
    std::size_t end = position + 1;
    if (end < pattern.size() && pattern[end] == '!') ++end;
    if (end < pattern.size() && pattern[end] == ']') ++end;
    end = pattern.find(']', end);
    if (end == std::string_view::npos) return std::nullopt;
    return pattern.substr(position + 1, end - position - 1);
}

bool set_contains(std::string_view set, char32_t wanted) noexcept
{
    const bool negated = set.starts_with('!');
    if (negated) set.remove_prefix(1);
    bool found = false;
    for (std::size_t i = 0; i < set.size() && !found;) {
        const Character low = character_at(set, i);
        i += low.length;
        if (i + 1 < set.size() && set[i] == '-') { // a range; "z-a" matches nothing
            const Character high = character_at(set, i + 1);
            found = low.value <= wanted && wanted <= high.value;
            i += 1 + high.length;
        } else {
            found = low.value == wanted;
        }
    }
    return found != negated;
}

/// Matches the one character at `name_at` against the pattern's element at `pattern_at` (not '*'); returns
/// the element's length, 0 when it does not match.
std::size_t match_one(std::string_view pattern, std::size_t pattern_at, const Character& character) noexcept
{
    if (pattern[pattern_at] == '?') return 1;
    if (pattern[pattern_at] == '[') {
        if (const auto set = set_at(pattern, pattern_at))
            return set_contains(*set, character.value) ? set->size() + 2 : 0;
    }
    const Character literal = character_at(pattern, pattern_at);
    return literal.value == character.value ? literal.length : 0;
}

} // namespace

bool fnmatch(std::string_view name, std::string_view pattern)
{
    constexpr auto none = std::string_view::npos;
    std::size_t n = 0, p = 0, star = none, star_name = 0;
    // Only the last '*' needs to be reconsidered: time is at most |name| * |pattern|.
    while (n < name.size()) {
        const Character character = character_at(name, n);
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_name = n;
        } else if (const auto length = p < pattern.size() ? match_one(pattern, p, character) : 0;
                   length != 0) {
            p += length;
            n += character.length;
        } else if (star != none) {
            p = star + 1;
            star_name += character_at(name, star_name).length;
            n = star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace hfasync::detail
