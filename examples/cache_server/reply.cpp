#include "reply.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace cache_server {

using hfasync::errc;

std::string header_text(std::string_view text)
{
    std::string out(text.substr(0, 1024));
    for (auto& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

std::string passed_value(std::string_view value)
{
    std::string out(value);
    for (auto& c : out)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return out;
}

std::string_view reason(unsigned status)
{
    const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    return {text.data(), text.size()};
}

Reply error_reply(unsigned status, std::string_view code, std::string_view message)
{
    Reply reply;
    reply.status = status;
    reply.headers = {{"Content-Type", "application/json; charset=utf-8"},
                     {"X-Error-Message", header_text(message)}};
    if (!code.empty()) reply.headers.emplace_back("X-Error-Code", header_text(code));
    reply.text = boost::json::serialize(boost::json::object{{"error", boost::json::string_view(message)}});
    return reply;
}

Reply error_reply(const hfasync::Error& error)
{
    const auto& context = error.context();
    if (error.code() == errc::invalid_argument || error.code() == errc::validation)
        return error_reply(400, "", error.message());
    if (context.status >= 400 && context.status < 600) {
        const auto& said = context.server_message;
        return error_reply(static_cast<unsigned>(context.status), context.error_code,
                           said.empty() ? std::string_view(error.message()) : said);
    }
    if (unreachable(error.code()))
        return error_reply(504, "",
                           std::string("The upstream Hub cannot be reached, and this cache has no "
                                       "copy that it may give to you: ") +
                               error.message());
    return error_reply(502, "", error.message());
}

bool unreachable(errc code)
{
    switch (code) {
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::tls_failed:
    case errc::connection_lost:
    case errc::proxy_failed:
    case errc::timed_out:
    case errc::offline:
    case errc::server_error:
    case errc::rate_limited:
        return true;
    default:
        return false;
    }
}

bool refuses(errc code)
{
    switch (code) {
    case errc::unauthorized:
    case errc::forbidden:
    case errc::not_found:
    case errc::repository_not_found:
    case errc::gated_repo:
    case errc::disabled_repo:
        return true;
    default:
        return false;
    }
}

} // namespace cache_server
