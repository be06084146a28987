#include "http/fault.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "base/encoding.hpp"

namespace hfasync::http {

namespace {

errc code_of_phase(Phase phase) noexcept
{
    switch (phase) {
    case Phase::resolve:
        return errc::resolve_failed;
    case Phase::pool:
    case Phase::connect:
        return errc::connect_failed;
    case Phase::proxy:
        return errc::proxy_failed;
    case Phase::handshake:
        return errc::tls_failed;
    default:
        return errc::connection_lost;
    }
}

/// A reset or an end in mid-handshake says nothing against the certificate: the connection was lost.
bool is_tls_verdict(const boost::system::error_code& error) noexcept
{
    return error.category() == boost::asio::error::get_ssl_category();
}

std::string_view what_failed(const Fault& fault) noexcept
{
    switch (fault.code) {
    case errc::resolve_failed:
        return "the host name could not be resolved";
    case errc::connect_failed:
        return "no connection could be made";
    case errc::tls_failed:
        return "the TLS handshake failed";
    case errc::proxy_failed:
        return "the proxy refused";
    case errc::bad_response:
        return "the answer is not usable";
    case errc::shut_down:
        return "the Hub handle was closed";
    default:
        return "the connection was lost";
    }
}

std::string_view hint_for(errc code) noexcept
{
    switch (code) {
    case errc::resolve_failed:
        return "Check the endpoint and the network";
    case errc::connect_failed:
        return "Check the endpoint, the port and the network";
    case errc::tls_failed:
        return "Check the host name and the CA (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, HubOptions::tls)";
    case errc::proxy_failed:
        return "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY";
    case errc::timed_out:
        return "Try again, or raise the limit in HubOptions::timeouts";
    case errc::connection_lost:
        return "Try again";
    default:
        return "";
    }
}

} // namespace

std::string_view to_string(Phase phase) noexcept
{
    switch (phase) {
    case Phase::pool:
        return "waiting for a free connection";
    case Phase::resolve:
        return "resolving the host name";
    case Phase::connect:
        return "connecting";
    case Phase::proxy:
        return "asking the proxy for a tunnel";
    case Phase::handshake:
        return "the TLS handshake";
    case Phase::send:
        return "sending the request";
    case Phase::first_byte:
        return "waiting for the response";
    case Phase::body:
        return "reading the body";
    }
    return "";
}

Fault fault_of(const boost::system::error_code& error, bool timed_out, Phase phase, std::string detail)
{
    Fault fault{.code = code_of_phase(phase), .phase = phase, .cause = error, .detail = std::move(detail)};
    if (timed_out)
        fault.code = errc::timed_out;
    else if (error == boost::asio::error::operation_aborted)
        fault.code = errc::cancelled;
    else if (phase == Phase::handshake && !is_tls_verdict(error))
        fault.code = errc::connection_lost;
    return fault;
}

bool is_transient(const Fault& fault) noexcept
{
    switch (fault.code) {
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::connection_lost:
    case errc::timed_out:
        return true;
    default:
        return false;
    }
}

void throw_fault(const Fault& fault, Method method, const Url& url, int attempts)
{
    ErrorContext context;
    context.method = to_string(method);
    context.url = url.redacted();
    context.cause = fault.cause;
    context.hint = hint_for(fault.code);
    std::string text = context.method + " " + context.url + ": ";
    if (fault.code == errc::cancelled)
        text += "cancelled while " + std::string(to_string(fault.phase));
    else if (fault.code == errc::timed_out)
        text += "timed out while " + std::string(to_string(fault.phase));
    else
        text += what_failed(fault);
    if (!fault.detail.empty())
        text += ": " + detail::printable(fault.detail);
    else if (fault.cause && fault.code != errc::cancelled && fault.code != errc::timed_out)
        text += ": " + detail::printable(fault.cause.message());
    if (attempts > 1) text += " (" + std::to_string(attempts) + " attempts)";
    if (!context.hint.empty()) text += ". " + context.hint;
    switch (fault.code) {
    case errc::cancelled:
        throw CancelledError(fault.code, std::move(text), std::move(context));
    case errc::timed_out:
        throw TimeoutError(fault.code, std::move(text), std::move(context));
    case errc::tls_failed:
        throw SSLError(fault.code, std::move(text), std::move(context));
    case errc::proxy_failed:
        throw ProxyError(fault.code, std::move(text), std::move(context));
    case errc::bad_response:
        throw BadResponseError(fault.code, std::move(text), std::move(context));
    case errc::shut_down:
        throw HubError(fault.code, std::move(text), std::move(context));
    default:
        throw ConnectionError(fault.code, std::move(text), std::move(context));
    }
}

} // namespace hfasync::http
