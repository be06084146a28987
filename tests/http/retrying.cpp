#include <boost/test/unit_test.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Answers one after the other, over all connections, then the last again.
ScriptedServer::Script in_order(std::vector<std::string> answers)
{
    const auto next = std::make_shared<std::atomic<std::size_t>>(0);
    return [answers = std::move(answers), next](Peer& peer) {
        while (!peer.read_request().empty())
            peer.send(answers[std::min((*next)++, answers.size() - 1)]);
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_retrying)

BOOST_AUTO_TEST_CASE(transient_statuses_are_tried_again_with_jittered_waits)
{
    ScriptedServer server(
        {in_order({answer(500), answer(502), answer(503), answer(504), answer(408), answer(200, "ok")})});
    Bench bench(server.url());
    BOOST_TEST(bench.get() == "ok");
    BOOST_TEST(bench.client().stats().retries == 5u);
    BOOST_TEST(server.connections() == 1u); // the small bodies were read, the connection kept
    const std::vector<int> limits{1000, 2000, 4000, 8000, 8000};
    BOOST_REQUIRE(bench.clock->waits.size() == limits.size());
    for (std::size_t i = 0; i < limits.size(); ++i)
        BOOST_TEST(bench.clock->waits[i].count() <= limits[i]);
}

BOOST_AUTO_TEST_CASE(the_last_answer_is_the_error)
{
    ScriptedServer server({always(answer(503, R"({"error":"busy"})", "x-request-id: r1\r\n"))});
    Bench bench(server.url());
    bench.options.retry.max_retries = 2;
    const auto error = failure_of<HfHubHTTPError>([&] { bench.get(); });
    BOOST_TEST((error.code() == errc::server_error));
    BOOST_TEST(error.context().status == 503);
    BOOST_TEST(contains(error.what(), "busy"));
    BOOST_TEST(contains(error.what(), "r1"));
    BOOST_TEST(bench.client().stats().requests == 3u);
}

BOOST_AUTO_TEST_CASE(zero_retries_means_none)
{
    ScriptedServer server({always(answer(503))});
    Bench bench(server.url());
    auto request = bench.request();
    request.max_retries = 0;
    BOOST_CHECK_THROW(bench.send(std::move(request)), HfHubHTTPError);
    BOOST_TEST(bench.client().stats().requests == 1u);
}

BOOST_AUTO_TEST_CASE(retry_after_is_obeyed_as_seconds_and_as_a_date_and_capped)
{
    // The clock of the test stands at 2023-11-14T22:13:20Z.
    ScriptedServer server({in_order({answer(429, {}, "Retry-After: 7\r\n"),
                                     answer(503, {}, "Retry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n"),
                                     answer(503, {}, "Retry-After: 86400\r\n"), answer(200, "ok")})});
    Bench bench(server.url());
    BOOST_TEST(bench.get() == "ok");
    const std::vector<milliseconds> expected{seconds(7), seconds(60), seconds(300)};
    BOOST_TEST((bench.clock->waits == expected));
}

BOOST_AUTO_TEST_CASE(the_rate_limit_header_of_the_hub_is_obeyed_and_others_wait_too)
{
    ScriptedServer server(
        {in_order({answer(200, "a", "RateLimit: \"api\";r=0;t=55\r\n"), answer(200, "b")})});
    Bench bench(server.url());
    BOOST_TEST(bench.get() == "a");
    BOOST_TEST(bench.clock->waits.empty());
    BOOST_TEST(bench.get("/other") == "b");
    const std::vector<milliseconds> expected{seconds(55)};
    BOOST_TEST((bench.clock->waits == expected));
}

BOOST_AUTO_TEST_CASE(a_wait_beyond_the_deadline_is_not_begun)
{
    ScriptedServer server({always(answer(429, {}, "Retry-After: 60\r\n"))});
    Bench bench(server.url());
    bench.options.timeouts.total = seconds(30);
    const auto error = failure_of<HfHubHTTPError>([&] { bench.get(); });
    BOOST_TEST((error.code() == errc::rate_limited));
    BOOST_TEST(bench.clock->waits.empty());
}

BOOST_AUTO_TEST_CASE(resets_are_tried_again_and_each_try_sends_the_same_trace_id_and_body)
{
    std::vector<std::string> seen;
    const auto reset = [&](Peer& peer) {
        seen.push_back(peer.read_request());
        peer.reset();
    };
    ScriptedServer server({reset, reset, [&](Peer& peer) {
                               seen.push_back(peer.read_request());
                               peer.send(answer(200));
                               peer.wait_closed();
                           }});
    Bench bench(server.url());
    auto request = bench.request("/object", http::Method::put);
    request.body = http::text_body("content");
    bench.send(std::move(request));
    BOOST_REQUIRE(seen.size() == 3u);
    BOOST_TEST(seen[0] == seen[2]);
    BOOST_TEST(seen[0].ends_with("content"));
}

BOOST_AUTO_TEST_CASE(a_post_that_creates_is_not_repeated_once_it_was_sent)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_request();
        peer.reset();
    }});
    Bench bench(server.url());
    auto request = bench.request("/api/repos/create", http::Method::post);
    request.body = http::text_body("{}");
    request.replay = http::Replay::unsent;
    const auto error = failure_of<ConnectionError>([&] { bench.send(std::move(request)); });
    BOOST_TEST((error.code() == errc::connection_lost));
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_tried_again_and_then_reported)
{
    std::string url;
    {
        const ScriptedServer gone({always(answer(200))});
        url = gone.url();
    }
    Bench bench(url);
    auto request = bench.request("/", http::Method::post);
    request.replay = http::Replay::unsent; // nothing was sent: may go again
    const auto error = failure_of<ConnectionError>([&] { bench.send(std::move(request)); });
    BOOST_TEST((error.code() == errc::connect_failed));
    BOOST_TEST(bench.client().stats().retries == 5u);
    BOOST_TEST(contains(error.what(), "6 attempts"));
}

BOOST_AUTO_TEST_SUITE_END()
