// AsyncGenerator<T>: a paginated listing that is awaited item by item.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace hfasync {

namespace detail {
struct GeneratorAccess;
}

/// Where an AsyncGenerator gets its items: a page at a time.
template <class T>
class PageSource {
public:
    virtual ~PageSource() = default;
    /// The next page; empty optional at the end. An empty page is not the end.
    virtual boost::asio::awaitable<std::optional<std::vector<T>>> next_page() = 0;
    /// Nobody will take more than n items from here on: what follows them need not be fetched.
    virtual void expect_at_most(std::size_t n) { (void)n; }
};

/// A move-only, single-consumer sequence of T. Nothing is requested before the first next().
///
/// An item that has already arrived costs no suspension of the caller beyond one coroutine frame. The next
/// page is fetched while the current one is consumed (HubOptions::prefetch): one or two pages are in memory.
/// *Errors*: next() throws what the page's request threw; afterwards the generator is at its end.
/// *Cancellation*: of a pending next(), terminal; the generator is then at its end.
/// *Lifetime*: owns all it needs; may outlive the HfApi that made it. Destroying it cancels the page that is
/// being fetched ahead. An awaitable of a temporary generator (`api.list_models().collect()`) keeps it, and
/// may be awaited later; an awaitable of a named one refers to it.
template <class T>
class AsyncGenerator {
public:
    using value_type = T;

    AsyncGenerator() = default; ///< an empty sequence
    explicit AsyncGenerator(std::unique_ptr<PageSource<T>> source) : source_(std::move(source)) {}
    AsyncGenerator(AsyncGenerator&&) noexcept = default;
    AsyncGenerator& operator=(AsyncGenerator&&) noexcept = default;

    /// The next item; nullopt at the end.
    boost::asio::awaitable<std::optional<T>> next() &
    {
        while (position_ >= page_.size()) {
            if (!source_) co_return std::nullopt;
            auto source = std::move(source_); // lost if the page throws: the sequence has ended
            auto page = co_await source->next_page();
            if (!page) co_return std::nullopt;
            page_ = std::move(*page);
            position_ = 0;
            source_ = std::move(source);
        }
        co_return std::move(page_[position_++]);
    }
    boost::asio::awaitable<std::optional<T>> next() && { return next_of(std::move(*this)); }

    /// Calls f(T) for each item; f may return void, bool (false stops) or awaitable<void>.
    template <class F>
    boost::asio::awaitable<void> for_each(F f) &;
    template <class F>
    boost::asio::awaitable<void> for_each(F f) &&
    {
        return for_each_of(std::move(*this), std::move(f));
    }
    /// Everything that is left, at most `limit` items.
    boost::asio::awaitable<std::vector<T>> collect(std::size_t limit = static_cast<std::size_t>(-1)) &;
    boost::asio::awaitable<std::vector<T>> collect(std::size_t limit = static_cast<std::size_t>(-1)) &&
    {
        return collect_of(std::move(*this), limit);
    }

    /// At most n items; the page after the n-th item is never requested (after a filter() it may be fetched
    /// ahead).
    AsyncGenerator take(std::size_t n) &&;
    AsyncGenerator filter(std::function<bool(const T&)> keep) &&;
    template <class F>
    auto transform(F f) && -> AsyncGenerator<std::decay_t<std::invoke_result_t<F&, T&&>>>;

    /// Items that next() returns without a request.
    std::size_t buffered() const noexcept { return page_.size() - position_; }

private:
    friend struct detail::GeneratorAccess;
    template <class F>
    static boost::asio::awaitable<void> for_each_of(AsyncGenerator self, F f)
    {
        co_await self.for_each(std::move(f));
    }
    static boost::asio::awaitable<std::optional<T>> next_of(AsyncGenerator self)
    {
        co_return co_await self.next();
    }
    static boost::asio::awaitable<std::vector<T>> collect_of(AsyncGenerator self, std::size_t limit)
    {
        co_return co_await self.collect(limit);
    }
    /// What is buffered, then the source: how the adaptors see a generator.
    boost::asio::awaitable<std::optional<std::vector<T>>> rest_page();

    std::unique_ptr<PageSource<T>> source_;
    std::vector<T> page_;
    std::size_t position_ = 0;
};

} // namespace hfasync

#include <hfasync/impl/generator.hpp>
