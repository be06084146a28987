// Encodings undo themselves; a URL that was accepted says the same when it is read again, and prints no
// secret.
#include <cstddef>
#include <cstdint>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "fuzz/expect.hpp"
#include "http/url.hpp"

using namespace hfasync;
using fuzz::expect;

namespace {

void encodings(std::string_view text)
{
    expect(detail::percent_decode(detail::percent_encode(text)) == text, "percent encoding is undone");
    expect(detail::percent_decode(detail::percent_encode_all(text)) == text,
           "full percent encoding is undone");
    expect(detail::base64_decode(detail::base64_encode(text)) == text, "base64 is undone");
    const detail::QueryPairs pairs{{"a", std::string(text)}, {std::string(text), "b"}};
    if (!text.empty())
        expect(detail::decode_query(detail::encode_query(pairs)) == pairs, "a query is undone");
    detail::decode_query(text);
    detail::base64_decode(text);
    detail::percent_decode(text);
    detail::redact_text(text);
    for (const char c : detail::printable(text))
        expect(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "printable text has no control byte");
    const auto redacted = detail::redact_url(text);
    expect(redacted.find('?') == std::string::npos, "a redacted URL has no query");
}

void url(std::string_view text)
{
    http::Url parsed;
    try {
        parsed = http::Url::parse(text);
    } catch (const ValueError&) {
        return;
    }
    expect(parsed.scheme == "http" || parsed.scheme == "https", "only http and https are accepted");
    expect(!parsed.host.empty(), "a URL has a host");
    for (const char c : parsed.target() + parsed.host)
        expect(static_cast<unsigned char>(c) > 0x20 && c != 0x7f,
               "no blank or control byte reaches the wire");
    auto without_user = parsed;
    without_user.userinfo.clear();
    expect(http::Url::parse(parsed.text()) == without_user, "a URL's text reads back as the URL");
    if (const auto moved = parsed.resolve("../x?y=1"))
        expect(moved->origin() == parsed.origin(), "a path stays");
}

void reference(std::string_view text)
{
    const auto base = http::Url::parse("https://hub.example:8443/api/models?limit=2");
    const auto moved = base.resolve(text);
    if (!moved) return;
    for (const char c : moved->target() + moved->host)
        expect(static_cast<unsigned char>(c) > 0x20 && c != 0x7f,
               "no blank or control byte comes by a Location");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    encodings(text);
    url(text);
    reference(text);
    return 0;
}
