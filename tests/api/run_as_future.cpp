// Calls in the background: in order, one at a time, and no future is left without an outcome.
#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

using namespace hfasync;
namespace asio = boost::asio;

namespace {

constexpr auto soon = std::chrono::seconds(20); // a bound, never a pause

/// What calls did, in order, and how many did it at once.
struct Journal {
    std::mutex mutex;
    std::vector<int> lines;
    std::atomic<int> running = 0, most = 0;
};

asio::awaitable<int> note(Journal* journal, int number)
{
    const int now = ++journal->running;
    if (now > journal->most) journal->most = now;
    for (int i = 0; i < 5; ++i)
        co_await asio::post(asio::use_awaitable);
    {
        const std::scoped_lock lock(journal->mutex);
        journal->lines.push_back(number);
    }
    --journal->running;
    co_return number;
}

asio::awaitable<void> fail()
{
    co_await asio::post(asio::use_awaitable);
    throw ValueError("as told");
}

asio::awaitable<void> never()
{
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<std::unique_ptr<int>> move_only()
{
    co_return std::make_unique<int>(7);
}

/// Ends at once; what it was given lives until then.
asio::awaitable<void> never_mind(HfApi)
{
    co_return;
}

bool is_shut_down(std::future<void>& future)
{
    BOOST_REQUIRE((future.wait_for(soon) == std::future_status::ready));
    try {
        future.get();
    } catch (const RuntimeError& error) {
        return error.code() == errc::shut_down;
    }
    return false;
}

bool in_order(const std::vector<int>& lines)
{
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i] != static_cast<int>(i)) return false;
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_run_as_future)

BOOST_AUTO_TEST_CASE(calls_run_in_order_without_anybody_running_a_loop)
{
    const HfApi api{Hub{}};
    Journal journal;
    std::vector<std::future<int>> futures;
    for (int i = 0; i < 100; ++i)
        futures.push_back(i % 2 == 0 ? api.run_as_future(note(&journal, i))
                                     : api.run_as_future([&journal, i] { return note(&journal, i); }));
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(futures[static_cast<std::size_t>(i)].get() == i);
    BOOST_TEST(journal.lines.size() == 100u);
    BOOST_TEST(in_order(journal.lines));
    BOOST_TEST(journal.most == 1);
}

BOOST_AUTO_TEST_CASE(results_and_exceptions_arrive)
{
    const HfApi api{Hub{}};
    BOOST_TEST(*api.run_as_future(move_only()).get() == 7);
    auto failed = api.run_as_future(fail());
    auto after = api.run_as_future(move_only());
    BOOST_CHECK_THROW(failed.get(), ValueError);
    BOOST_TEST(*after.get() == 7); // a failure does not stop the queue
    const auto refused = []() -> asio::awaitable<int> { throw ValueError("at once"); };
    BOOST_CHECK_THROW(api.run_as_future(refused).get(), ValueError);
    auto owned = std::make_unique<int>(1); // callables need not be copied
    const auto use = [](std::unique_ptr<int> number) -> asio::awaitable<int> { co_return *number; };
    BOOST_TEST(api.run_as_future([owned = std::move(owned), use]() mutable { return use(std::move(owned)); })
                   .get() == 1);
}

BOOST_AUTO_TEST_CASE(calls_of_the_hub)
{
    emulator::Emulator emulator;
    Hub hub{HubOptions{.endpoint = emulator.endpoint(), .token = Token(emulator.token())}};
    const HfApi api{hub};
    const auto id = emulator.user() + "/fresh";
    auto made = api.run_as_future(api.create_repo(id));
    auto branch = api.run_as_future(api.create_branch(id, "dev"));
    auto gone = api.run_as_future(api.delete_repo(id));
    auto late = api.run_as_future(api.create_branch(id, "late"));
    // Other calls go on meanwhile, on this thread.
    BOOST_TEST(hub.block_on(api.whoami())["name"].as_string().value_or("") == emulator.user());
    BOOST_TEST(made.get().repo_id == id);
    branch.get();
    gone.get();
    BOOST_CHECK_THROW(late.get(), RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(the_last_copy_waits)
{
    Journal journal;
    std::future<int> last;
    {
        const HfApi api{Hub{}};
        const HfApi copy = api;
        for (int i = 0; i < 50; ++i)
            last = (i % 2 == 0 ? api : copy).run_as_future(note(&journal, i));
    }
    BOOST_TEST(journal.lines.size() == 50u);
    BOOST_TEST(in_order(journal.lines));
    BOOST_TEST(journal.most == 1);
    BOOST_TEST(last.get() == 49);
}

BOOST_AUTO_TEST_CASE(a_call_that_holds_the_last_copy)
{
    std::future<void> future;
    std::promise<void> begin;
    {
        HfApi api{Hub{}};
        auto started = std::make_shared<std::future<void>>(begin.get_future());
        future = api.run_as_future([copy = api, started]() -> asio::awaitable<void> {
            started->wait();
            return never_mind(copy);
        });
    }
    begin.set_value();
    BOOST_TEST((future.wait_for(soon) == std::future_status::ready));
    future.get();
}

BOOST_AUTO_TEST_CASE(a_closed_hub_ends_what_has_not_begun)
{
    emulator::Emulator emulator;
    Hub hub{HubOptions{.endpoint = emulator.endpoint(), .token = Token(emulator.token())}};
    const HfApi api{hub};
    std::promise<void> begin;
    auto first = api.run_as_future([&]() -> asio::awaitable<void> {
        begin.get_future().wait();
        return never_mind(api);
    });
    auto second = api.run_as_future(api.whoami());
    hub.close();
    begin.set_value();
    first.get();
    try {
        (void)second.get();
        BOOST_ERROR("not refused");
    } catch (const HubError& error) {
        BOOST_TEST((error.code() == errc::shut_down));
    }
}

BOOST_AUTO_TEST_CASE(on_the_callers_executor)
{
    asio::io_context context;
    const HfApi api{Hub{context}};
    Journal journal;
    std::vector<std::future<int>> futures;
    for (int i = 0; i < 10; ++i)
        futures.push_back(api.run_as_future(note(&journal, i)));
    BOOST_TEST(journal.lines.empty()); // nobody runs the loop yet
    context.run();
    BOOST_TEST(in_order(journal.lines));
    BOOST_TEST(journal.most == 1);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(futures[static_cast<std::size_t>(i)].get() == i);
    auto again = api.run_as_future(note(&journal, 10)); // the queue had run dry
    context.restart();
    context.run();
    BOOST_TEST(again.get() == 10);
}

BOOST_AUTO_TEST_CASE(an_executor_that_goes_away)
{
    auto context = std::make_unique<asio::io_context>();
    std::optional<HfApi> api(Hub{*context});
    auto running = api->run_as_future(never());
    auto queued = api->run_as_future(fail());
    context->poll();
    // Without the HfApi what has begun goes on; with the io_context it ends.
    api.reset();
    BOOST_TEST((running.wait_for(std::chrono::seconds(0)) == std::future_status::timeout));
    context.reset();
    BOOST_TEST(is_shut_down(running));
    BOOST_TEST(is_shut_down(queued));
}

BOOST_AUTO_TEST_CASE(from_many_threads)
{
    const HfApi api{Hub{}};
    Journal journal;
    std::vector<std::thread> threads;
    std::atomic<int> sum = 0;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i)
                sum += api.run_as_future(note(&journal, 1)).get();
        });
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(sum == 400);
    BOOST_TEST(journal.most == 1);
}

BOOST_AUTO_TEST_SUITE_END()
