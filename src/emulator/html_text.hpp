// Text inside of HTML.
#pragma once

#include <string>
#include <string_view>

namespace hfasync::emulator {

/// The Hub renders markdown; the embedded one only makes the text safe.
inline std::string escape_html(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else
            out.push_back(c);
    }
    return out;
}

} // namespace hfasync::emulator
