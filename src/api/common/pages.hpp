// Listings that go on at the `next` of their Link header.
#pragma once

#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/generator.hpp>

#include "api/common/call.hpp"
#include "async/ahead.hpp"

namespace hfasync::detail {

/// The target of rel="next"; nullopt when there is none.
std::optional<std::string> next_link(const http::Headers& headers);

/// A page of a listing, parsed.
struct Page {
    boost::json::array items; ///< in a monotonic resource of its own
    DecodeContext context;
};
/// \throws BadResponseError for what is no JSON, and for JSON that is no list
Page parse_page(std::string_view text, DecodeContext context);

/// Decodes the first `count` items.
template <class T>
std::vector<T> read_page(Page page, std::size_t count,
                         const std::function<T(boost::json::value&&, const DecodeContext&)>& read)
{
    std::vector<T> items;
    items.reserve(count);
    DecodeContext context = page.context;
    for (std::size_t i = 0; i < count; ++i) {
        context.root = page.context.root + "[" + std::to_string(i) + "]";
        items.push_back(read(std::move(page.items[i]), context));
    }
    return items;
}

/// Asks for one page after the other. A page that fails on the way is asked for again by the policies of
/// http::Client; GET is safe to repeat.
class PageWalk {
public:
    /// Makes the first request; what it throws for bad arguments comes out of the first next().
    using First = std::function<http::Request()>;

    PageWalk(HubPtr hub, First first, http::ErrorScope scope);
    /// The same for an answer that is the only page, whatever its Link says.
    static PageWalk single(HubPtr hub, First first, http::ErrorScope scope);

    /// nullopt after the last page. \throws BadResponseError when the Link of the page before leaves the
    /// first page's origin (the token must not) or points to a page that was there already
    boost::asio::awaitable<std::optional<Page>> next();
    /// Begins to fetch the page after the one that next() gave last, unless HubOptions::prefetch is off.
    void go_ahead(boost::asio::any_io_executor executor);

private:
    /// A page as it came: parsing waits until somebody wants it, since text is smaller than its DOM.
    struct Raw {
        std::string text;
        DecodeContext context;
    };
    struct State;
    static boost::asio::awaitable<std::optional<Raw>> fetch(std::shared_ptr<State> state);

    std::shared_ptr<State> state_; ///< shared with the page that is being fetched ahead
    Ahead<std::optional<Raw>> ahead_;
};

/// A listing of T over PageWalk, at most `limit` items.
template <class T>
class Listing final : public PageSource<T> {
public:
    using Read = std::function<T(boost::json::value&&, const DecodeContext&)>;

    Listing(PageWalk walk, Read read, std::optional<std::uint64_t> limit = {})
        : walk_(std::move(walk)), read_(std::move(read)), left_(limit.value_or(~std::uint64_t{0}))
    {
    }

    boost::asio::awaitable<std::optional<std::vector<T>>> next_page() override
    {
        if (left_ == 0) co_return std::nullopt; // limit=0 asks for nothing; a limit that is met, for no more
        auto page = co_await walk_.next();
        if (!page) co_return std::nullopt;
        const auto count = std::min<std::uint64_t>(page->items.size(), left_);
        left_ -= count;
        // The server makes the next page while this one is decoded and consumed.
        if (left_ > 0) walk_.go_ahead(co_await boost::asio::this_coro::executor);
        co_return read_page<T>(std::move(*page), count, read_);
    }

    void expect_at_most(std::size_t n) override { left_ = std::min<std::uint64_t>(left_, n); }

private:
    PageWalk walk_;
    Read read_;
    std::uint64_t left_;
};

template <class T>
AsyncGenerator<T> listing(PageWalk walk, typename Listing<T>::Read read,
                          std::optional<std::uint64_t> limit = {})
{
    return AsyncGenerator<T>(std::make_unique<Listing<T>>(std::move(walk), std::move(read), limit));
}

} // namespace hfasync::detail
