#include <boost/test/unit_test.hpp>

#include <hfasync/task_graph.hpp>

using namespace hfasync;
using namespace std::chrono_literals;

namespace {

using Time = std::chrono::steady_clock::time_point;
constexpr Time noon{std::chrono::hours(12)};

constexpr TaskKind work = 0;
constexpr TaskKind finish = 1;

SchedulerSnapshot snapshot(std::size_t work_ready, std::size_t work_running, std::size_t finish_ready,
                           std::size_t finish_running = 0, Time finish_last = {})
{
    return {.kinds = {{.ready = work_ready, .running = work_running},
                      {.ready = finish_ready, .running = finish_running, .last_started = finish_last}},
            .workers_idle = 1,
            .workers_total = 4,
            .now = noon};
}

PriorityScheduler scheduler()
{
    return PriorityScheduler({
        {.kind = finish, .batch = 100, .max_running = 1, .older_than = 5min, .why = "late"},
        {.kind = finish, .batch = 100, .at_least = 50, .max_running = 1, .why = "many"},
        {.kind = work, .batch = 3, .only_if_none_running = true, .why = "nobody works"},
        {.kind = work, .batch = 2, .at_least = 10, .why = "much work"},
        {.kind = finish, .batch = 100, .max_running = 1, .only_if_others_empty = true, .why = "the rest"},
    });
}

struct Row {
    const char* what;
    SchedulerSnapshot state;
    std::optional<Assignment> wanted;
};

} // namespace

BOOST_AUTO_TEST_SUITE(async_scheduler)

BOOST_AUTO_TEST_CASE(the_first_rule_that_applies_decides)
{
    const Row rows[] = {
        {"nothing to do", snapshot(0, 0, 0), std::nullopt},
        {"work, nobody works", snapshot(5, 0, 0), Assignment{.kind = work, .count = 3, .rule = 2}},
        {"fewer than a batch", snapshot(1, 0, 0), Assignment{.kind = work, .count = 1, .rule = 2}},
        {"little work, someone works", snapshot(5, 1, 0), std::nullopt},
        {"much work, someone works", snapshot(10, 1, 0), Assignment{.kind = work, .count = 2, .rule = 3}},
        {"many to finish go first", snapshot(10, 0, 50), Assignment{.kind = finish, .count = 50, .rule = 1}},
        {"more than a batch to finish", snapshot(0, 0, 170),
         Assignment{.kind = finish, .count = 100, .rule = 1}},
        {"one finisher at once", snapshot(0, 0, 170, 1), std::nullopt},
        {"few to finish wait for work", snapshot(0, 1, 5), std::nullopt},
        {"few to finish, all else done", snapshot(0, 0, 5),
         Assignment{.kind = finish, .count = 5, .rule = 4}},
        {"never started is not late", snapshot(5, 1, 5), std::nullopt},
        {"late", snapshot(5, 1, 5, 0, noon - 5min), Assignment{.kind = finish, .count = 5, .rule = 0}},
        {"not late yet", snapshot(5, 1, 5, 0, noon - 5min + 1ms), std::nullopt},
        {"late, but nothing to finish", snapshot(0, 1, 0, 0, noon - 1h), std::nullopt},
    };
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.what)
        {
            BOOST_CHECK(scheduler().next(row.state) == row.wanted);
        }
}

BOOST_AUTO_TEST_CASE(the_next_time_is_that_of_a_rule_that_only_waits)
{
    BOOST_CHECK(scheduler().next_time(snapshot(5, 1, 5, 0, noon - 4min)) == noon + 1min);
    BOOST_CHECK(!scheduler().next_time(snapshot(5, 1, 0, 0, noon - 4min))); // nothing would be ready
    BOOST_CHECK(!scheduler().next_time(snapshot(5, 1, 5)));                 // never started
    BOOST_CHECK(!scheduler().next_time(snapshot(5, 1, 5, 1, noon - 4min))); // one runs already
}

BOOST_AUTO_TEST_SUITE_END()
