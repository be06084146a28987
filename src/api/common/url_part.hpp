// Names that the Hub takes unescaped in a path: users, organisations, papers.
#pragma once

#include <string>
#include <string_view>

namespace hfasync::detail {

/// Encodes as little as a URL needs: a slash stays one, but nothing in the name can end the path ('?', '#'),
/// be taken for an escape ('%'), or climb ('..').
/// \throws ValueError for what no URL can hold; `what` names the argument
std::string url_part(std::string_view name, std::string_view what);

} // namespace hfasync::detail
