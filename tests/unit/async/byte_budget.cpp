#include "async/byte_budget.hpp"

#include <boost/asio.hpp>

#include <hfasync/error.hpp>

#include "unit/async/run.hpp"

BOOST_AUTO_TEST_SUITE(async_byte_budget)

namespace asio = boost::asio;
using hfasync::detail::Budget;

BOOST_AUTO_TEST_CASE(grants_up_to_the_total_and_gives_back)
{
    Budget budget(10);
    Budget::Grant a;
    Budget::Grant b;
    BOOST_TEST(budget.try_acquire(6, a));
    BOOST_TEST(!budget.try_acquire(5, b));
    BOOST_TEST(budget.try_acquire(4, b));
    BOOST_TEST(budget.in_use() == 10u);
    a.release();
    BOOST_TEST(budget.in_use() == 4u);
    b = Budget::Grant{};
    BOOST_TEST(budget.in_use() == 0u);
    BOOST_TEST(budget.peak() == 10u);
}

BOOST_AUTO_TEST_CASE(a_request_beyond_the_total_is_granted_alone)
{
    Budget budget(10);
    Budget::Grant small;
    Budget::Grant big;
    BOOST_TEST(budget.try_acquire(1, small));
    BOOST_TEST(!budget.try_acquire(100, big));
    small.release();
    BOOST_TEST(budget.try_acquire(100, big));
    BOOST_TEST(!budget.try_acquire(1, small));
}

BOOST_AUTO_TEST_CASE(waiters_are_served_in_order)
{
    asio::io_context context;
    Budget budget(2);
    Budget::Grant held;
    BOOST_REQUIRE(budget.try_acquire(2, held));
    std::vector<int> order;
    const auto waiter = [&](int name, std::uint64_t amount) -> asio::awaitable<void> {
        const auto grant = co_await budget.acquire(amount);
        order.push_back(name);
        co_await asio::post(asio::use_awaitable);
    };
    asio::co_spawn(context, waiter(1, 2), asio::detached);
    asio::co_spawn(context, waiter(2, 1), asio::detached);
    asio::co_spawn(context, waiter(3, 1), asio::detached);
    context.poll();
    BOOST_TEST(order.empty());
    Budget::Grant stranger;
    held.release();
    BOOST_TEST(!budget.try_acquire(1, stranger)); // does not overtake the line
    context.run_for(std::chrono::seconds(10));
    BOOST_TEST(order == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(budget.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_leaves_the_line)
{
    asio::io_context context;
    Budget budget(1);
    Budget::Grant held;
    BOOST_REQUIRE(budget.try_acquire(1, held));
    asio::cancellation_signal signal;
    bool cancelled = false;
    bool second = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            try {
                (void)co_await budget.acquire(1);
            } catch (const hfasync::CancelledError&) {
                cancelled = true;
            }
        },
        asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            (void)co_await budget.acquire(1);
            second = true;
        },
        asio::detached);
    context.poll();
    signal.emit(asio::cancellation_type::terminal);
    context.restart();
    context.poll();
    BOOST_TEST(cancelled);
    BOOST_TEST(!second);
    held.release();
    context.restart();
    context.run_for(std::chrono::seconds(10));
    BOOST_TEST(second);
    BOOST_TEST(budget.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(many_threads_never_pass_the_total)
{
    asio::io_context context;
    Budget budget(4);
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    std::atomic<int> done{0};
    for (int i = 0; i < 200; ++i)
        asio::co_spawn(
            context,
            [&]() -> asio::awaitable<void> {
                for (int round = 0; round < 20; ++round) {
                    const auto grant = co_await budget.acquire(1);
                    const int inside = ++now;
                    int seen = most.load();
                    while (inside > seen && !most.compare_exchange_weak(seen, inside)) {
                    }
                    co_await asio::post(asio::use_awaitable);
                    --now;
                }
                ++done;
            },
            asio::detached);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { context.run_for(std::chrono::seconds(20)); });
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(done.load() == 200);
    BOOST_TEST(most.load() <= 4);
    BOOST_TEST(budget.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(destroying_the_context_destroys_a_parked_waiter)
{
    Budget budget(1);
    Budget::Grant held;
    BOOST_REQUIRE(budget.try_acquire(1, held));
    const auto alive = std::make_shared<int>(0);
    {
        asio::io_context context;
        asio::co_spawn(
            context,
            [](Budget& wanted, std::shared_ptr<int>) -> asio::awaitable<void> {
                (void)co_await wanted.acquire(1);
            }(budget, alive),
            asio::detached);
        context.poll();
        BOOST_TEST(alive.use_count() > 1);
    }
    BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
