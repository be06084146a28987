#include "cli/text_width.hpp"

#include <clocale>
#include <cwchar>

#include <locale.h>

namespace hfasync::cli {

namespace {

/// While it lives, this thread knows Unicode's widths, whatever locale the user has.
class UnicodeWidths {
public:
    UnicodeWidths() : before_(::uselocale(unicode())) {}
    ~UnicodeWidths() { ::uselocale(before_); }
    UnicodeWidths(const UnicodeWidths&) = delete;

    std::size_t of(char32_t c) const
    {
        const int width = ::wcwidth(static_cast<wchar_t>(c));
        return width < 0 ? 1 : static_cast<std::size_t>(width); // unknown, or no character
    }

private:
    static locale_t unicode()
    {
        static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return locale; // null, where there is none: the thread's own stays
    }
    locale_t before_;
};

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
    const UnicodeWidths widths;
    std::size_t width = 0;
    while (!text.empty())
        width += widths.of(take_character(text));
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
    const UnicodeWidths widths;
    std::size_t used = 0;
    auto rest = text;
    while (!rest.empty()) {
        auto after = rest;
        const auto next = widths.of(take_character(after));
        if (used + next > width - dots.size()) break;
        used += next;
        rest = after;
    }
    std::string out(text.substr(0, text.size() - rest.size()));
    return out.append(dots).append(width - used - dots.size(), ' ');
}

} // namespace hfasync::cli
