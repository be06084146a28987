#include "patterns.hpp"

#include <algorithm>
#include <optional>

namespace mirror {

namespace {

/// Patterns are matched character by character, not byte by byte. A byte that is no UTF-8 counts as one.
std::u32string characters(std::string_view text)
{
    std::u32string out;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (std::size_t i = 0; i < text.size();) {
        const char32_t first = byte(i);
        std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
        char32_t value = length > 1 ? first & (0xFFU >> (length + 1)) : first;
        bool good = length > 0 && i + length <= text.size();
        for (std::size_t k = 1; good && k < length; ++k) {
            good = (byte(i + k) & 0xC0U) == 0x80;
            value = value << 6 | (byte(i + k) & 0x3FU);
        }
        out += good ? value : 0xDC00 + first;
        i += good ? length : 1;
    }
    return out;
}

using View = std::u32string_view;

/// What stands between the '[' that `pattern` begins with and its ']', which may be the first of the set.
/// nullopt: it is never closed, and '[' means itself.
std::optional<View> leading_set(View pattern)
{
    const std::size_t first = pattern.size() > 1 && pattern[1] == U'!' ? 2 : 1;
    const auto end = pattern.find(U']', first < pattern.size() && pattern[first] == U']' ? first + 1 : first);
    if (end == View::npos) return std::nullopt;
    return pattern.substr(1, end - 1);
}

bool is_in(View set, char32_t wanted)
{
    const bool negated = set.starts_with(U'!');
    if (negated) set.remove_prefix(1);
    bool found = false;
    for (std::size_t i = 0; i < set.size() && !found;) {
        const bool is_range = i + 2 < set.size() && set[i + 1] == U'-';
        found = is_range ? set[i] <= wanted && wanted <= set[i + 2] : set[i] == wanted;
        i += is_range ? 3 : 1;
    }
    return found != negated;
}

/// Length of the element that `pattern` begins with (not '*'), if it matches the character; else 0.
std::size_t match_one(View pattern, char32_t character)
{
    if (pattern.empty()) return 0;
    if (pattern.front() == U'?') return 1;
    if (pattern.front() == U'[')
        if (const auto set = leading_set(pattern)) return is_in(*set, character) ? set->size() + 2 : 0;
    return pattern.front() == character ? 1 : 0;
}

bool matches(View name, View pattern)
{
    // Only the last '*' has to be thought of again: it takes one character more.
    std::size_t n = 0, p = 0, after_star = View::npos, star_until = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == U'*') {
            after_star = ++p;
            star_until = n;
        } else if (const auto length = match_one(pattern.substr(p), name[n])) {
            p += length;
            ++n;
        } else if (after_star != View::npos) {
            p = after_star;
            n = ++star_until;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of(U'*', p) == View::npos;
}

std::vector<std::u32string> read(const std::vector<std::string>& patterns)
{
    std::vector<std::u32string> out;
    for (const auto& pattern : patterns)
        out.push_back(characters(pattern.ends_with('/') ? pattern + '*' : pattern));
    return out;
}

} // namespace

FilePatterns::FilePatterns(const std::vector<std::string>& files, const std::vector<std::string>& exclude)
    : files_(read(files)), exclude_(read(exclude))
{
}

bool FilePatterns::operator()(std::string_view path) const
{
    const auto name = characters(path);
    const auto is_one_of = [&](const auto& patterns) {
        return std::any_of(patterns.begin(), patterns.end(),
                           [&](const auto& pattern) { return matches(name, pattern); });
    };
    return (files_.empty() || is_one_of(files_)) && !is_one_of(exclude_);
}

std::string literal_pattern(std::string_view name)
{
    std::string out;
    for (const char c : name) {
        if (c == '*' || c == '?' || c == '[')
            out += {'[', c, ']'};
        else
            out += c;
    }
    return out;
}

} // namespace mirror
