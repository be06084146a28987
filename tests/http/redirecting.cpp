#include <boost/test/unit_test.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

std::string moved(int status, const std::string& location)
{
    return answer(status, "gone", "Location: " + location + "\r\n");
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_redirecting)

BOOST_AUTO_TEST_CASE(a_relative_location_keeps_the_token_and_another_origin_loses_it)
{
    ScriptedServer storage({[](Peer& peer) {
        for (auto head = peer.read_request(); !head.empty(); head = peer.read_request())
            peer.send(answer(200, head));
    }});
    ScriptedServer server({[&](Peer& peer) {
        BOOST_TEST(contains(peer.read_request(), "Bearer hf_canary"));
        peer.send(moved(307, "/renamed/file"));
        const auto second = peer.read_request();
        BOOST_TEST(contains(second, "GET /renamed/file "));
        BOOST_TEST(contains(second, "Bearer hf_canary"));
        peer.send(moved(302, storage.url() + "/object?X-Amz-Signature=sig"));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    bench.options.token = "hf_canary";
    auto request = bench.request("/old/file");
    request.headers.set("Range", "bytes=5-");
    auto response = bench.send(std::move(request));
    const auto head = bench.body(response);
    BOOST_TEST(contains(head, "GET /object?X-Amz-Signature=sig "));
    BOOST_TEST(!contains(head, "canary"));
    BOOST_TEST(contains(head, "Range: bytes=5-"));
    BOOST_TEST(response.url.text() == storage.url() + "/object?X-Amz-Signature=sig");
}

BOOST_AUTO_TEST_CASE(a_redirect_or_a_refusal_whose_body_breaks_off)
{
    const auto broken = [](std::string head) {
        return [head = std::move(head)](Peer& peer) {
            peer.read_request();
            peer.send("HTTP/1.1 " + head + "Content-Length: 100\r\n\r\nhalf");
            peer.close();
        };
    };
    ScriptedServer server({broken("302 Found\r\nLocation: /there\r\n"), broken("503 Unavailable\r\n"),
                           broken("307 Moved\r\nLocation: /there\r\n"), [](Peer& peer) {
                               BOOST_TEST(contains(peer.read_request(), "GET /there "));
                               peer.send(answer(200, "found"));
                               peer.wait_closed();
                           }});
    Bench bench(server.url());
    BOOST_TEST(bench.get("/here") == "found");
}

BOOST_AUTO_TEST_CASE(ten_hops_and_no_more)
{
    ScriptedServer server({always(moved(302, "/again"))});
    Bench bench(server.url());
    const auto error = failure_of<TooManyRedirects>([&] { bench.get(); });
    BOOST_TEST((error.code() == errc::bad_redirect));
    BOOST_TEST(bench.client().stats().requests == 11u);
}

BOOST_AUTO_TEST_CASE(relative_only_hands_back_what_names_a_host)
{
    ScriptedServer server({[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 307 x\r\nLocation: /new?a=b\r\nContent-Length: 0\r\n\r\n");
        BOOST_TEST(contains(peer.read_request(), "HEAD /new?a=b "));
        peer.send(
            "HTTP/1.1 302 x\r\nLocation: https://cdn.example/x\r\nETag: \"e\"\r\nContent-Length: 9\r\n\r\n");
        peer.wait_closed();
    }});
    Bench bench(server.url());
    auto request = bench.request("/old", http::Method::head);
    request.redirects = http::Redirects::relative_only;
    const auto response = bench.send(std::move(request));
    BOOST_TEST(response.status == 302);
    BOOST_TEST(response.headers.get("location") == "https://cdn.example/x");
}

BOOST_AUTO_TEST_CASE(none_hands_back_redirects_and_nothing_else)
{
    ScriptedServer server({[&](Peer& peer) {
        peer.read_request();
        peer.send(moved(302, "/other"));
        peer.read_request();
        peer.send(answer(403, "no"));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    const auto ask = [&] {
        auto request = bench.request("/object", http::Method::put);
        request.redirects = http::Redirects::none;
        return bench.send(std::move(request));
    };
    auto response = ask();
    BOOST_TEST(response.status == 302);
    BOOST_TEST(bench.body(response) == "gone");
    BOOST_CHECK_THROW(ask(), HfHubHTTPError);
}

BOOST_AUTO_TEST_CASE(a_body_goes_along_with_307_and_not_with_303)
{
    ScriptedServer server({[&](Peer& peer) {
        peer.read_request();
        peer.send(moved(307, "/same"));
        BOOST_TEST(contains(peer.read_request(), "POST /same "));
        peer.send(moved(303, "/result"));
        const auto last = peer.read_request();
        BOOST_TEST(contains(last, "GET /result "));
        BOOST_TEST(!contains(last, "Content-"));
        peer.send(answer(200, "done"));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    auto request = bench.request("/", http::Method::post);
    request.headers.set("Content-Type", "application/json");
    request.body = http::text_body("{}");
    auto response = bench.send(std::move(request));
    BOOST_TEST(bench.body(response) == "done");
}

BOOST_AUTO_TEST_CASE(an_unusable_location_is_an_error_that_shows_no_secret)
{
    ScriptedServer server({always(moved(302, "ftp://user:canary@host/x?sig=canary"))});
    Bench bench(server.url());
    const auto error = failure_of<HubError>([&] { bench.get("/?sig=canary"); });
    BOOST_TEST((error.code() == errc::bad_redirect));
    BOOST_TEST(!contains(error.what(), "canary"));
}

BOOST_AUTO_TEST_SUITE_END()
