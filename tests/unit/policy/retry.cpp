#include <boost/test/unit_test.hpp>

#include <vector>

#include "policy/rate_gate.hpp"
#include "policy/retry.hpp"

using namespace hfasync::detail;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Jitter most = [](std::uint64_t limit) { return limit; };

RetryRule rule(Replay replay = Replay::safe)
{
    RetryRule out;
    out.replay = replay;
    return out;
}

AttemptOutcome status(int code)
{
    AttemptOutcome out;
    out.status = code;
    out.sent = true;
    return out;
}

AttemptOutcome lost(bool sent)
{
    AttemptOutcome out;
    out.fault = TransportFault::transient;
    out.sent = sent;
    return out;
}

bool again(const AttemptOutcome& outcome, Replay replay = Replay::safe, int attempt = 0)
{
    return decide_retry(attempt, outcome, rule(replay), most).again;
}

} // namespace

BOOST_AUTO_TEST_SUITE(policy_retry)

BOOST_AUTO_TEST_CASE(only_transient_statuses_are_repeated)
{
    for (const int code : {408, 429, 500, 502, 503, 504})
        BOOST_TEST(again(status(code)));
    for (const int code : {200, 206, 301, 400, 401, 403, 404, 409, 412, 416, 501, 505})
        BOOST_TEST(!again(status(code)));
}

BOOST_AUTO_TEST_CASE(what_may_be_repeated)
{
    BOOST_TEST(again(lost(true), Replay::safe));
    BOOST_TEST(again(lost(false), Replay::unsent));
    BOOST_TEST(!again(lost(true), Replay::unsent));
    BOOST_TEST(again(status(429), Replay::unsent));
    BOOST_TEST(again(status(503), Replay::unsent));
    BOOST_TEST(!again(status(500), Replay::unsent));
    BOOST_TEST(!again(status(503), Replay::never));
    BOOST_TEST(!again(lost(false), Replay::never));
    AttemptOutcome permanent;
    permanent.fault = TransportFault::permanent;
    BOOST_TEST(!again(permanent));
    auto fixed = rule();
    fixed.body_replayable = false;
    BOOST_TEST(!decide_retry(0, lost(true), fixed, most).again);
    BOOST_TEST(decide_retry(0, lost(false), fixed, most).again);
}

// The table of docs/retries.md.
BOOST_AUTO_TEST_CASE(the_table_of_the_documentation)
{
    struct Row {
        const char* what;
        AttemptOutcome outcome;
        bool safe, unsent, never;
    };
    AttemptOutcome refused; // certificate, proxy, bad answer, cancelled
    refused.fault = TransportFault::permanent;
    auto refused_late = refused;
    refused_late.sent = true;
    std::vector<Row> rows{{"no byte has left", lost(false), true, true, false},
                          {"the connection broke after that", lost(true), true, false, false},
                          {"refused", refused, false, false, false},
                          {"refused later", refused_late, false, false, false}};
    for (int code = 200; code < 600; ++code) {
        const bool refusal = code == 429 || code == 503;
        const bool passing = refusal || code == 408 || code == 500 || code == 502 || code == 504;
        rows.push_back({"status", status(code), passing, refusal, false});
    }
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.what << " " << row.outcome.status)
        {
            BOOST_TEST(again(row.outcome, Replay::safe) == row.safe);
            BOOST_TEST(again(row.outcome, Replay::unsent) == row.unsent);
            BOOST_TEST(again(row.outcome, Replay::never) == row.never);
            // After the last try, and without retries at all, nothing is repeated.
            BOOST_TEST(!again(row.outcome, Replay::safe, 5));
            auto none = rule();
            none.options.max_retries = 0;
            BOOST_TEST(!decide_retry(0, row.outcome, none, most).again);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_back_off_doubles_up_to_its_cap)
{
    for (const auto& [attempt, wait] : {std::pair{0, 1000}, {1, 2000}, {2, 4000}, {3, 8000}, {4, 8000}})
        BOOST_TEST(decide_retry(attempt, status(500), rule(), most).wait.count() == wait);
    BOOST_TEST(decide_retry(0, status(500), rule(), [](std::uint64_t) { return 0; }).wait.count() == 0);
    BOOST_TEST(!again(status(500), Replay::safe, 5));
    auto patient = rule();
    patient.options.max_retries = 1'000'000;
    BOOST_TEST(decide_retry(999'999, status(500), patient, most).wait.count() == 8000);
}

BOOST_AUTO_TEST_CASE(the_server_is_obeyed_within_bounds)
{
    auto outcome = status(429);
    outcome.rate_limit = seconds(55);
    BOOST_TEST((decide_retry(0, outcome, rule(), most).wait == seconds(55)));
    outcome.retry_after = seconds(7); // the more precise of the two
    const auto decision = decide_retry(0, outcome, rule(), most);
    BOOST_TEST((decision.wait == seconds(7)));
    BOOST_TEST(decision.told_by_server);
    outcome.retry_after = seconds(86400);
    BOOST_TEST((decide_retry(0, outcome, rule(), most).wait == seconds(300)));
    auto hurried = rule();
    hurried.left = seconds(10);
    BOOST_TEST(!decide_retry(0, outcome, hurried, most).again);
    hurried.left = milliseconds(0);
    BOOST_TEST(!decide_retry(0, status(500), hurried, [](std::uint64_t) { return 0; }).again);
}

BOOST_AUTO_TEST_CASE(the_gate_of_an_origin)
{
    RateGate gate;
    const RateGate::Time now{std::chrono::hours(5)};
    BOOST_TEST(!gate.closed_until("a", now).has_value());
    gate.close_until("a", now, now + seconds(10));
    gate.close_until("a", now, now + seconds(5)); // an earlier end does not open it
    gate.close_until("a", now, now - seconds(5));
    BOOST_TEST((gate.closed_until("a", now) == now + seconds(10)));
    BOOST_TEST(!gate.closed_until("b", now).has_value());
    BOOST_TEST(!gate.closed_until("a", now + seconds(10)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
