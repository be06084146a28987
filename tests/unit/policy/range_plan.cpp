// When a file gets further connections, who fetches what, and when a poor server is left.
#include "policy/range_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

namespace hfasync::detail {
std::ostream& operator<<(std::ostream& out, const ByteRange& range)
{
    return out << '[' << range.begin << ", " << range.end << ')';
}
std::ostream& operator<<(std::ostream& out, const RangeDecision& decision)
{
    return out << "open " << decision.open << " retire " << decision.retire << (decision.rest ? " rest" : "");
}
} // namespace hfasync::detail

BOOST_AUTO_TEST_SUITE(policy_range_plan)

using namespace hfasync::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mib = 1u << 20;
constexpr double mb = 1e6;
using Step = RangeView::Step;

struct Row {
    const char* why;
    RangeView view;
    RangeDecision wanted;
};

const std::vector<Row> rows{
    {"behind a limit: four, at once", {.left = 1000 * mib, .rate = 20 * mb}, {.open = 3}},
    {"four paid fully: all",
     {.left = 900 * mib, .rate = 80 * mb, .connections = 4, .step = Step{1, 20 * mb}},
     {.open = 4}},
    {"eight are all there may be",
     {.left = 900 * mib, .rate = 160 * mb, .connections = 8, .step = Step{4, 80 * mb}},
     {}},
    {"a fast connection stays alone", {.left = 1000 * mib, .rate = 400 * mb}, {}},
    {"our own disk is the limit", {.left = 1000 * mib, .rate = 100 * mb, .waiting = 0.2}, {}},
    {"little is left", {.left = 7 * mib, .rate = 1 * mb}, {}},
    {"it is done in a moment", {.left = 100 * mib, .rate = 150 * mb}, {}},
    {"nothing arrives at all", {.left = 100 * mib, .rate = 0}, {.open = 3}},
    {"no more than there is to do", {.left = 9 * mib, .rate = 1 * mb}, {.open = 2}},
    {"only one is wished", {.left = 1000 * mib, .rate = 20 * mb, .most = 1}, {}},
    {"two are wished", {.left = 1000 * mib, .rate = 20 * mb, .most = 2}, {.open = 1}},
    {"a step did not pay just now", {.left = 1000 * mib, .rate = 20 * mb, .resting = true}, {}},
    {"no rise: back to one",
     {.left = 900 * mib, .rate = 21 * mb, .connections = 4, .step = Step{1, 20 * mb}},
     {.retire = 3, .rest = true}},
    {"a fall: back to one",
     {.left = 900 * mib, .rate = 10 * mb, .connections = 4, .step = Step{1, 20 * mb}},
     {.retire = 3, .rest = true}},
    {"two would do",
     {.left = 900 * mib, .rate = 35 * mb, .connections = 4, .step = Step{1, 20 * mb}},
     {.retire = 2, .rest = true}},
    {"half of what was possible: go on",
     {.left = 900 * mib, .rate = 52 * mb, .connections = 4, .step = Step{1, 20 * mb}},
     {.open = 4}},
    {"eight bring what four do",
     {.left = 900 * mib, .rate = 82 * mb, .connections = 8, .step = Step{4, 80 * mb}},
     {.retire = 4, .rest = true}},
    {"eight bring a little more",
     {.left = 900 * mib, .rate = 100 * mb, .connections = 8, .step = Step{4, 80 * mb}},
     {.retire = 3, .rest = true}},
    {"the step was from nothing",
     {.left = 900 * mib, .rate = 80 * mb, .connections = 4, .step = Step{1, 0}},
     {.open = 4}},
    {"some have ended since",
     {.left = 900 * mib, .rate = 20 * mb, .connections = 1, .step = Step{1, 20 * mb}},
     {.open = 3}},
};

struct Meter {
    RangePlan::Time now{};
    RangePlan plan{8, now};
    /// `rate` for `time`, in reads of a millisecond; the first decision that is one.
    RangeDecision run(double rate, std::chrono::milliseconds time, std::uint64_t left = 1000 * mib)
    {
        for (auto passed = 0ms; passed < time; passed += 1ms) {
            now += 1ms;
            const auto decision =
                plan.received(now, static_cast<std::uint64_t>(rate / 1000), 1ms * plan.connections(), left);
            if (decision != RangeDecision{}) return decision;
        }
        return {};
    }
    void started(std::size_t count, std::chrono::milliseconds after = 0ms)
    {
        for (std::size_t i = 0; i < count; ++i)
            plan.started(now, after);
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_table)
{
    for (const auto& row : rows)
        BOOST_TEST(decide_ranges(row.view) == row.wanted, row.why << ": " << decide_ranges(row.view));
}

BOOST_AUTO_TEST_CASE(eight_connections_within_half_a_second)
{
    Meter meter;
    BOOST_TEST(meter.run(20 * mb, 199ms) == RangeDecision{});
    BOOST_TEST(meter.run(20 * mb, 1ms) == RangeDecision{.open = 3});
    meter.plan.opened(meter.now, 3);
    meter.started(3);
    BOOST_TEST(meter.run(80 * mb, 200ms) == RangeDecision{.open = 4});
    meter.plan.opened(meter.now, 4);
    meter.started(4);
    BOOST_TEST(meter.plan.connections() == 8u);
    BOOST_TEST(meter.run(160 * mb, 5000ms) == RangeDecision{});
}

BOOST_AUTO_TEST_CASE(a_burst_at_the_start_does_not_hide_a_slow_line)
{
    Meter meter;
    BOOST_TEST(meter.run(2000 * mb, 200ms) == RangeDecision{});
    BOOST_TEST(meter.run(20 * mb, 200ms) == RangeDecision{.open = 3});
}

BOOST_AUTO_TEST_CASE(young_connections_are_given_time)
{
    Meter meter;
    meter.run(20 * mb, 200ms);
    meter.plan.opened(meter.now, 3);
    BOOST_TEST(meter.run(20 * mb, 300ms) == RangeDecision{}); // none has begun
    meter.started(2, 300ms);
    BOOST_TEST(meter.run(20 * mb, 300ms) == RangeDecision{}); // one has not
    meter.started(1, 600ms);
    BOOST_TEST(meter.run(20 * mb, 1200ms) == RangeDecision{}); // they get up to speed
    BOOST_TEST((meter.run(80 * mb, 1200ms) == RangeDecision{.open = 4}));
}

BOOST_AUTO_TEST_CASE(those_that_never_begin_are_not_waited_for)
{
    Meter meter;
    meter.run(20 * mb, 200ms);
    meter.plan.opened(meter.now, 3);
    meter.started(1);
    BOOST_TEST(meter.run(20 * mb, 1900ms) == RangeDecision{});
    BOOST_TEST((meter.run(20 * mb, 400ms) == RangeDecision{.retire = 3, .rest = true}));
    BOOST_TEST(meter.plan.connections() == 1u);
    BOOST_TEST(meter.run(20 * mb, 14000ms) == RangeDecision{}); // rests
    BOOST_TEST((meter.run(20 * mb, 2000ms) == RangeDecision{.open = 3}));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_remembered)
{
    Meter meter;
    meter.run(20 * mb, 200ms);
    meter.plan.opened(meter.now, 3);
    meter.started(1);
    meter.plan.ended(meter.now, true);
    meter.plan.ended(meter.now, true);
    BOOST_TEST(meter.plan.connections() == 2u);
    BOOST_TEST(meter.run(40 * mb, 60000ms) == RangeDecision{});
}

BOOST_AUTO_TEST_CASE(pieces_shrink_towards_the_end)
{
    Meter meter;
    meter.run(20 * mb, 200ms);
    BOOST_TEST(meter.plan.piece(1000 * mib) == static_cast<std::uint64_t>(40 * mb)); // two seconds
    BOOST_TEST(meter.plan.piece(40 * mib) == 20 * mib);
    BOOST_TEST(meter.plan.piece(mib) == 4 * mib);
    meter.plan.latency(50ms); // a wait of a twentieth
    BOOST_TEST(meter.plan.piece(1000 * mib) == static_cast<std::uint64_t>(20 * mb));
    meter.plan.latency(1s);
    BOOST_TEST(meter.plan.piece(1000 * mib) == static_cast<std::uint64_t>(40 * mb));
    meter.plan.latency(0ms);
    BOOST_TEST(meter.plan.piece(1000 * mib) == static_cast<std::uint64_t>(5 * mb));
    Meter fast;
    fast.run(100'000 * mb, 200ms);
    BOOST_TEST(fast.plan.piece(1'000'000 * mib) == 256 * mib);
}

BOOST_AUTO_TEST_CASE(claims_come_from_the_front)
{
    RangeBoard board({{10, 100}, {200, 300}});
    BOOST_TEST(*board.claim(0, 50, 1000) == (ByteRange{10, 60}));
    BOOST_TEST(*board.claim(1, 50, 1000) == (ByteRange{60, 100}));
    BOOST_TEST(*board.claim(2, 500, 1000) == (ByteRange{200, 300}));
    BOOST_TEST(!board.claim(3, 50, 1000));
    BOOST_TEST(board.unclaimed() == 0u);
    BOOST_TEST(board.missing() == 190u);
    BOOST_TEST(board.advance(0, 20) == 20u);
    BOOST_TEST(board.left(0) == (ByteRange{30, 60}));
    board.release(0);
    BOOST_TEST(*board.claim(3, 50, 1000) == (ByteRange{30, 60}));
    BOOST_TEST(board.left(0) == ByteRange{});
}

BOOST_AUTO_TEST_CASE(an_idle_one_takes_the_back_of_the_largest_claim)
{
    RangeBoard board({{0, 1000}});
    BOOST_TEST(*board.claim(0, 900, 10) == (ByteRange{0, 900}));
    BOOST_TEST(*board.claim(1, 900, 10) == (ByteRange{900, 1000}));
    BOOST_TEST(*board.claim(2, 900, 10) == (ByteRange{450, 900}));
    BOOST_TEST(board.left(0) == (ByteRange{0, 450}));
    BOOST_TEST(board.advance(0, 500) == 450u); // a read that crossed the new end
    BOOST_TEST(board.left(0).size() == 0u);
    BOOST_TEST(!board.claim(3, 900, 300));
    BOOST_TEST(*board.claim(3, 900, 200) == (ByteRange{675, 900}));
}

BOOST_AUTO_TEST_CASE(what_is_given_back_is_one_range_again)
{
    RangeBoard board({{0, 1000}});
    board.claim(0, 1000, 1);
    board.cut(100);
    BOOST_TEST(board.left(0) == (ByteRange{0, 100}));
    board.claim(1, 100, 1);
    board.claim(2, 100, 1);
    board.release(1);
    BOOST_TEST(board.unclaimed() == 800u);
    board.release(2);
    BOOST_TEST(board.unclaimed() == 900u);
    BOOST_TEST(board.extend(0, 50)); // its response goes on
    BOOST_TEST(board.left(0) == (ByteRange{0, 150}));
    BOOST_TEST(*board.claim(1, 5000, 1) == (ByteRange{150, 1000}));
    BOOST_TEST(!board.extend(0, 50)); // that is another one's now
    BOOST_TEST(board.missing() == 1000u);
}

BOOST_AUTO_TEST_CASE(patience_ends)
{
    ResumePatience patience(3, 1000ms, 2500ms);
    BOOST_TEST((patience.next(1 << 20) == 0ms));
    BOOST_TEST((patience.next(0) == 1000ms));
    BOOST_TEST((patience.next(100) == 2000ms)); // a few bytes are no progress
    BOOST_TEST((patience.next(0) == 2500ms));
    BOOST_TEST(!patience.next(0));
    ResumePatience again(3, 1000ms, 2500ms);
    again.next(0);
    again.next(1 << 20);
    BOOST_TEST((again.next(0) == 1000ms)); // counted anew
    ResumePatience none(0, 1000ms, 2500ms);
    BOOST_TEST(!none.next(1 << 20));
    ResumePatience endless(3, 0ms, 0ms);
    int resumes = 0;
    while (endless.next(5000) && resumes < 5000)
        ++resumes;
    BOOST_TEST(resumes >= 1000);
    BOOST_TEST(resumes < 1100);
}

BOOST_AUTO_TEST_CASE(a_dripping_server_is_left)
{
    RateFloor drip;
    bool goes_on = true;
    int reads = 0;
    for (; goes_on && reads < 100; ++reads)
        goes_on = drip.read(9s, 1);
    BOOST_TEST(reads == 7);
    RateFloor slow;
    for (int i = 0; i < 1000; ++i)
        BOOST_REQUIRE(slow.read(10s, 600));
    RateFloor fades;
    BOOST_TEST(fades.read(60s, 1 << 20));
    BOOST_TEST(!fades.read(60s, 10));
}

BOOST_AUTO_TEST_SUITE_END()
