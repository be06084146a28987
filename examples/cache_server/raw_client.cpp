#include "raw_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace cache_server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using hfasync::errc;

namespace {

constexpr std::uint64_t most_bytes = 64u << 20;
constexpr std::chrono::seconds connect_limit{5}, answer_limit{20};
constexpr std::array<std::string_view, 9> passed_on{
    "Content-Type",  "Link",      "Location",    "X-Error-Code",    "X-Error-Message",
    "X-Repo-Commit", "RateLimit", "Retry-After", "WWW-Authenticate"};

std::shared_ptr<asio::ssl::context> make_context(const hfasync::TlsOptions& options)
{
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    context->set_verify_mode(asio::ssl::verify_peer);
    if (options.ca_file)
        context->load_verify_file(options.ca_file->string());
    else
        context->set_default_verify_paths();
    if (options.ca_dir) context->add_verify_path(options.ca_dir->string());
    if (!options.ca_pem.empty()) context->add_certificate_authority(asio::buffer(options.ca_pem));
    return context;
}

/// The transport's errors by the library's names, so that one function maps all of them.
[[noreturn]] void raise(const boost::system::system_error& error, const std::string& endpoint)
{
    const auto& code = error.code();
    hfasync::ErrorContext context{.cause = code};
    if (code == asio::error::operation_aborted)
        throw hfasync::CancelledError(errc::cancelled, "The request was cancelled.", context);
    if (code == beast::error::timeout)
        throw hfasync::TimeoutError(errc::timed_out, endpoint + " did not answer in time.", context);
    if (code == http::error::body_limit || code == http::error::bad_version)
        throw hfasync::BadResponseError(errc::bad_response, endpoint + " sends what is no answer of a Hub.",
                                        context);
    throw hfasync::ConnectionError(errc::connection_lost, endpoint + ": " + code.message(), context);
}

} // namespace

std::string RawAnswer::header(std::string_view name) const
{
    for (const auto& [key, value] : headers)
        if (beast::iequals(key, name)) return value;
    return {};
}

RawClient::RawClient(const hfasync::HubOptions& upstream) : endpoint_(upstream.endpoint)
{
    while (endpoint_.ends_with('/'))
        endpoint_.pop_back();
    std::string_view rest = endpoint_;
    tls_ = rest.starts_with("https://");
    if (!tls_ && !rest.starts_with("http://"))
        throw hfasync::ValueError("The upstream \"" + endpoint_ +
                                  "\" does not begin with http:// or https://.");
    rest.remove_prefix(tls_ ? 8 : 7);
    const auto slash = rest.find('/');
    if (slash != std::string_view::npos) base_ = rest.substr(slash);
    rest = rest.substr(0, slash);
    const auto colon = rest.rfind(':');
    const bool has_port = colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
    host_ = rest.substr(0, has_port ? colon : std::string_view::npos);
    port_ = has_port ? std::string(rest.substr(colon + 1)) : tls_ ? "443" : "80";
    if (host_.starts_with('[') && host_.ends_with(']')) host_ = host_.substr(1, host_.size() - 2);
    if (host_.empty() || port_.empty())
        throw hfasync::ValueError("The upstream \"" + endpoint_ + "\" names no host.");
    authority_ = rest;
    proxy_ = proxy_for(upstream.proxy, tls_, host_, port_);
    if (tls_) context_ = make_context(upstream.tls);
}

template <class Stream>
asio::awaitable<RawAnswer> RawClient::converse(Stream& stream, const RawRequest& asked) const
{
    const bool by_proxy = proxy_ && !tls_;
    http::request<http::string_body> request{http::string_to_verb(asked.method),
                                             (by_proxy ? endpoint_ : base_) + asked.target, 11};
    request.set(http::field::host, authority_);
    if (by_proxy && !proxy_->authorization.empty())
        request.set(http::field::proxy_authorization, proxy_->authorization);
    request.set(http::field::user_agent, "hfasync-cache");
    request.set(http::field::accept, "application/json, */*");
    request.set(http::field::connection, "close");
    if (asked.token.kind() == hfasync::Token::Kind::text)
        request.set(http::field::authorization, "Bearer " + asked.token.text());
    if (!asked.content_type.empty()) request.set(http::field::content_type, asked.content_type);
    request.body() = asked.body;
    if (asked.method == "POST") request.prepare_payload();

    beast::get_lowest_layer(stream).expires_after(answer_limit);
    co_await http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(most_bytes);
    parser.header_limit(64u << 10);
    if (asked.method == "HEAD") parser.skip(true);
    co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    auto response = parser.release();
    RawAnswer answer;
    answer.status = response.result_int();
    for (const auto name : passed_on)
        if (const auto at = response.find(name); at != response.end())
            answer.headers.emplace_back(name, header_text({at->value().data(), at->value().size()}));
    answer.body = std::move(response.body());
    co_return answer;
}

asio::awaitable<void> RawClient::open_tunnel(beast::tcp_stream& stream) const
{
    const auto target = authority_.ends_with(":" + port_) ? authority_ : authority_ + ":" + port_;
    http::request<http::empty_body> request{http::verb::connect, target, 11};
    request.set(http::field::host, target);
    if (!proxy_->authorization.empty()) request.set(http::field::proxy_authorization, proxy_->authorization);
    co_await http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    http::response_parser<http::empty_body> parser;
    parser.skip(true);
    co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    const auto status = parser.get().result_int();
    if (status / 100 != 2)
        throw hfasync::ProxyError(errc::proxy_failed,
                                  "The proxy refuses a tunnel to " + target + ": " + std::to_string(status));
}

asio::awaitable<RawAnswer> RawClient::connect_and_ask(RawRequest request) const
{
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto addresses = co_await resolver.async_resolve(
        proxy_ ? proxy_->host : host_, proxy_ ? proxy_->port : port_, asio::use_awaitable);
    if (!tls_) {
        beast::tcp_stream stream(executor);
        stream.expires_after(connect_limit);
        co_await stream.async_connect(addresses, asio::use_awaitable);
        co_return co_await converse(stream, request);
    }
    beast::ssl_stream<beast::tcp_stream> stream(executor, *context_);
    stream.set_verify_callback(asio::ssl::host_name_verification(host_));
    SSL_set_tlsext_host_name(stream.native_handle(), host_.c_str());
    beast::get_lowest_layer(stream).expires_after(connect_limit);
    co_await beast::get_lowest_layer(stream).async_connect(addresses, asio::use_awaitable);
    if (proxy_) co_await open_tunnel(beast::get_lowest_layer(stream));
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    co_return co_await converse(stream, request);
}

asio::awaitable<RawAnswer> RawClient::ask(RawRequest request) const
{
    try {
        co_return co_await connect_and_ask(std::move(request));
    } catch (const hfasync::Error&) {
        throw; // of the proxy
    } catch (const boost::system::system_error& error) {
        raise(error, endpoint_);
    }
}

} // namespace cache_server
