#include <boost/test/unit_test.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

BOOST_AUTO_TEST_SUITE(http_keep_alive)

BOOST_AUTO_TEST_CASE(one_connection_serves_many_requests)
{
    ScriptedServer server({always(answer(200, "hello"))});
    Bench bench(server.url());
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(bench.get() == "hello");
    BOOST_TEST(server.connections() == 1u);
    BOOST_TEST(bench.client().stats().requests == 5u);
    BOOST_TEST(bench.client().stats().connections == 1u);
    BOOST_TEST(bench.client().stats().bytes_received == 25u);
}

BOOST_AUTO_TEST_CASE(connection_close_is_obeyed)
{
    ScriptedServer server({always(answer(200, "x", "Connection: close\r\n"))});
    Bench bench(server.url());
    bench.get();
    bench.get();
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(a_connection_closed_while_idle_is_replaced_without_a_retry)
{
    std::promise<void> closed;
    ScriptedServer server({[&](Peer& peer) {
                               peer.read_request();
                               peer.send(answer(200, "first"));
                               peer.close();
                               closed.set_value();
                           },
                           always(answer(200, "second"))});
    Bench bench(server.url());
    BOOST_TEST(bench.get() == "first");
    closed.get_future().wait();
    auto post = bench.request("/", http::Method::post);
    post.replay = http::Replay::never; // found dead before a byte was written: even this may go
    auto response = bench.send(std::move(post));
    BOOST_TEST(bench.body(response) == "second");
    BOOST_TEST(bench.client().stats().retries == 0u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_dies_on_the_next_request_is_replaced_for_safe_ones)
{
    ScriptedServer server({[](Peer& peer) {
                               peer.read_request();
                               peer.send(answer(200, "first"));
                               peer.read_request();
                               peer.reset();
                           },
                           always(answer(200, "second"))});
    Bench bench(server.url());
    bench.options.retry.max_retries = 0;
    BOOST_TEST(bench.get() == "first");
    BOOST_TEST(bench.get() == "second");
    BOOST_TEST(bench.client().stats().retries == 0u);
}

BOOST_AUTO_TEST_CASE(but_a_post_that_was_written_is_not_sent_twice)
{
    ScriptedServer server({[](Peer& peer) {
                               peer.read_request();
                               peer.send(answer(200, "first"));
                               peer.read_request();
                               peer.close();
                           },
                           always(answer(200, "second"))});
    Bench bench(server.url());
    bench.get();
    auto post = bench.request("/", http::Method::post);
    post.replay = http::Replay::unsent;
    const auto error = failure_of<ConnectionError>([&] { bench.send(std::move(post)); });
    BOOST_TEST((error.code() == errc::connection_lost));
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(the_limit_of_connections_holds_and_waiters_go_in_order)
{
    ScriptedServer server({[&](Peer& peer) {
        for (;;) {
            const auto request = peer.read_request();
            if (request.empty()) return;
            peer.send(answer(200, request.substr(4, request.find(' ', 4) - 4)));
        }
    }});
    Bench bench(server.url());
    bench.options.connections.per_origin = 1;
    std::vector<std::string> order;
    std::vector<std::future<void>> calls;
    for (int i = 0; i < 8; ++i)
        calls.push_back(boost::asio::co_spawn(
            bench.context,
            [](Bench& of, int number, std::vector<std::string>& into) -> boost::asio::awaitable<void> {
                auto response = co_await of.client().send(of.request("/" + std::to_string(number)));
                into.push_back(co_await response.read_all());
            }(bench, i, order),
            boost::asio::use_future));
    for (auto& call : calls) {
        bench.drive(call);
        call.get();
    }
    BOOST_TEST(server.connections() == 1u);
    const std::vector<std::string> expected{"/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_expires)
{
    ScriptedServer server({always(answer(200))});
    Bench bench(server.url());
    bench.options.connections.idle_expiry = std::chrono::seconds(30);
    bench.get();
    bench.clock->advance(std::chrono::seconds(29));
    bench.get();
    BOOST_TEST(server.connections() == 1u);
    bench.clock->advance(std::chrono::seconds(31));
    bench.get();
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_dropped_closes_the_connection)
{
    ScriptedServer server({always(answer(200, std::string(1 << 20, 'x')))});
    Bench bench(server.url());
    {
        const auto dropped = bench.send(bench.request());
    }
    BOOST_TEST(bench.get().size() == 1u << 20);
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_body_end_the_trust)
{
    ScriptedServer server({[](Peer& peer) {
                               peer.read_request();
                               peer.send(answer(200, "body") +
                                         "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
                               peer.wait_closed();
                           },
                           always(answer(200, "clean"))});
    Bench bench(server.url());
    BOOST_TEST(bench.get() == "body");
    BOOST_TEST(bench.get() == "clean");
}

BOOST_AUTO_TEST_CASE(the_loop_ends_when_nothing_is_active)
{
    ScriptedServer server({always(answer(200, "x"))});
    Bench bench(server.url());
    auto result = boost::asio::co_spawn(
        bench.context,
        [](Bench& of) -> boost::asio::awaitable<std::string> {
            auto response = co_await of.client().send(of.request());
            co_return co_await response.read_all();
        }(bench),
        boost::asio::use_future);
    // The deadlines are 10 s away: with a timer left over run() would take that long.
    const auto start = std::chrono::steady_clock::now();
    bench.context.run();
    BOOST_TEST(result.get() == "x");
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(a_closed_client_refuses)
{
    ScriptedServer server({always(answer(200))});
    Bench bench(server.url());
    bench.get();
    bench.client().close();
    const auto error = failure_of<HubError>([&] { bench.get(); });
    BOOST_TEST((error.code() == errc::shut_down));
}

BOOST_AUTO_TEST_SUITE_END()
