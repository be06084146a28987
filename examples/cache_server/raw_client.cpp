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
#include <type_traits>

namespace cache_server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using hfasync::errc;

namespace {

constexpr std::uint64_t most_bytes = 64u << 20;
constexpr std::uint64_t short_body = 64u << 10; // as long as a connection's buffers: not worth a turn
constexpr std::size_t longest_link = 16u << 10;
constexpr std::chrono::seconds connect_limit{5};
using Parser = http::response_parser<http::string_body>;
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

/// The other side has closed the connection, for whatever reason.
bool is_end(boost::system::error_code code)
{
    return code == http::error::end_of_stream || code == http::error::partial_message ||
           code == asio::error::eof || code == asio::error::connection_reset ||
           code == asio::error::connection_aborted || code == asio::error::broken_pipe ||
           code == asio::ssl::error::stream_truncated;
}

/// The body piece by piece, each with a wait of its own.
template <class Stream>
asio::awaitable<SharedText> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                      ByteBudget& memory, std::chrono::milliseconds wait)
{
    auto& connection = beast::get_lowest_layer(stream);
    const auto length = parser.content_length();
    std::shared_ptr<ByteBudget::Share> share;
    while (!parser.is_done()) {
        if (!share && std::max<std::uint64_t>(length.value_or(0), parser.get().body().size()) > short_body) {
            connection.expires_never();
            // All of it at once: who waited with half of his bytes in hand would make others wait for ever.
            share = co_await memory.take(length.value_or(most_bytes));
        }
        connection.expires_after(wait);
        co_await http::async_read_some(stream, buffer, parser, asio::use_awaitable);
    }
    auto body = std::move(parser.get().body());
    if (share) share->shrink_to(body.capacity());
    co_return SharedText(std::move(body), std::move(share));
}

/// \throws hfasync::BadResponseError for a link that is too long: one that was cut would end a listing early,
/// without an error
Headers headers_of(const http::response<http::string_body>& response, const std::string& endpoint)
{
    Headers out;
    for (const auto name : passed_on) {
        const auto at = response.find(name);
        if (at == response.end()) continue;
        const std::string_view value(at->value().data(), at->value().size());
        const bool leads_on = name == "Link" || name == "Location";
        if (leads_on && value.size() > longest_link)
            throw hfasync::BadResponseError(errc::bad_response,
                                            endpoint + " answers with a " + std::string(name) + " of " +
                                                std::to_string(value.size()) + " bytes; at most " +
                                                std::to_string(longest_link) + " are passed on.",
                                            {});
        out.emplace_back(name, name == "X-Error-Message" ? header_text(value) : passed_value(value));
    }
    return out;
}

} // namespace

std::string RawAnswer::header(std::string_view name) const
{
    for (const auto& [key, value] : headers)
        if (beast::iequals(key, name)) return value;
    return {};
}

RawClient::RawClient(const asio::any_io_executor& executor, const Options& options)
    : memory_(executor, options.answer_bytes, options.answer_wait), wait_(options.answer_wait),
      endpoint_(options.upstream.endpoint)
{
    const auto& upstream = options.upstream;
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
asio::awaitable<RawClient::Conversation> RawClient::converse(Stream& stream, const RawRequest& asked)
{
    const bool by_proxy = proxy_ && !tls_;
    http::request<http::string_body> request{http::string_to_verb(asked.method),
                                             (by_proxy ? endpoint_ : base_) + asked.target, 11};
    request.set(http::field::host, authority_);
    if (by_proxy && !proxy_->authorization.empty())
        request.set(http::field::proxy_authorization, proxy_->authorization);
    request.set(http::field::user_agent, "hfasync-cache");
    request.set(http::field::accept, "application/json, */*");
    if (asked.token.kind() == hfasync::Token::Kind::text)
        request.set(http::field::authorization, "Bearer " + asked.token.text());
    if (!asked.content_type.empty()) request.set(http::field::content_type, asked.content_type);
    request.body() = asked.body;
    if (asked.method == "POST") request.prepare_payload();

    auto& connection = beast::get_lowest_layer(stream);
    connection.expires_after(wait_);
    co_await http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    Parser parser;
    parser.body_limit(most_bytes);
    parser.header_limit(64u << 10);
    if (asked.method == "HEAD") parser.skip(true);
    connection.expires_after(wait_);
    co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    Conversation done{{parser.get().result_int(), headers_of(parser.get(), endpoint_), {}}, false};
    done.answer.body = co_await read_body(stream, buffer, parser, memory_, wait_);
    done.goes_on = parser.keep_alive() && buffer.size() == 0;
    co_return done;
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

template <class Stream>
asio::awaitable<std::unique_ptr<Stream>> RawClient::connect() const
{
    constexpr bool secure = std::is_same_v<Stream, Secure>;
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto addresses = co_await resolver.async_resolve(
        proxy_ ? proxy_->host : host_, proxy_ ? proxy_->port : port_, asio::use_awaitable);
    std::unique_ptr<Stream> stream;
    if constexpr (secure)
        stream = std::make_unique<Stream>(executor, *context_);
    else
        stream = std::make_unique<Stream>(executor);
    auto& connection = beast::get_lowest_layer(*stream);
    connection.expires_after(connect_limit);
    co_await connection.async_connect(addresses, asio::use_awaitable);
    if constexpr (secure) {
        stream->set_verify_callback(asio::ssl::host_name_verification(host_));
        SSL_set_tlsext_host_name(stream->native_handle(), host_.c_str());
        if (proxy_) co_await open_tunnel(connection);
        co_await stream->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    }
    co_return stream;
}

template <class Stream>
asio::awaitable<RawAnswer> RawClient::ask_on(IdleConnections<Stream>& idle, const RawRequest& request)
{
    auto stream = idle.take();
    std::optional<Conversation> done;
    if (stream) {
        try {
            done = co_await converse(*stream, request);
        } catch (const hfasync::Error&) {
            throw;
        } catch (const boost::system::system_error& error) {
            if (!is_end(error.code())) throw;
        }
    }
    if (!done) {
        stream = co_await connect<Stream>();
        done = co_await converse(*stream, request);
    }
    if (done->goes_on) idle.keep(std::move(stream));
    co_return std::move(done->answer);
}

asio::awaitable<RawAnswer> RawClient::ask(RawRequest request)
{
    try {
        if (tls_) co_return co_await ask_on(secure_, request);
        co_return co_await ask_on(plain_, request);
    } catch (const hfasync::Error&) {
        throw; // told in words already
    } catch (const boost::system::system_error& error) {
        raise(error, endpoint_);
    }
}

} // namespace cache_server
