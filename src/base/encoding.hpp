// Percent, form and base64 encoding; text that is safe to print.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hfasync::detail {

/// Python's quote(text, safe): keeps [A-Za-z0-9_.~-] and the bytes of `safe`.
std::string percent_encode(std::string_view text, std::string_view safe = "/");
/// quote(text, safe=""): revisions and other single segments.
inline std::string percent_encode_all(std::string_view text)
{
    return percent_encode(text, "");
}
/// nullopt for a broken escape.
std::optional<std::string> percent_decode(std::string_view text);
/// urlencode of pairs in order (blank as '+'), without '?'.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
std::string encode_query(const QueryPairs& pairs);
/// nullopt for broken escapes; '+' is a blank.
std::optional<QueryPairs> decode_query(std::string_view query);

std::string base64_encode(std::string_view data);
/// Appends without a temporary: for streamed bodies.
void base64_append(std::string& out, std::string_view data);
std::optional<std::string> base64_decode(std::string_view text);

/// Control bytes, ESC and DEL as \xNN: server text on a terminal.
std::string printable(std::string_view text);
/// A URL without query, fragment and user info.
std::string redact_url(std::string_view url);
/// Redacts every URL's query and every "Bearer ..." in free text.
std::string redact_text(std::string_view text);
bool is_valid_utf8(std::string_view text) noexcept;

} // namespace hfasync::detail
