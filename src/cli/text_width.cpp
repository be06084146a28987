#include "cli/text_width.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hfasync::cli {

namespace {

struct Range {
    char32_t first, last;
};

// Unicode 15: combining marks and format characters of the scripts that names and titles are written in.
constexpr std::array<Range, 36> zero_width{{
    {0x00AD, 0x00AD},   {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF},
    {0x05C1, 0x05C2},   {0x05C4, 0x05C5}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670},
    {0x06D6, 0x06DC},   {0x06DF, 0x06E4}, {0x06E7, 0x06E8}, {0x06EA, 0x06ED}, {0x0900, 0x0902},
    {0x093A, 0x093A},   {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0951, 0x0957},
    {0x0E31, 0x0E31},   {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1ACE}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200F},   {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0x302A, 0x302D},
    {0x3099, 0x309A},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF},
    {0xE0100, 0xE01EF},
}};

// East Asian Width W and F, and what terminals show as emoji.
constexpr std::array<Range, 40> double_width{{
    {0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC}, {0x23F0, 0x23F0},
    {0x23F3, 0x23F3}, {0x25FD, 0x25FE}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267F, 0x267F},
    {0x2693, 0x2693}, {0x26A1, 0x26A1}, {0x26AA, 0x26AB}, {0x26BD, 0x26BE}, {0x26C4, 0x26C5},
    {0x26CE, 0x26CE}, {0x26D4, 0x26D4}, {0x26EA, 0x26EA}, {0x26F2, 0x26F3}, {0x26F5, 0x26F5},
    {0x26FA, 0x26FA}, {0x26FD, 0x26FD}, {0x2705, 0x2705}, {0x270A, 0x270B}, {0x2728, 0x2728},
    {0x274C, 0x274C}, {0x2753, 0x2755}, {0x2795, 0x2797}, {0x2B1B, 0x2B1C}, {0x2B50, 0x2B50},
    {0x2E80, 0x303E}, {0x3041, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0xA4CF}, {0xA960, 0xA97C},
    {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6},
}};

bool is_in(char32_t c, const Range* begin, const Range* end)
{
    const auto* found = std::lower_bound(
        begin, end, c, [](const Range& range, char32_t value) { return range.last < value; });
    return found != end && c >= found->first;
}

std::size_t width_of(char32_t c)
{
    if (c < 0x300) return c == 0xAD ? 0 : 1;
    if (is_in(c, zero_width.data(), zero_width.data() + zero_width.size())) return 0;
    // Supplementary emoji blocks, and the ideographic planes.
    if (c >= 0x1F000 && c <= 0x1FAFF)
        return c >= 0x1F300 || c == 0x1F004 || c == 0x1F0CF || c >= 0x1F18E ? 2 : 1;
    if (c >= 0x20000 && c <= 0x3FFFD) return 2;
    return is_in(c, double_width.data(), double_width.data() + double_width.size()) ? 2 : 1;
}

/// Takes the first character off; a byte that begins none, or whose character is cut off, counts as one.
char32_t take_character(std::string_view& text)
{
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first >= 0xF8   ? 1
                             : first >= 0xF0 ? 4
                             : first >= 0xE0 ? 3
                             : first >= 0xC0 ? 2
                                             : 1;
    char32_t c = size == 1 ? first : first & (0xFFu >> (size + 1));
    std::size_t used = 1;
    for (; used < size && used < text.size(); ++used) {
        const auto byte = static_cast<unsigned char>(text[used]);
        if ((byte & 0xC0u) != 0x80u) break;
        c = c << 6 | (byte & 0x3Fu);
    }
    text.remove_prefix(used);
    return c;
}

} // namespace

std::size_t display_width(std::string_view text)
{
    std::size_t width = 0;
    while (!text.empty())
        width += width_of(take_character(text));
    return width;
}

std::string fitted(std::string_view text, std::size_t width, Align align)
{
    const auto natural = display_width(text);
    if (natural <= width) {
        const std::string blanks(width - natural, ' ');
        return align == Align::left ? std::string(text) + blanks : blanks + std::string(text);
    }
    const std::string_view dots = std::string_view("..").substr(0, width);
    std::size_t used = 0;
    auto rest = text;
    while (!rest.empty()) {
        auto after = rest;
        const auto next = width_of(take_character(after));
        if (used + next > width - dots.size()) break;
        used += next;
        rest = after;
    }
    std::string out(text.substr(0, text.size() - rest.size()));
    return out.append(dots).append(width - used - dots.size(), ' ');
}

} // namespace hfasync::cli
