// Listings that go on at the `next` of their Link header.
#pragma once

#include <boost/json/array.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <hfasync/generator.hpp>

#include "api/common/call.hpp"

namespace hfasync::detail {

/// The target of rel="next"; nullopt when there is none.
std::optional<std::string> next_link(const http::Headers& headers);

/// Asks for one page after the other. A page that fails is asked for again by the policies of http::Client;
/// GET is safe to repeat.
class PageWalk {
public:
    /// Makes the first request; what it throws for bad arguments comes out of the first next().
    using First = std::function<http::Request()>;

    PageWalk(HubPtr hub, First first, http::ErrorScope scope)
        : hub_(std::move(hub)), first_(std::move(first)), scope_(std::move(scope))
    {
    }
    /// The same for an answer that is the only page, whatever its Link says.
    static PageWalk single(HubPtr hub, First first, http::ErrorScope scope)
    {
        PageWalk walk(std::move(hub), std::move(first), std::move(scope));
        walk.single_ = true;
        return walk;
    }

    struct Page {
        boost::json::array items;
        DecodeContext context;
    };
    /// nullopt after the last page. \throws BadResponseError when the Link leaves the first page's origin
    /// (the token must not) or points to a page that was there already.
    boost::asio::awaitable<std::optional<Page>> next();

private:
    void follow(const http::Response& response, const DecodeContext& context);

    HubPtr hub_;
    First first_; ///< null once it was asked for
    http::ErrorScope scope_;
    std::optional<http::Request> upcoming_;
    std::unordered_set<std::size_t> seen_; ///< hashes of the URLs so far
    std::uint64_t number_ = 0;
    bool single_ = false;
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
        std::vector<T> items;
        const auto count = std::min<std::uint64_t>(page->items.size(), left_);
        items.reserve(count);
        DecodeContext context = page->context;
        for (std::size_t i = 0; i < count; ++i) {
            context.root = page->context.root + "[" + std::to_string(i) + "]";
            items.push_back(read_(std::move(page->items[i]), context));
        }
        left_ -= count;
        co_return items;
    }

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
