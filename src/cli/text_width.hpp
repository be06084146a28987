// Columns that a text takes on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hfasync::cli {

/// Columns of UTF-8 text: two for wide East Asian characters and emoji, none for combining marks. Text is
/// expected to hold no control characters.
std::size_t display_width(std::string_view text);

enum class Align { left, right };

/// The text in exactly `width` columns: filled up with blanks, or cut between two characters with ".." at the
/// end.
std::string fitted(std::string_view text, std::size_t width, Align align = Align::left);

} // namespace hfasync::cli
