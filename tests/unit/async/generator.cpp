#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>

#include <hfasync/error.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/impl/outcome.hpp>

using namespace hfasync;
namespace asio = boost::asio;

namespace {

template <class T>
T run(asio::awaitable<T> call)
{
    asio::io_context context;
    std::optional<T> result;
    std::exception_ptr failure;
    detail::start_call(context.get_executor(), detail::store_result(std::move(call), &result),
                       [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(result.value());
}

[[maybe_unused]] void run(asio::awaitable<void> call)
{
    auto as_value = [](asio::awaitable<void> c) -> asio::awaitable<bool> {
        co_await std::move(c);
        co_return true;
    };
    run(as_value(std::move(call)));
}

/// Plays pages; an empty optional throws.
struct Script : PageSource<int> {
    Script(std::vector<std::optional<std::vector<int>>> pages, int* asked)
        : pages_(std::move(pages)), asked_(asked)
    {
    }
    asio::awaitable<std::optional<std::vector<int>>> next_page() override
    {
        const auto page = static_cast<std::size_t>((*asked_)++);
        if (page >= pages_.size()) co_return std::nullopt;
        if (!pages_[page]) throw RuntimeError(errc::runtime, "page failed");
        co_return pages_[page];
    }
    std::vector<std::optional<std::vector<int>>> pages_;
    int* asked_;
};

using Pages = std::vector<std::optional<std::vector<int>>>;

AsyncGenerator<int> pages(Pages script, int& asked)
{
    return AsyncGenerator<int>(std::make_unique<Script>(std::move(script), &asked));
}

} // namespace

BOOST_AUTO_TEST_SUITE(async_generator)

BOOST_AUTO_TEST_CASE(gives_items_of_all_pages_and_asks_late)
{
    int asked = 0;
    auto items = pages({{{1, 2}}, {std::vector<int>{}}, {{3}}}, asked);
    BOOST_TEST(asked == 0);
    BOOST_TEST(run(items.next()).value() == 1);
    BOOST_TEST(asked == 1);
    BOOST_TEST(items.buffered() == 1u);
    BOOST_TEST(run(items.next()).value() == 2);
    BOOST_TEST(asked == 1);
    BOOST_TEST(run(items.next()).value() == 3); // an empty page is not the end
    BOOST_TEST(!run(items.next()).has_value());
    BOOST_TEST(!run(items.next()).has_value());
    BOOST_TEST(asked == 4); // the end is asked for once
    BOOST_TEST(!run(AsyncGenerator<int>().next()).has_value());
}

BOOST_AUTO_TEST_CASE(an_error_ends_the_sequence)
{
    int asked = 0;
    auto items = pages({{{1}}, std::nullopt, {{2}}}, asked);
    BOOST_TEST(run(items.next()).value() == 1);
    BOOST_CHECK_THROW(run(items.next()), RuntimeError);
    BOOST_TEST(!run(items.next()).has_value());
    BOOST_TEST(asked == 2);

    asked = 0;
    auto collected = pages({{{1}}, std::nullopt, {{2}}}, asked);
    BOOST_CHECK_THROW(run(collected.collect()), RuntimeError);
    BOOST_TEST(run(collected.collect()).empty());
}

BOOST_AUTO_TEST_CASE(collect_is_bounded_and_leaves_the_rest)
{
    int asked = 0;
    auto items = pages({{{1, 2, 3}}, {{4, 5}}}, asked);
    BOOST_TEST(run(items.next()).value() == 1);
    BOOST_TEST((run(items.collect(2)) == std::vector<int>{2, 3}));
    BOOST_TEST(asked == 1);
    BOOST_TEST((run(items.collect(1)) == std::vector<int>{4}));
    BOOST_TEST(items.buffered() == 1u);
    BOOST_TEST((run(items.collect()) == std::vector<int>{5}));
    BOOST_TEST(run(items.collect(0)).empty());
}

BOOST_AUTO_TEST_CASE(take_never_asks_for_a_page_beyond_its_last_item)
{
    for (std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{99}}) {
        int asked = 0;
        auto some = pages({{{1, 2}}, {{3, 4}}}, asked).take(n);
        BOOST_TEST(run(some.collect()).size() == std::min<std::size_t>(n, 4));
        BOOST_TEST(asked == (n == 0 ? 0 : n <= 2 ? 1 : n == 3 ? 2 : 3));
    }
    int asked = 0;
    auto items = pages({{{1, 2, 3}}, {{4}}}, asked);
    BOOST_TEST(run(items.next()).value() == 1);
    BOOST_TEST(
        (run(std::move(items).take(2).collect()) == std::vector<int>{2, 3})); // what is buffered comes first
    BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_CASE(filter_and_transform)
{
    int asked = 0;
    auto texts = pages({{{1, 2}}, {{3, 5}}, {{6}}}, asked)
                     .filter([](int i) { return i % 2 == 0; })
                     .transform([](int i) { return std::make_unique<std::string>(std::to_string(i)); });
    BOOST_TEST(asked == 0);
    BOOST_TEST(*run(texts.next()).value() == "2");
    BOOST_TEST(asked == 1);
    BOOST_TEST(*run(texts.next()).value() == "6");
    BOOST_TEST(!run(texts.next()).has_value());
}

BOOST_AUTO_TEST_CASE(for_each_with_each_kind_of_callback)
{
    int asked = 0, sum = 0;
    auto items = pages({{{1, 2}}, {{3, 4}}, {{5}}}, asked);
    run(items.for_each([&](int i) {
        sum += i;
        return i < 2;
    }));
    BOOST_TEST(sum == 3);
    BOOST_TEST(run(items.next()).value() == 3); // goes on where it stopped
    BOOST_CHECK_THROW(run(items.for_each([](int) -> asio::awaitable<void> {
                          throw ValueError("stop");
                          co_return;
                      })),
                      ValueError);
    run(items.for_each([&](int i) { sum += i; })); // what the callback threw at is gone, the rest is not
    BOOST_TEST(sum == 8);
}

BOOST_AUTO_TEST_CASE(a_buffered_item_is_cheap)
{
    struct Big : PageSource<int> {
        bool given = false;
        asio::awaitable<std::optional<std::vector<int>>> next_page() override
        {
            if (std::exchange(given, true)) co_return std::nullopt;
            co_return std::vector<int>(200'000, 1);
        }
    };
    auto count = [](AsyncGenerator<int> items) -> asio::awaitable<int> {
        int sum = 0;
        while (auto item = co_await items.next())
            sum += *item;
        co_return sum;
    };
    const auto start = std::chrono::steady_clock::now();
    BOOST_TEST(run(count(AsyncGenerator<int>(std::make_unique<Big>()))) == 200'000);
    const auto each = (std::chrono::steady_clock::now() - start) / 200'000;
    BOOST_TEST_MESSAGE("ns for an item: " << each.count());
    BOOST_TEST(each.count() < 20'000); // wildly wrong only; bench/micro holds the goal of 200 ns
}

BOOST_AUTO_TEST_SUITE_END()
