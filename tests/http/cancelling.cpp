#include <boost/test/unit_test.hpp>

#include <boost/asio/post.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

/// Starts a call, cancels it once `reached` is set, and gives its error.
template <class Call>
void cancel_when(Bench& bench, std::future<void> reached, Call call)
{
    boost::asio::cancellation_signal signal;
    std::promise<std::exception_ptr> ended;
    auto result = ended.get_future();
    boost::asio::co_spawn(
        bench.context, std::move(call),
        boost::asio::bind_cancellation_slot(
            signal.slot(), [&](std::exception_ptr error, auto...) { ended.set_value(error); }));
    std::thread canceller([&] {
        reached.wait();
        boost::asio::post(bench.context, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
    });
    bench.drive(result);
    canceller.join();
    const auto error = result.get();
    BOOST_REQUIRE(error != nullptr);
    BOOST_CHECK_THROW(std::rethrow_exception(error), CancelledError);
}

boost::asio::awaitable<void> fetch(Bench& bench)
{
    auto response = co_await bench.client().send(bench.request());
    co_await response.read_all();
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_cancelling)

BOOST_AUTO_TEST_CASE(while_waiting_for_the_response_and_the_connection_is_not_used_again)
{
    std::promise<void> reached;
    ScriptedServer server({[&](Peer& peer) {
                               peer.read_request();
                               reached.set_value();
                               peer.wait_closed();
                           },
                           always(answer(200, "fresh"))});
    Bench bench(server.url());
    cancel_when(bench, reached.get_future(), fetch(bench));
    BOOST_TEST(bench.get() == "fresh");
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(while_reading_the_body)
{
    std::promise<void> reached;
    ScriptedServer server({[&](Peer& peer) {
                               peer.read_request();
                               peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
                               reached.set_value();
                               peer.wait_closed();
                           },
                           always(answer(200, "fresh"))});
    Bench bench(server.url());
    cancel_when(bench, reached.get_future(), fetch(bench));
    BOOST_TEST(bench.get() == "fresh");
}

BOOST_AUTO_TEST_CASE(while_shaking_hands)
{
    std::promise<void> reached;
    ScriptedServer server({[&](Peer& peer) {
        peer.read_some();
        reached.set_value();
        peer.wait_closed();
    }});
    Bench bench("https://127.0.0.1:" + std::to_string(server.port()));
    cancel_when(bench, reached.get_future(), fetch(bench));
}

BOOST_AUTO_TEST_CASE(while_standing_in_line_and_the_next_in_line_is_served)
{
    ScriptedServer server(
        {[](Peer& peer) {
             peer.read_request();
             peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
             peer.read_request(); // only after the rest was asked for, by a note of the test
         },
         always(answer(200, "next"))});
    Bench bench(server.url());
    bench.options.connections.per_origin = 1;
    auto held = std::make_unique<http::Response>(bench.send(bench.request()));
    std::promise<void> now;
    now.set_value();
    cancel_when(bench, now.get_future(), fetch(bench));
    auto next = boost::asio::co_spawn(bench.context, fetch(bench), boost::asio::use_future);
    held.reset();
    bench.drive(next);
    next.get();
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(while_backing_off)
{
    ScriptedServer server({always(answer(503, {}, "Retry-After: 200\r\n"))});
    Bench bench(server.url());
    std::promise<void> reached;
    struct Slow final : Clock {
        explicit Slow(std::promise<void>& when) : asleep(when) {}
        boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
        {
            asleep.set_value();
            return Clock::sleep_until(when);
        }
        std::promise<void>& asleep;
    };
    bench.options.clock = std::make_shared<Slow>(reached);
    http::Client client(bench.context.get_executor(), bench.options);
    cancel_when(bench, reached.get_future(), client.send(bench.request()));
}

BOOST_AUTO_TEST_SUITE_END()
