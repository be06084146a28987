#include <memory>
#include <string>

#include <hfasync/error.hpp>
#include <hfasync/generator.hpp>

#include "unit/async/run.hpp"

using namespace hfasync;
namespace asio = boost::asio;
using hfasync::test::run;

namespace {

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

BOOST_AUTO_TEST_CASE(an_awaitable_of_a_temporary_keeps_it)
{
    int asked = 0, sum = 0;
    auto all = pages({{{1, 2}}, {{3}}}, asked).collect();
    auto first = pages({{{4}}}, asked).next();
    auto each = pages({{{5, 6}}}, asked).for_each([&](int item) { sum += item; });
    BOOST_TEST(asked == 0);
    BOOST_TEST(run(std::move(all)) == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
    asked = 0;
    BOOST_TEST(run(std::move(first)).value() == 4);
    asked = 0;
    run(std::move(each));
    BOOST_TEST(sum == 11);
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

BOOST_AUTO_TEST_CASE(a_buffered_item_does_not_return_to_the_event_loop)
{
    struct Big : PageSource<int> {
        bool given = false;
        asio::awaitable<std::optional<std::vector<int>>> next_page() override
        {
            if (std::exchange(given, true)) co_return std::nullopt;
            co_return std::vector<int>(1'000, 1);
        }
    };
    asio::io_context context;
    int sum = 0;
    asio::co_spawn(
        context,
        [](AsyncGenerator<int> items, int* into) -> asio::awaitable<void> {
            while (auto item = co_await items.next())
                *into += *item;
        }(AsyncGenerator<int>(std::make_unique<Big>()), &sum),
        asio::detached);
    BOOST_TEST(context.run() < 5u); // what the event loop ran
    BOOST_TEST(sum == 1'000);
}

BOOST_AUTO_TEST_CASE(what_nobody_will_take_is_told_to_the_source)
{
    struct Told : PageSource<int> {
        explicit Told(std::size_t* most) : most_(most) {}
        asio::awaitable<std::optional<std::vector<int>>> next_page() override
        {
            co_return std::vector<int>{1, 2, 3};
        }
        void expect_at_most(std::size_t n) override { *most_ = n; }
        std::size_t* most_;
    };
    std::size_t most = 99;
    const auto source = [&most] { return AsyncGenerator<int>(std::make_unique<Told>(&most)); };
    auto five = source().take(5);
    BOOST_TEST(most == 5u);
    auto two = std::move(five).take(7).take(2);
    BOOST_TEST(most == 2u);
    auto texts = source().transform([](int i) { return std::to_string(i); }).take(4);
    BOOST_TEST(most == 4u);
    auto begun = source();
    BOOST_TEST(run(begun.next()).value() == 1);
    auto rest = std::move(begun).take(3); // two of them are here already
    BOOST_TEST(most == 1u);
    most = 99;
    auto some = source().filter([](int i) { return i > 1; }).take(1); // how many fit, nobody knows
    BOOST_TEST(most == 99u);
}

BOOST_AUTO_TEST_SUITE_END()
