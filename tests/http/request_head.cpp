#include <boost/test/unit_test.hpp>

#include "http/auth.hpp"
#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

/// Sends back the head of each request as the body.
ScriptedServer::Script echo_head()
{
    return [](Peer& peer) {
        for (auto head = peer.read_request(); !head.empty(); head = peer.read_request())
            peer.send(answer(200, head));
    };
}

http::Auth with_token(Token token)
{
    http::Auth auth;
    auth.token = std::move(token);
    return auth;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_request_head)

BOOST_AUTO_TEST_CASE(every_request_has_the_documented_headers)
{
    ScriptedServer server({echo_head()});
    Bench bench(server.url());
    bench.options.token = "hf_canary";
    bench.options.library_name = "demo";
    bench.options.library_version = "1.2";
    bench.options.user_agent = {{"framework", "none"}, {"lone", ""}};
    const auto head = bench.get("/api/models?full=True");
    BOOST_TEST(head.starts_with(
        "GET /api/models?full=True HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
    BOOST_TEST(contains(head, "\r\nUser-Agent: demo/1.2; hfasync/0."));
    BOOST_TEST(contains(head, "; framework/none; lone\r\n"));
    BOOST_TEST(contains(head, "\r\nAccept: */*\r\n"));
    BOOST_TEST(contains(head, "\r\nAccept-Encoding: identity\r\n"));
    BOOST_TEST(contains(head, "\r\nAuthorization: Bearer hf_canary\r\n"));
    BOOST_TEST(contains(head, "\r\nX-Amzn-Trace-Id: "));
    BOOST_TEST(!contains(head, "Content-Length"));
    BOOST_TEST(!contains(head, "Transfer-Encoding"));
}

BOOST_AUTO_TEST_CASE(headers_of_the_call_win_over_those_of_the_client_over_the_defaults)
{
    ScriptedServer server({echo_head()});
    Bench bench(server.url());
    bench.options.headers = {
        {"accept", "text/plain"}, {"X-One", "client"}, {"X-Two", "client"}, {"Authorization", "Basic own"}};
    auto request = bench.request();
    request.headers.set("x-two", "call");
    request.headers.set("Content-Length", "99"); // the engine frames bodies, nobody else
    auto response = bench.send(std::move(request));
    const auto head = bench.body(response);
    BOOST_TEST(contains(head, "\r\naccept: text/plain\r\n"));
    BOOST_TEST(!contains(head, "*/*"));
    BOOST_TEST(contains(head, "\r\nX-One: client\r\n"));
    BOOST_TEST(contains(head, "\r\nx-two: call\r\n"));
    BOOST_TEST(!contains(head, "X-Two: client"));
    BOOST_TEST(contains(head, "Authorization: Basic own"));
    BOOST_TEST(!contains(head, "Content-Length"));
}

BOOST_AUTO_TEST_CASE(secrets_stay_with_the_endpoint)
{
    ScriptedServer endpoint({echo_head()}), other({echo_head()});
    Bench bench(endpoint.url());
    bench.options.token = "hf_canary";
    bench.options.headers = {{"Cookie", "session=canary"}, {"X-Plain", "yes"}};
    const auto head = bench.get(other.url() + "/part?X-Amz-Signature=s"); // another port is another origin
    BOOST_TEST(!contains(head, "canary"));
    BOOST_TEST(contains(head, "X-Plain: yes"));
    auto inference = bench.request(other.url() + "/v2/endpoint");
    inference.auth.origin = other.url();
    auto response = bench.send(std::move(inference));
    BOOST_TEST(contains(bench.body(response), "Bearer hf_canary"));
}

BOOST_AUTO_TEST_CASE(nothing_is_injected)
{
    ScriptedServer server({echo_head()});
    Bench bench(server.url());
    http::Headers headers;
    BOOST_CHECK_THROW(headers.set("X-A", "b\r\nX-Evil: 1"), ValueError);
    BOOST_CHECK_THROW(headers.set("X-A\r\nX-Evil", "b"), ValueError);
    BOOST_CHECK_THROW(headers.add("X-A", std::string("b\0c", 3)), ValueError);
    BOOST_CHECK_THROW(headers.set("X-A", "\x7f"), ValueError);
    auto request = bench.request();
    request.url.path = "/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n";
    BOOST_CHECK_THROW(bench.send(std::move(request)), ValueError);
    BOOST_CHECK_THROW(http::Url::parse("http://127.0.0.1/a\r\nb"), ValueError);
    auto token = bench.request();
    token.auth.token = "hf_a\r\nX-Evil: 1";
    const auto error = failure_of<ValueError>([&] { bench.send(std::move(token)); });
    BOOST_TEST(!contains(error.what(), "hf_a"));
    BOOST_TEST(bench.client().stats().requests == 0u);
    bench.options.library_name = "a\nb";
    BOOST_CHECK_THROW(http::user_agent(bench.options), ValueError);
}

BOOST_AUTO_TEST_CASE(tokens_are_found_in_order)
{
    HubOptions options;
    const auto token = [&](http::Auth auth = {}) { return http::token_for(auth, options).value_or("-"); };
    BOOST_TEST(token() == "-");
    options.ambient_token = " hf_env\r\n";
    BOOST_TEST(token() == "hf_env");
    options.disable_implicit_token = true;
    BOOST_TEST(token() == "-");
    BOOST_TEST(token(with_token(true)) == "hf_env"); // only the implicit use is disabled
    options.disable_implicit_token = false;
    options.token = "hf_hub";
    BOOST_TEST(token() == "hf_hub");
    BOOST_TEST(token(with_token("hf_call\n")) == "hf_call");
    BOOST_TEST(token(with_token(false)) == "-");
    BOOST_TEST(token(with_token("")) == "-");
    BOOST_TEST(token(with_token(true)) == "hf_env");
    options.ambient_token = " \r\n";
    BOOST_CHECK_THROW(token(with_token(true)), LocalTokenNotFoundError);
    http::Auth never;
    never.token = "hf_call";
    never.never = true;
    BOOST_TEST(token(never) == "-");
    http::Auth always;
    always.always = true;
    always.token = false;
    BOOST_TEST(token(always) == "hf_hub");
    options.token = false;
    BOOST_CHECK_THROW(token(always), LocalTokenNotFoundError);
    options.ambient_token = "hf_env";
    options.disable_implicit_token = true;
    BOOST_TEST(token(always) == "hf_env");
}

BOOST_AUTO_TEST_CASE(offline_opens_no_socket)
{
    ScriptedServer server({echo_head()});
    Bench bench(server.url());
    bench.options.offline = true;
    BOOST_CHECK_THROW(bench.get(), OfflineModeIsEnabled);
    BOOST_TEST(server.connections() == 0u);
}

BOOST_AUTO_TEST_CASE(the_hook_sees_each_attempt)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_request();
        peer.send(answer(503));
        peer.read_request();
        peer.send(answer(200, "12345", "x-request-id: abc\r\n"));
        peer.wait_closed();
    }});
    Bench bench(server.url());
    std::vector<RequestReport> reports;
    bench.options.on_request = [&](const RequestReport& report) { reports.push_back(report); };
    bench.get("/file?signature=canary");
    BOOST_REQUIRE(reports.size() == 2u);
    BOOST_TEST(reports[0].status == 503);
    BOOST_TEST(reports[0].attempt == 0);
    BOOST_TEST(!reports[0].reused_connection);
    BOOST_TEST(reports[1].status == 200);
    BOOST_TEST(reports[1].attempt == 1);
    BOOST_TEST(reports[1].reused_connection);
    BOOST_TEST(reports[1].bytes_received == 5u);
    BOOST_TEST(reports[1].request_id == "abc");
    BOOST_TEST(reports[1].url == server.url() + "/file");
    BOOST_TEST(reports[1].error == "");
}

BOOST_AUTO_TEST_SUITE_END()
