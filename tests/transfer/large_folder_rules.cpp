#include <boost/test/unit_test.hpp>

#include "transfer/large_folder_rules.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::steady_clock::time_point noon{12h};

struct Counts {
    std::size_t hash = 0, mode = 0, lfs = 0, commit = 0;
};

/// Ready and running files of each kind, and how long ago the last commit began.
SchedulerSnapshot state(Counts ready, Counts running = {}, std::chrono::milliseconds last_commit = {})
{
    SchedulerSnapshot s{.kinds = {{.ready = ready.hash, .running = running.hash},
                                  {.ready = ready.mode, .running = running.mode},
                                  {.ready = ready.lfs, .running = running.lfs},
                                  {.ready = ready.commit, .running = running.commit}},
                        .now = noon};
    if (last_commit.count() > 0) s.kinds[commit_node].last_started = noon - last_commit;
    return s;
}

struct Row {
    const char* what;
    SchedulerSnapshot state;
    int rule; ///< of the documented list, from 1; 0: wait
};

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_large_folder_rules)

BOOST_AUTO_TEST_CASE(the_documented_order_of_priority)
{
    const Row rows[] = {
        {"commit after 5 minutes before all else", state({9, 20, 9, 1}, {}, 5min), 1},
        {"not when one commits", state({0, 0, 0, 200}, {0, 0, 0, 1}, 6min), 0},
        {"commit 150 ready", state({9, 20, 9, 150}), 2},
        {"149 are not 150: upload mode of 10", state({9, 10, 9, 149}), 3},
        {"LFS when nobody uploads", state({9, 9, 9, 9}), 4},
        {"hash when nobody hashes", state({9, 9, 9, 9}, {.lfs = 1}), 5},
        {"upload mode when nobody asks", state({9, 9, 9, 9}, {.hash = 1, .lfs = 1}), 6},
        {"then LFS", state({9, 9, 9, 9}, {.hash = 1, .mode = 1, .lfs = 1}), 7},
        {"then hash", state({9, 9, 0, 9}, {.hash = 1, .mode = 1, .lfs = 1}), 8},
        {"then upload mode", state({0, 9, 0, 9}, {.hash = 1, .mode = 1, .lfs = 1}), 9},
        {"commit after a minute when idle", state({0, 0, 0, 9}, {.hash = 1}, 1min), 10},
        {"wait out the minute", state({0, 0, 0, 9}, {.hash = 1}, 59s), 0},
        {"commit the rest", state({0, 0, 0, 9}, {}, 1s), 11},
        {"the first commit waits for the others", state({0, 0, 0, 9}, {.lfs = 1}), 0},
        {"nothing", state({}), 0},
    };
    const auto scheduler = large_folder_scheduler();
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.what)
        {
            const auto next = scheduler.next(row.state);
            BOOST_TEST((next ? static_cast<int>(next->rule) + 1 : 0) == row.rule);
        }
    BOOST_CHECK(scheduler.next_time(state({0, 0, 0, 9}, {.hash = 1}, 59s)) == noon + 1s);
}

BOOST_AUTO_TEST_CASE(batches_are_the_reference_s)
{
    const auto scheduler = large_folder_scheduler();
    BOOST_TEST(scheduler.next(state({.mode = 90}))->count == 50u);
    BOOST_TEST(commit_batch / commit_share(UploadMode::regular, commit_limits.start) == 75u);
    BOOST_TEST(commit_batch / commit_share(UploadMode::lfs, commit_limits.start) == 150u);
    for (const std::size_t units : {2u, 3u, 37u, 75u, 149u, 150u, 300u, 599u, 600u})
        BOOST_TEST(commit_batch / commit_share(UploadMode::lfs, units) == units);
    BOOST_TEST(hash_weight(4096) == 1u);
    BOOST_TEST(hash_weight(1ull << 30) > hash_batch);
    BOOST_TEST(lfs_send_weight(1ull << 30) > lfs_batch_weight);
}

BOOST_AUTO_TEST_SUITE_END()
