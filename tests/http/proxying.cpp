#include <boost/test/unit_test.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

BOOST_AUTO_TEST_SUITE(http_proxying)

BOOST_AUTO_TEST_CASE(http_goes_in_absolute_form_with_credentials)
{
    ScriptedServer proxy({[](Peer& peer) {
        for (auto head = peer.read_request(); !head.empty(); head = peer.read_request())
            peer.send(answer(200, head));
    }});
    Bench bench("http://hub.example:8080");
    bench.options.proxy.http = "http://user:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
    const auto head = bench.get("/api?x=1");
    BOOST_TEST(
        head.starts_with("GET http://hub.example:8080/api?x=1 HTTP/1.1\r\nHost: hub.example:8080\r\n"));
    BOOST_TEST(contains(head, "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n")); // user:p@ss
}

BOOST_AUTO_TEST_CASE(https_goes_through_a_tunnel_verified_to_its_end)
{
    const TestCa ca;
    const auto certificate = ca.leaf({.names = "DNS:hub.example"});
    SSL_CTX* inner = certificate.make_context();
    std::string connect, request;
    ScriptedServer proxy({[&](Peer& peer) {
        connect = peer.read_request();
        peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
        peer.tunnel_to_tls(inner);
        request = peer.read_request();
        peer.send(answer(200, "through"));
        peer.wait_closed();
    }});
    Bench bench("https://hub.example");
    bench.options.tls.ca_pem = ca.pem();
    bench.options.token = "hf_canary";
    bench.options.proxy.https = "user:pw@127.0.0.1:" + std::to_string(proxy.port());
    BOOST_TEST(bench.get("/api") == "through");
    BOOST_TEST(connect.starts_with("CONNECT hub.example:443 HTTP/1.1\r\nHost: hub.example:443\r\n"));
    BOOST_TEST(contains(connect, "Proxy-Authorization: Basic dXNlcjpwdw=="));
    BOOST_TEST(!contains(connect, "canary"));
    BOOST_TEST(request.starts_with("GET /api HTTP/1.1\r\nHost: hub.example\r\n"));
    BOOST_TEST(!contains(request, "Proxy-"));
    SSL_CTX_free(inner);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_a_proxy_error_and_final)
{
    ScriptedServer proxy({always(answer(407, "<html>who are you</html>"))});
    Bench bench("https://hub.example");
    bench.options.proxy.https = "http://user:canary@127.0.0.1:" + std::to_string(proxy.port());
    const auto error = failure_of<ProxyError>([&] { bench.get(); });
    BOOST_TEST(contains(error.what(), "407"));
    BOOST_TEST(!contains(error.what(), "canary"));
    BOOST_TEST(proxy.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(no_proxy_and_per_call_proxies)
{
    ScriptedServer proxy({always(answer(200, "proxy"))}), direct({always(answer(200, "direct"))});
    Bench bench(direct.url());
    bench.options.proxy.http = proxy.url();
    BOOST_TEST(bench.get() == "proxy");
    auto request = bench.request();
    request.proxy = ProxyOptions{}; // this call goes direct, over a connection of its own
    auto response = bench.send(std::move(request));
    BOOST_TEST(bench.body(response) == "direct");
    Bench other(direct.url());
    other.options.proxy = {.http = proxy.url(), .https = {}, .no_proxy = {"127.0.0.1"}};
    BOOST_TEST(other.get() == "direct");
}

BOOST_AUTO_TEST_SUITE_END()
