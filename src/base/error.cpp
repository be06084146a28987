#include <hfasync/error.hpp>

#include <algorithm>

#include "base/encoding.hpp"

namespace hfasync {
namespace {

constexpr std::string_view text_of(errc code) noexcept
{
    switch (code) {
    case errc::http_status:
        return "the Hub answered with an unexpected status";
    case errc::bad_request:
        return "the Hub refused the request as malformed";
    case errc::unauthorized:
        return "the Hub wants a valid token";
    case errc::forbidden:
        return "the token does not allow this";
    case errc::not_found:
        return "not found";
    case errc::repository_not_found:
        return "repository not found";
    case errc::gated_repo:
        return "access to the repository is gated";
    case errc::revision_not_found:
        return "revision not found";
    case errc::entry_not_found:
        return "file not found in the repository";
    case errc::disabled_repo:
        return "the repository is disabled";
    case errc::conflict:
        return "conflict with the present state of the repository";
    case errc::range_not_satisfiable:
        return "range not satisfiable";
    case errc::rate_limited:
        return "rate limited";
    case errc::server_error:
        return "the Hub failed";
    case errc::bad_response:
        return "the answer is not what the call documents";
    case errc::bad_redirect:
        return "unusable redirect";
    case errc::file_metadata:
        return "unusable metadata of a file";
    case errc::integrity:
        return "content differs from what was announced";
    case errc::file_modified:
        return "a file changed while it was sent or read";
    case errc::outcome_unknown:
        return "it is unknown whether the commit was made";
    case errc::safetensors_parse:
        return "not a valid safetensors header";
    case errc::not_a_safetensors_repo:
        return "the repository has no safetensors weights";
    case errc::resolve_failed:
        return "host name not resolved";
    case errc::connect_failed:
        return "connection refused or unreachable";
    case errc::tls_failed:
        return "TLS failed";
    case errc::connection_lost:
        return "connection lost";
    case errc::proxy_failed:
        return "the proxy failed";
    case errc::timed_out:
        return "timed out";
    case errc::cancelled:
        return "cancelled";
    case errc::invalid_argument:
        return "invalid argument";
    case errc::validation:
        return "a name breaks the Hub's rules";
    case errc::local_token_not_found:
        return "no token on this machine";
    case errc::local_entry_not_found:
        return "file not in the cache";
    case errc::offline:
        return "offline mode is on";
    case errc::os_error:
        return "operating system error";
    case errc::not_implemented:
        return "not implemented";
    case errc::runtime:
        return "failed";
    case errc::lfs_transfer:
        return "LFS transfer failed";
    case errc::endpoint_failed:
        return "the Inference Endpoint failed";
    case errc::shut_down:
        return "the Hub handle was closed";
    }
    return "unknown error";
}

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "hfasync"; }
    std::string message(int value) const override { return std::string(text_of(static_cast<errc>(value))); }
    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        namespace generic = boost::system::errc;
        switch (static_cast<errc>(value)) {
        case errc::cancelled:
            return generic::make_error_condition(generic::operation_canceled);
        case errc::timed_out:
            return generic::make_error_condition(generic::timed_out);
        case errc::invalid_argument:
        case errc::validation:
            return generic::make_error_condition(generic::invalid_argument);
        default:
            return {value, *this};
        }
    }
};

/// printable() line by line: bodies keep their line breaks.
std::string printable_lines(std::string_view text)
{
    std::string out;
    while (true) {
        const auto end = text.find('\n');
        out += detail::printable(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        out.push_back('\n');
        text.remove_prefix(end + 1);
    }
}

// The last wall: whoever makes an error should have removed secrets already.
ErrorContext cleaned(ErrorContext context)
{
    context.url = detail::redact_url(context.url);
    context.server_message = printable_lines(detail::redact_text(context.server_message));
    context.body = printable_lines(detail::redact_text(context.body));
    context.request_id = detail::printable(context.request_id);
    context.error_code = detail::printable(context.error_code);
    return context;
}

/// "<what>: <why>. <hint> (Request ID: ...)" on one line.
std::string one_line(std::string text, const ErrorContext& context)
{
    if (!context.hint.empty() && text.find(context.hint) == std::string::npos) {
        while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
            text.pop_back();
        if (!text.empty())
            text += text.back() == '.' || text.back() == '!' || text.back() == '?' ? " " : ". ";
        text += context.hint;
    }
    if (!context.request_id.empty() && text.find(context.request_id) == std::string::npos)
        text += " (Request ID: " + context.request_id + ")";
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return detail::printable(detail::redact_text(text));
}

ErrorContext with_cause(ErrorContext context, std::error_code cause)
{
    if (!context.cause) context.cause = cause;
    return context;
}

} // namespace

const boost::system::error_category& hfasync_category() noexcept
{
    static const Category category;
    return category;
}

Error::Error(errc code, std::string message, ErrorContext context)
    : code_(code), message_(std::make_shared<const std::string>(one_line(std::move(message), context))),
      context_(std::make_shared<const ErrorContext>(cleaned(std::move(context))))
{
}

HubError::HubError(errc code, std::string message, ErrorContext context)
    : boost::system::system_error(make_error_code(code)), Error(code, std::move(message), std::move(context))
{
}

// std::invalid_argument and std::system_error would keep a copy of the text that what() never shows.
ValueError::ValueError(errc code, std::string message, ErrorContext context)
    : std::invalid_argument(""), Error(code, std::move(message), std::move(context))
{
}

OSError::OSError(std::error_code os_code, std::string message, ErrorContext context)
    : std::system_error(os_code),
      Error(errc::os_error, std::move(message), with_cause(std::move(context), os_code))
{
}

OSError::OSError(errc code, std::string message, ErrorContext context)
    : std::system_error(static_cast<std::error_code>(make_error_code(code))),
      Error(code, std::move(message), std::move(context))
{
}

} // namespace hfasync
