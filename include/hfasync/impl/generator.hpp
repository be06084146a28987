// Bodies of <hfasync/generator.hpp>.
#pragma once

#include <algorithm>
#include <iterator>

namespace hfasync {
namespace detail {

struct GeneratorAccess {
    template <class T>
    static boost::asio::awaitable<std::optional<std::vector<T>>> rest_page(AsyncGenerator<T>& generator)
    {
        return generator.rest_page();
    }
    template <class T>
    static void expect_at_most(AsyncGenerator<T>& generator, std::size_t n)
    {
        const auto here = generator.buffered();
        if (generator.source_) generator.source_->expect_at_most(n > here ? n - here : 0);
    }
};

/// The first n items of a generator.
template <class T>
class TakePages final : public PageSource<T> {
public:
    TakePages(AsyncGenerator<T> from, std::size_t left) : from_(std::move(from)), left_(left)
    {
        GeneratorAccess::expect_at_most(from_, left_);
    }

    boost::asio::awaitable<std::optional<std::vector<T>>> next_page() override
    {
        if (left_ == 0) co_return std::nullopt;
        auto page = co_await GeneratorAccess::rest_page(from_);
        if (!page) co_return std::nullopt;
        if (page->size() > left_)
            page->erase(page->begin() + static_cast<std::ptrdiff_t>(left_), page->end());
        left_ -= page->size();
        if (left_ == 0) from_ = {}; // let go of what the source holds
        co_return page;
    }

    void expect_at_most(std::size_t n) override
    {
        left_ = std::min(left_, n);
        GeneratorAccess::expect_at_most(from_, left_);
    }

private:
    AsyncGenerator<T> from_;
    std::size_t left_;
};

/// The items of a generator that pass a test.
template <class T>
class FilterPages final : public PageSource<T> {
public:
    FilterPages(AsyncGenerator<T> from, std::function<bool(const T&)> keep)
        : from_(std::move(from)), keep_(std::move(keep))
    {
    }

    boost::asio::awaitable<std::optional<std::vector<T>>> next_page() override
    {
        auto page = co_await GeneratorAccess::rest_page(from_);
        if (page) std::erase_if(*page, [this](const T& item) { return !keep_(item); });
        co_return page;
    }

private:
    AsyncGenerator<T> from_;
    std::function<bool(const T&)> keep_;
};

/// The items of a generator, each turned into a U.
template <class T, class U, class F>
class TransformPages final : public PageSource<U> {
public:
    TransformPages(AsyncGenerator<T> from, F f) : from_(std::move(from)), f_(std::move(f)) {}

    boost::asio::awaitable<std::optional<std::vector<U>>> next_page() override
    {
        auto page = co_await GeneratorAccess::rest_page(from_);
        if (!page) co_return std::nullopt;
        std::vector<U> out;
        out.reserve(page->size());
        for (T& item : *page)
            out.push_back(std::invoke(f_, std::move(item)));
        co_return out;
    }

    void expect_at_most(std::size_t n) override { GeneratorAccess::expect_at_most(from_, n); }

private:
    AsyncGenerator<T> from_;
    F f_;
};

} // namespace detail

template <class T>
boost::asio::awaitable<std::optional<std::vector<T>>> AsyncGenerator<T>::rest_page()
{
    if (position_ < page_.size()) {
        page_.erase(page_.begin(), page_.begin() + static_cast<std::ptrdiff_t>(position_));
        position_ = 0;
        co_return std::exchange(page_, {});
    }
    if (!source_) co_return std::nullopt;
    auto source = std::move(source_); // lost if the page throws: the sequence has ended
    auto page = co_await source->next_page();
    if (page) source_ = std::move(source);
    co_return page;
}

template <class T>
template <class F>
boost::asio::awaitable<void> AsyncGenerator<T>::for_each(F f) &
{
    using Returned = std::invoke_result_t<F&, T&&>;
    while (true) {
        while (position_ < page_.size()) {
            T& item = page_[position_++];
            if constexpr (std::is_void_v<Returned>)
                f(std::move(item));
            else if constexpr (std::is_same_v<Returned, bool>) {
                if (!f(std::move(item))) co_return;
            } else {
                co_await f(std::move(item));
            }
        }
        auto page = co_await rest_page();
        if (!page) co_return;
        page_ = std::move(*page);
        position_ = 0;
    }
}

template <class T>
boost::asio::awaitable<std::vector<T>> AsyncGenerator<T>::collect(std::size_t limit) &
{
    std::vector<T> out;
    while (out.size() < limit) {
        if (position_ >= page_.size()) {
            auto page = co_await rest_page();
            if (!page) break;
            page_ = std::move(*page);
            position_ = 0;
        }
        const auto count = std::min(limit - out.size(), page_.size() - position_);
        const auto first = page_.begin() + static_cast<std::ptrdiff_t>(position_);
        out.insert(out.end(), std::make_move_iterator(first),
                   std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
        position_ += count;
    }
    co_return out;
}

template <class T>
AsyncGenerator<T> AsyncGenerator<T>::take(std::size_t n) &&
{
    return AsyncGenerator(std::make_unique<detail::TakePages<T>>(std::move(*this), n));
}

template <class T>
AsyncGenerator<T> AsyncGenerator<T>::filter(std::function<bool(const T&)> keep) &&
{
    return AsyncGenerator(std::make_unique<detail::FilterPages<T>>(std::move(*this), std::move(keep)));
}

template <class T>
template <class F>
auto AsyncGenerator<T>::transform(F f) && -> AsyncGenerator<std::decay_t<std::invoke_result_t<F&, T&&>>>
{
    using U = std::decay_t<std::invoke_result_t<F&, T&&>>;
    return AsyncGenerator<U>(
        std::make_unique<detail::TransformPages<T, U, F>>(std::move(*this), std::move(f)));
}

} // namespace hfasync
