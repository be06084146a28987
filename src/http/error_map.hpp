// From an answer of the Hub to the exception that a call throws. The only such place.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "http/client.hpp"
#include "http/message.hpp"

namespace hfasync::http {

/// The pieces that decide; all text still raw.
struct FailedAnswer {
    int status = 0;
    Method method = Method::get;
    Url url;
    const Headers& headers;
    std::string body; ///< its start (64 KiB); 4 KiB of it go into the context
};

/// x-request-id, X-Amzn-Trace-Id or x-amz-cf-id; empty when there is none.
std::string request_id_of(const Headers& headers);
/// "Not Found"; empty for unknown codes.
std::string_view reason_of(int status) noexcept;
/// Throws the typed error: X-Error-Code first, then the "disabled" message, then the 401 rule, then the
/// status.
[[noreturn]] void throw_for_answer(const FailedAnswer& answer, const ErrorScope& scope);
/// The same for a response whose body nobody has read yet; always throws. When the body breaks off, the
/// status still says what happened.
boost::asio::awaitable<void> throw_for_response(Response& response, const ErrorScope& scope);
/// The message of the server: X-Error-Message, `error` (text or list), `errors[].message`; stripped,
/// de-duplicated, one a line. HTML is ignored; hostile shapes are ignored.
std::string server_message(const Headers& headers, std::string_view body);

} // namespace hfasync::http
