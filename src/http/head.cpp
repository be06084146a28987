#include "http/head.hpp"

#include <algorithm>

#include "policy/header_values.hpp"

namespace hfasync::http {

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

void append_request_line(std::string& out, std::string_view method, std::string_view target)
{
    if (std::any_of(target.begin(), target.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
        throw ValueError("a request target holds blanks or control bytes; percent-encode them");
    out += method;
    out += ' ';
    out += target;
    out += " HTTP/1.1\r\n";
}

HeadParser::HeadParser()
{
    header_limit(most_head_bytes);
    body_limit(boost::none);
    eager(false);
}

std::optional<Framing> HeadParser::framing(bool to_head_request) const
{
    // RFC 9112 6.3: these have no body whatever their fields say.
    if (to_head_request || status_ == 204 || status_ == 304) return Framing::none;
    if (const auto coding = fields_.find("transfer-encoding")) {
        if (detail::iequals(detail::trim(*coding), "chunked")) return Framing::chunked;
        if (!detail::iequals(detail::trim(*coding), "identity")) return std::nullopt;
    }
    return content_length() ? Framing::length : Framing::to_end;
}

void HeadParser::on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code&)
{
    fields_.add_received(std::string_view(name.data(), name.size()),
                         std::string_view(value.data(), value.size()));
}

} // namespace hfasync::http
