#include <boost/test/unit_test.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

/// Sends the bytes and ends the connection.
ScriptedServer::Script bytes_then_end(std::string bytes)
{
    return [bytes = std::move(bytes)](Peer& peer) {
        peer.read_request();
        peer.send(bytes);
        peer.close();
    };
}

struct BodyBench : Bench {
    explicit BodyBench(const ScriptedServer& server) : Bench(server.url()) { options.retry.max_retries = 0; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_bodies)

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_lost_not_short)
{
    ScriptedServer server({bytes_then_end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")});
    BodyBench bench(server);
    auto response = bench.send(bench.request());
    BOOST_TEST(response.content_length.value() == 10u);
    const auto error = failure_of<ConnectionError>([&] { bench.body(response); });
    BOOST_TEST((error.code() == errc::connection_lost));
    BOOST_TEST(contains(error.what(), "5 bytes before the end"));
}

BOOST_AUTO_TEST_CASE(chunked_bodies_come_whole_and_keep_the_connection)
{
    ScriptedServer server(
        {always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5;ext=\"1\"\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n")});
    BodyBench bench(server);
    BOOST_TEST(bench.get() == "hello world");
    BOOST_TEST(bench.get() == "hello world");
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(broken_or_cut_chunks_are_errors)
{
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    ScriptedServer broken({bytes_then_end(head + "5\r\nhelloXX")}),
        cut({bytes_then_end(head + "5\r\nhello\r\n")});
    BodyBench first(broken), second(cut);
    BOOST_CHECK_THROW(first.get(), BadResponseError);
    BOOST_CHECK_THROW(second.get(), ConnectionError);
}

BOOST_AUTO_TEST_CASE(a_body_to_the_end_of_the_connection)
{
    ScriptedServer server({bytes_then_end("HTTP/1.1 200 OK\r\n\r\nall of it")});
    BodyBench bench(server);
    auto response = bench.send(bench.request());
    BOOST_TEST(!response.content_length.has_value());
    BOOST_TEST(bench.body(response) == "all of it");
}

BOOST_AUTO_TEST_CASE(answers_without_a_body)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"); // to HEAD
        peer.read_request();
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
        peer.read_request();
        peer.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
        peer.read_request();
        peer.send(answer(200, "end"));
        peer.wait_closed();
    }});
    BodyBench bench(server);
    auto head = bench.send(bench.request("/", http::Method::head));
    BOOST_TEST(head.content_length.value() == 1000u);
    BOOST_TEST(bench.body(head) == "");
    BOOST_TEST(bench.send(bench.request()).status == 204);
    BOOST_TEST(bench.send(bench.request(), http::Statuses::any).status == 304);
    BOOST_TEST(bench.get() == "end");
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(large_bodies_have_no_limit_of_their_own)
{
    const std::string large(20 << 20, 'z');
    ScriptedServer server({always(answer(200, large))});
    BodyBench bench(server);
    BOOST_TEST((bench.get() == large));
    auto response = bench.send(bench.request());
    BOOST_CHECK_THROW(bench.run(response.read_all(1 << 20)), BadResponseError);
}

BOOST_AUTO_TEST_CASE(a_compressed_body_is_refused_but_a_status_still_counts)
{
    ScriptedServer server(
        {[](Peer& peer) {
             peer.read_request();
             peer.send(answer(200, "\x1f\x8b", "Content-Encoding: gzip\r\n"));
             peer.wait_closed();
         },
         [](Peer& peer) {
             peer.read_request();
             peer.send(answer(404, "\x1f\x8b", "Content-Encoding: gzip\r\nX-Error-Code: EntryNotFound\r\n"));
             peer.wait_closed();
         }});
    BodyBench bench(server);
    BOOST_CHECK_THROW(bench.get(), BadResponseError);
    BOOST_CHECK_THROW(bench.get(), EntryNotFoundError);
}

BOOST_AUTO_TEST_CASE(heads_up_to_64_KiB_and_no_larger)
{
    std::string fields, more;
    for (int i = 0; i < 60; ++i)
        fields += "X-Long-" + std::to_string(i) + ": " + std::string(1000, 'v') + "\r\n";
    for (int i = 0; i < 10; ++i)
        more += "X-More-" + std::to_string(i) + ": " + std::string(1000, 'v') + "\r\n";
    ScriptedServer good({always(answer(200, "ok", fields))}), bad({always(answer(200, "ok", fields + more))});
    BodyBench first(good), second(bad);
    BOOST_TEST(first.get() == "ok");
    const auto error = failure_of<BadResponseError>([&] { second.get(); });
    BOOST_TEST(contains(error.what(), "64 KiB"));
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_refused)
{
    for (const std::string answer_text : {
             "SSH-2.0-OpenSSH\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
             "HTTP/1.1 101 Switching Protocols\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxx",
         }) {
        ScriptedServer server({bytes_then_end(answer_text)});
        BodyBench bench(server);
        BOOST_CHECK_THROW(bench.get(), BadResponseError);
    }
}

BOOST_AUTO_TEST_SUITE_END()
