// An answer on its way to a client.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/error.hpp>

namespace cache_server {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Where the bytes of a body come from.
class Body {
public:
    virtual ~Body() = default;
    /// The next bytes; empty at the end.
    virtual boost::asio::awaitable<std::string> next() = 0;
};

/// Where an answer came from; the client reads it in X-Cache.
enum class Source { none, hit, miss, stale, bypass };

struct Reply {
    unsigned status = 200;
    Headers headers;
    std::string text;           ///< the body, when there is no `body`
    std::unique_ptr<Body> body; ///< its bytes are `length`
    std::uint64_t length = 0;
    Source source = Source::none;
    bool close = false; ///< the connection is not used again
};

/// A JSON object with "error", and the Hub's error headers.
Reply error_reply(unsigned status, std::string_view code, std::string_view message);
/// What the upstream answered, or 504 when it did not.
Reply error_reply(const hfasync::Error& error);
/// The upstream cannot be asked, or has trouble of its own: what is known here is served in its place.
bool unreachable(hfasync::errc code);
/// Who asked may not see this repo, or nobody may.
bool refuses(hfasync::errc code);
/// The text as a header value: control bytes and what is not ASCII replaced.
std::string header_text(std::string_view text);
std::string_view reason(unsigned status);

} // namespace cache_server
