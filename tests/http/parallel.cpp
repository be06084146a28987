#include <boost/test/unit_test.hpp>

#include <boost/asio/strand.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

ScriptedServer::Script echo_path(std::string_view extra = {})
{
    return [extra](Peer& peer) {
        for (auto head = peer.read_request(); !head.empty(); head = peer.read_request())
            peer.send(answer(200, head.substr(4, head.find(' ', 4) - 4), extra));
    };
}

boost::asio::awaitable<int> many(Bench& bench, int worker, int calls)
{
    int right = 0;
    for (int i = 0; i < calls; ++i) {
        const auto path = "/" + std::to_string(worker) + "/" + std::to_string(i);
        auto response = co_await bench.client().send(bench.request(path));
        if (co_await response.read_all() == path) ++right;
    }
    co_return right;
}

/// 64 coroutines on four threads; every answer must be the caller's own.
int right_answers(Bench& bench, int calls)
{
    bench.client();
    std::vector<std::future<int>> results;
    for (int worker = 0; worker < 64; ++worker)
        results.push_back(
            boost::asio::co_spawn(bench.context, many(bench, worker, calls), boost::asio::use_future));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { bench.context.run(); });
    for (auto& thread : threads)
        thread.join();
    int right = 0;
    for (auto& result : results)
        right += result.get();
    return right;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_parallel)

BOOST_AUTO_TEST_CASE(sixty_four_coroutines_on_four_threads)
{
    ScriptedServer server({echo_path()});
    Bench bench(server.url());
    BOOST_TEST(right_answers(bench, 25) == 64 * 25);
    BOOST_TEST(server.connections() <= 64u);
}

BOOST_AUTO_TEST_CASE(with_few_connections_and_ones_that_close)
{
    ScriptedServer server({echo_path("Connection: close\r\n")});
    Bench bench(server.url());
    bench.options.connections.per_origin = 5;
    BOOST_TEST(right_answers(bench, 5) == 64 * 5);
}

BOOST_AUTO_TEST_CASE(over_tls)
{
    const TestCa ca;
    const auto certificate = ca.leaf();
    ScriptedServer server({echo_path()}, &certificate);
    Bench bench(server.url("localhost"));
    bench.options.tls.ca_pem = ca.pem();
    bench.options.connections.per_origin = 8;
    BOOST_TEST(right_answers(bench, 10) == 64 * 10);
}

BOOST_AUTO_TEST_CASE(deadlines_fire_while_others_work)
{
    ScriptedServer server({echo_path()}), silent({[](Peer& peer) { peer.wait_closed(); }});
    Bench bench(server.url());
    bench.options.retry.max_retries = 0;
    bench.client();
    std::vector<std::future<bool>> late;
    for (int i = 0; i < 16; ++i)
        late.push_back(boost::asio::co_spawn(
            bench.context,
            [](Bench& of, std::string url) -> boost::asio::awaitable<bool> {
                auto request = of.request(url + "/");
                request.timeouts = Timeouts{};
                request.timeouts->first_byte = std::chrono::milliseconds(30);
                try {
                    co_await of.client().send(std::move(request));
                } catch (const TimeoutError&) {
                    co_return true;
                }
                co_return false;
            }(bench, silent.url()),
            boost::asio::use_future));
    BOOST_TEST(right_answers(bench, 20) == 64 * 20);
    for (auto& one : late)
        BOOST_TEST(one.get());
}

BOOST_AUTO_TEST_SUITE_END()
