// An answer on its way to a client.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
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

/// A text that its holders share: an answer of megabytes is in several hands on its way.
class SharedText {
public:
    SharedText() = default;
    /// `kept` lives as long as the text.
    SharedText(std::string text, std::shared_ptr<const void> kept = {})
        : content_(std::make_shared<const Content>(Content{std::move(text), std::move(kept)}))
    {
    }
    const std::string& get() const noexcept
    {
        static const std::string none;
        return content_ ? content_->text : none;
    }
    operator const std::string&() const noexcept { return get(); }
    std::size_t size() const noexcept { return get().size(); }
    bool empty() const noexcept { return get().empty(); }
    friend std::string operator+(std::string left, const SharedText& right)
    {
        return std::move(left += right.get());
    }

private:
    struct Content {
        std::string text;
        std::shared_ptr<const void> kept;
    };
    std::shared_ptr<const Content> content_;
};

/// Where an answer came from; the client reads it in X-Cache.
enum class Source { none, hit, miss, stale, bypass };

struct Reply {
    unsigned status = 200;
    Headers headers;
    SharedText text;            ///< the body, when there is no `body`
    std::unique_ptr<Body> body; ///< its bytes are `length`
    std::uint64_t length = 0;
    bool length_known = true; ///< false: no Content-Length in the answer to a HEAD
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
/// An error's text as a header value: its beginning, control bytes and what is not ASCII replaced.
std::string header_text(std::string_view text);
/// A header's value that goes on as it is, but for control bytes.
std::string passed_value(std::string_view value);
std::string_view reason(unsigned status);

} // namespace cache_server
