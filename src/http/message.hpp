// Requests, responses and bodies as the rest of the library sees them. No Beast here.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>

#include "http/url.hpp"
#include "policy/retry.hpp"

namespace hfasync::http {

enum class Method { get, head, post, put, patch, delete_ };
std::string_view to_string(Method method) noexcept;

/// Header fields in order; names compare without case. The one checked setter: CR, LF and control bytes are
/// refused with ValueError before anything is sent.
class Headers {
public:
    void set(std::string name, std::string value); ///< replaces
    void add(std::string name, std::string value);
    void erase(std::string_view name);
    /// A field of a response: the parser has checked its syntax; it is never sent again as it is.
    void add_received(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
    /// The first value; nullopt when absent.
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    std::string_view get(std::string_view name) const noexcept
    {
        return find(name).value_or(std::string_view{});
    }
    const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// A request body that is read while it is sent. Bodies of retried requests are opened again.
class BodySource {
public:
    virtual ~BodySource() = default;
    /// Exact size, or nullopt for chunked.
    virtual std::optional<std::uint64_t> size() const = 0;
    /// Back to the first byte. false: cannot be sent twice.
    virtual bool rewind() = 0;
    /// Fills `into` from the current position; 0 at the end. Disk reads run on the worker pool.
    virtual boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) = 0;
    /// The next bytes without a copy, for sources that hold them (memory); empty: use read().
    virtual boost::asio::const_buffer peek() { return {}; }
    virtual void consume(std::size_t) {}
};
std::shared_ptr<BodySource> text_body(std::string content);

/// What the transport may repeat: safe, unsent, never.
using detail::Replay;

enum class Redirects {
    follow,        ///< up to 10; the token only to the endpoint's origin
    relative_only, ///< follow Locations without a host; return the response for others
    none,
};

/// Whose token goes along.
struct Auth {
    Token token;         ///< the call's own argument
    bool never = false;  ///< a method that never sends one
    bool always = false; ///< whoami: asks for one whatever the client says; LocalTokenNotFoundError without
    std::optional<std::string> origin; ///< in place of the endpoint's: Inference Endpoint calls
};

struct Request {
    Method method = Method::get;
    Url url;
    Headers headers;                  ///< of this call; win over the client's
    std::shared_ptr<BodySource> body; ///< null: none
    Auth auth;
    Replay replay = Replay::safe;
    Redirects redirects = Redirects::follow;
    std::optional<Timeouts> timeouts; ///< in place of the Hub's
    std::optional<int> max_retries;
    std::optional<ProxyOptions> proxy;          ///< in place of the Hub's (per-call proxies)
    std::function<void(std::uint64_t)> on_sent; ///< bytes of the body sent so far in this attempt
};

/// A response whose head has arrived; the body is read by the caller. Move-only; dropping it before the end
/// of the body closes the connection, otherwise it goes back to the pool by itself.
class Response {
public:
    struct Stream; ///< the connection
    Response() = default;
    Response(Response&&) noexcept;
    Response& operator=(Response&&) noexcept;
    ~Response();

    int status = 0;
    Headers headers;
    Url url; ///< after redirects
    Method method = Method::get;
    std::optional<std::uint64_t> content_length; ///< nullopt for chunked or to the end of the connection
    std::string request_id;

    /// Reads some of the body into `into`; 0 at its end. Content-Length bodies come straight from the stream
    /// (no parser, no copy). A body that ends early throws ConnectionError (errc::connection_lost).
    boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into);
    /// The whole body as text, at most `most` bytes (default 256 MiB), else BadResponseError.
    boost::asio::awaitable<std::string> read_all(std::size_t most = 256u << 20);
    /// Reads and drops what is left, if little, so that the connection can be used again.
    boost::asio::awaitable<void> drain();

    std::shared_ptr<Stream> stream;
};

} // namespace hfasync::http
