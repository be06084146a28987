#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <hfasync/task_graph.hpp>

using namespace hfasync;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using Item = TaskGraph::Item;
using Outcome = TaskGraph::Outcome;
using Outcomes = std::vector<Outcome>;

/// Jumps to the time that is waited for.
class JumpingClock final : public Clock {
public:
    Steady::time_point now() const override { return now_; }
    asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        ++sleeps;
        now_ = std::max(now_, when);
        co_return;
    }
    int sleeps = 0;

private:
    Steady::time_point now_{std::chrono::hours(1)};
};

struct Outcome_of_run {
    std::vector<TaskGraph::Failed> failed;
    std::exception_ptr error;
};

Outcome_of_run run(TaskGraph& graph)
{
    asio::io_context context;
    Outcome_of_run result;
    asio::co_spawn(context, graph.run(),
                   [&](std::exception_ptr error, std::vector<TaskGraph::Failed> failed) {
                       result = {.failed = std::move(failed), .error = error};
                   });
    context.run_for(20s);
    BOOST_REQUIRE(context.stopped());
    return result;
}

asio::awaitable<void> step()
{
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

Outcomes all(const std::vector<Item>& items, Outcome outcome)
{
    Outcomes outcomes;
    for (const Item item : items) {
        outcome.item = item;
        outcomes.push_back(outcome);
    }
    return outcomes;
}

PriorityScheduler two_kinds()
{
    return PriorityScheduler({{.kind = 1, .batch = 10, .at_least = 10, .max_running = 1},
                              {.kind = 0, .batch = 2},
                              {.kind = 1, .batch = 10, .max_running = 1, .only_if_others_empty = true}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(async_task_graph)

BOOST_AUTO_TEST_CASE(every_item_goes_through_its_kinds_once)
{
    std::map<Item, int> first, second;
    std::size_t together = 0, most_together = 0, largest = 0;
    TaskGraph graph({{.name = "first",
                      .work = [&](std::vector<Item> items) -> asio::awaitable<Outcomes> {
                          most_together = std::max(most_together, ++together);
                          co_await step();
                          for (const Item item : items)
                              ++first[item];
                          --together;
                          co_return all(items, {.next = Outcome::Next::queue, .kind = 1});
                      }},
                     {.name = "second",
                      .work = [&](std::vector<Item> items) -> asio::awaitable<Outcomes> {
                          largest = std::max(largest, items.size());
                          co_await step();
                          for (const Item item : items)
                              ++second[item];
                          co_return Outcomes{}; // not mentioned: done
                      }}},
                    two_kinds(), {.workers = 3});
    for (Item item = 0; item < 95; ++item)
        graph.add(0, item);
    const auto result = run(graph);
    BOOST_CHECK(!result.error);
    BOOST_CHECK(result.failed.empty());
    BOOST_TEST(first.size() == 95u);
    BOOST_TEST(second.size() == 95u);
    BOOST_CHECK(std::all_of(second.begin(), second.end(), [](const auto& one) { return one.second == 1; }));
    BOOST_TEST(most_together <= 3u);
    BOOST_TEST(most_together >= 2u);
    BOOST_TEST(largest <= 10u);
}

BOOST_AUTO_TEST_CASE(weights_fill_a_batch)
{
    std::vector<std::size_t> batches;
    TaskGraph graph({{.name = "only",
                      .work = [&](std::vector<Item> items) -> asio::awaitable<Outcomes> {
                          batches.push_back(items.size());
                          co_return Outcomes{};
                      },
                      .weight = [](Item item) { return item == 0 ? std::size_t{100} : std::size_t{3}; }}},
                    PriorityScheduler({{.kind = 0, .batch = 10}}), {.workers = 1});
    for (Item item = 0; item < 7; ++item)
        graph.add(0, item);
    run(graph);
    // The heavy one alone, then as many as fit into 10.
    BOOST_TEST(batches == (std::vector<std::size_t>{1, 3, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_retry_comes_back_later_and_not_for_ever)
{
    const auto clock = std::make_shared<JumpingClock>();
    std::map<Item, int> tries;
    TaskGraph graph(
        {{.name = "flaky",
          .work = [&](std::vector<Item> items) -> asio::awaitable<Outcomes> {
              Outcomes outcomes;
              for (const Item item : items)
                  if (++tries[item] < 3 || item == 7)
                      outcomes.push_back({.item = item,
                                          .next = Outcome::Next::retry,
                                          .error = std::make_exception_ptr(std::runtime_error("again"))});
              co_return outcomes;
          }}},
        PriorityScheduler({{.kind = 0, .batch = 4}}), {.workers = 2, .max_attempts = 5, .clock = clock});
    const auto began = clock->now();
    for (Item item = 0; item < 10; ++item)
        graph.add(0, item);
    const auto result = run(graph);
    BOOST_CHECK(!result.error);
    BOOST_REQUIRE_EQUAL(result.failed.size(), 1u);
    BOOST_TEST(result.failed[0].item == 7u);
    BOOST_TEST(tries[7] == 5);
    BOOST_TEST(tries[0] == 3);
    BOOST_CHECK(clock->now() - began >= 500ms + 1s + 2s + 4s); // half of 1, 2, 4, 8 s at least
}

BOOST_AUTO_TEST_CASE(a_timed_rule_wakes_by_the_clock)
{
    const auto clock = std::make_shared<JumpingClock>();
    std::vector<Clock::Steady::time_point> commits;
    // Kind 0 commits at once the first time; afterwards only a minute after the last.
    TaskGraph graph({{.name = "commit",
                      .work = [&](std::vector<Item>) -> asio::awaitable<Outcomes> {
                          commits.push_back(clock->now());
                          co_return Outcomes{};
                      }}},
                    PriorityScheduler({{.kind = 0, .batch = 2, .at_least = 5, .max_running = 1},
                                       {.kind = 0, .batch = 2, .max_running = 1, .older_than = 1min}}),
                    {.workers = 3, .clock = clock});
    for (Item item = 0; item < 5; ++item)
        graph.add(0, item);
    run(graph);
    BOOST_REQUIRE_EQUAL(commits.size(), 3u);
    BOOST_CHECK(commits[1] - commits[0] == 1min);
    BOOST_CHECK(commits[2] - commits[1] == 1min);
}

BOOST_AUTO_TEST_CASE(equal_answers_of_the_server_end_the_run)
{
    int tried = 0;
    TaskGraph graph(
        {{.name = "refused",
          .work = [&](std::vector<Item>) -> asio::awaitable<Outcomes> {
              ++tried;
              throw HfHubHTTPError(errc::forbidden, "no", {.status = 403, .server_message = "quota"});
              co_return Outcomes{};
          }}},
        PriorityScheduler({{.kind = 0, .batch = 1}}), {.workers = 1, .stop_after_equal_failures = 3});
    for (Item item = 0; item < 50; ++item)
        graph.add(0, item);
    const auto result = run(graph);
    BOOST_TEST(tried == 3);
    BOOST_TEST(result.failed.size() == 3u);
    BOOST_CHECK(graph.stopped());
}

BOOST_AUTO_TEST_CASE(local_failures_do_not_end_the_run)
{
    TaskGraph graph({{.name = "unreadable",
                      .work = [](std::vector<Item>) -> asio::awaitable<Outcomes> {
                          throw OSError(errc::os_error, "cannot read");
                          co_return Outcomes{};
                      }}},
                    PriorityScheduler({{.kind = 0, .batch = 1}}), {.workers = 2});
    for (Item item = 0; item < 10; ++item)
        graph.add(0, item);
    BOOST_TEST(run(graph).failed.size() == 10u);
    BOOST_CHECK(!graph.stopped());
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_waiting_and_working_workers)
{
    asio::io_context context;
    asio::cancellation_signal signal;
    TaskGraph graph({{.name = "endless",
                      .work = [](std::vector<Item>) -> asio::awaitable<Outcomes> {
                          asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
                          co_await timer.async_wait(asio::use_awaitable);
                          co_return Outcomes{};
                      }}},
                    PriorityScheduler({{.kind = 0, .batch = 1, .max_running = 1}}), {.workers = 3});
    graph.add(0, 0);
    graph.add(0, 1); // the other workers wait
    std::exception_ptr error;
    bool ended = false;
    asio::co_spawn(context, graph.run(),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](std::exception_ptr e, std::vector<TaskGraph::Failed>) {
                                                    error = e;
                                                    ended = true;
                                                }));
    asio::steady_timer soon(context, 10ms);
    soon.async_wait([&](boost::system::error_code) { signal.emit(asio::cancellation_type::terminal); });
    context.run_for(10s);
    BOOST_REQUIRE(ended);
    BOOST_REQUIRE(error);
    BOOST_CHECK_THROW(std::rethrow_exception(error), CancelledError);
}

BOOST_AUTO_TEST_SUITE_END()
