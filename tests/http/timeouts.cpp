#include <boost/test/unit_test.hpp>

#include <boost/asio/steady_timer.hpp>

#include "http/bench.hpp"

using namespace hfasync;
using namespace hfasync::test;
using std::chrono::milliseconds;

namespace {

/// Listens, but its queue is full: a connect to it hangs (Linux drops the SYN).
class FullListener {
public:
    FullListener()
    {
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&address_), size) != 0 || ::listen(fd_, 0) != 0 ||
            ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size) != 0)
            throw std::runtime_error("cannot listen");
        for (auto& filler : fillers_) {
            filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            ::connect(filler, reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
        }
        // The first connects take their place before the one under test.
        pollfd ready{fillers_[0], POLLOUT, 0};
        ::poll(&ready, 1, most_wait_ms);
    }
    FullListener(const FullListener&) = delete;
    ~FullListener()
    {
        for (const int filler : fillers_)
            ::close(filler);
        ::close(fd_);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

private:
    int fd_ = -1;
    int fillers_[4] = {};
    sockaddr_in address_{};
};

struct ShortBench : Bench {
    explicit ShortBench(const std::string& url) : Bench(url) { options.retry.max_retries = 0; }
    void must_time_out(std::string_view phase)
    {
        const auto error = failure_of<TimeoutError>([&] { get(); });
        BOOST_TEST((error.code() == errc::timed_out));
        BOOST_TEST(contains(error.what(), phase));
    }
};

void stall(Peer& peer)
{
    peer.wait_closed();
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_timeouts)

BOOST_AUTO_TEST_CASE(connecting)
{
    const FullListener full;
    ShortBench bench(full.url());
    bench.options.timeouts.connect = milliseconds(60);
    bench.must_time_out("connecting");
}

BOOST_AUTO_TEST_CASE(handshake)
{
    ScriptedServer server({stall}); // speaks no TLS
    ShortBench bench("https://127.0.0.1:" + std::to_string(server.port()));
    bench.options.timeouts.handshake = milliseconds(60);
    bench.must_time_out("TLS handshake");
}

BOOST_AUTO_TEST_CASE(first_byte)
{
    ScriptedServer server({stall});
    ShortBench bench(server.url());
    bench.options.timeouts.first_byte = milliseconds(60);
    bench.must_time_out("waiting for the response");
}

BOOST_AUTO_TEST_CASE(a_head_that_drips_does_not_move_the_deadline)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_request();
        pollfd gone{peer.fd(), POLLIN, 0};
        peer.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < most_wait_ms / 10 && peer.send("X-A: b\r\n") && ::poll(&gone, 1, 10) == 0; ++i) {
        }
    }});
    ShortBench bench(server.url());
    bench.options.timeouts.first_byte = milliseconds(100);
    bench.must_time_out("waiting for the response");
}

BOOST_AUTO_TEST_CASE(idle_body)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
        peer.wait_closed();
    }});
    ShortBench bench(server.url());
    bench.options.timeouts.idle = milliseconds(60);
    bench.must_time_out("reading the body");
}

BOOST_AUTO_TEST_CASE(a_reader_that_takes_its_time_is_not_timed_out)
{
    const std::string body(4 << 20, 'x');
    ScriptedServer server({always(answer(200, body))});
    ShortBench bench(server.url());
    bench.options.timeouts.idle = milliseconds(1'000);
    auto response = bench.send(bench.request());
    char first = 0;
    BOOST_TEST(bench.run(response.read_some(boost::asio::buffer(&first, 1))) == 1u);
    // The loop goes on, longer than the limit, while nobody reads.
    boost::asio::steady_timer busy(bench.context, milliseconds(1'500));
    auto over = busy.async_wait(boost::asio::use_future);
    bench.drive(over);
    BOOST_TEST(bench.body(response).size() == body.size() - 1);
}

BOOST_AUTO_TEST_CASE(sending_to_a_server_that_does_not_read)
{
    std::promise<void> over;
    auto done = over.get_future().share();
    ScriptedServer server({[done](Peer&) { done.wait(); }});
    ShortBench bench(server.url());
    bench.options.timeouts.idle = milliseconds(60);
    auto request = bench.request("/", http::Method::put);
    request.body = http::text_body(std::string(32 << 20, 'x'));
    const auto error = failure_of<TimeoutError>([&] { bench.send(std::move(request)); });
    BOOST_TEST(contains(error.what(), "sending the request"));
    over.set_value();
}

BOOST_AUTO_TEST_CASE(the_whole_call)
{
    ScriptedServer server({stall});
    ShortBench bench(server.url());
    bench.options.retry.max_retries = 5;
    bench.options.timeouts.total = milliseconds(80);
    const auto start = std::chrono::steady_clock::now();
    bench.must_time_out("waiting for the response");
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(the_line_for_a_connection)
{
    ScriptedServer server({[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        peer.wait_closed();
    }});
    ShortBench bench(server.url());
    bench.options.connections.per_origin = 1;
    auto held = bench.send(bench.request());
    auto request = bench.request();
    request.timeouts = Timeouts{};
    request.timeouts->total = milliseconds(60);
    const auto error = failure_of<TimeoutError>([&] { bench.send(std::move(request)); });
    BOOST_TEST(contains(error.what(), "free connection"));
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_call_goes_before_that_of_the_hub)
{
    ScriptedServer server({stall});
    ShortBench bench(server.url());
    auto request = bench.request();
    request.timeouts = Timeouts{};
    request.timeouts->first_byte = milliseconds(50);
    BOOST_CHECK_THROW(bench.send(std::move(request)), TimeoutError);
}

BOOST_AUTO_TEST_SUITE_END()
