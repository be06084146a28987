#include "api/common/url_part.hpp"

#include <algorithm>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"

namespace hfasync::detail {

std::string url_part(std::string_view name, std::string_view what)
{
    const auto refuse = [&](std::string_view why) {
        throw ValueError(std::string(what) + " '" + printable(name) +
                         "' cannot be used: " + std::string(why));
    };
    if (name.empty()) refuse("it is empty");
    for (const unsigned char c : name)
        if (c < 0x20 || c == 0x7f) refuse("it has a control character");
    if (!is_valid_utf8(name)) refuse("it is not UTF-8");
    for (std::size_t at = 0; at <= name.size();) {
        const auto end = std::min(name.find('/', at), name.size());
        const auto part = name.substr(at, end - at);
        if (part.empty() || part == "." || part == "..") refuse("it has an empty, '.' or '..' part");
        at = end + 1;
    }
    return percent_encode(name, "/!$&'()*+,:;=@[]");
}

} // namespace hfasync::detail
