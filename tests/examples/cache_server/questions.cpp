// Questions to /api/ and their answers on the way: long links, long bodies, slow ones, and bodies in chunks.
#include "fixture.hpp"

#include <boost/json.hpp>

#include <cstdio>
#include <future>
#include <set>

#include "cache_server/byte_budget.hpp"
#include "support/scripted_server.hpp"

using namespace cache_server::test;
using cache_server::ByteBudget;
using cache_server::SharedText;
using hfasync::test::Peer;
using hfasync::test::ScriptedServer;
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// An upstream that says what the test wants.
struct ScriptedFixture : CacheFixture {
    std::unique_ptr<ScriptedServer> upstream;
    void play(ScriptedServer::Script script)
    {
        server.reset();
        upstream = std::make_unique<ScriptedServer>(std::vector{std::move(script)});
        options.upstream.endpoint = upstream->url();
        restart();
    }
    void always(const std::string& answer) { play(hfasync::test::always(answer)); }
};

std::string chunked(const std::string& text, std::size_t size = 1000)
{
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size) {
        const auto piece = text.substr(at, size);
        char head[32];
        std::snprintf(head, sizeof head, "%zx\r\n", piece.size());
        out += head + piece + "\r\n";
    }
    return out + "0\r\n\r\n";
}

const Fields in_chunks{{"Content-Type", "application/json"}, {"Transfer-Encoding", "chunked"}};

} // namespace

BOOST_AUTO_TEST_SUITE(cache_server_questions)

BOOST_FIXTURE_TEST_CASE(a_long_link_leads_on, CacheFixture)
{
    hub->seed_repo("acme/other", {{"a.txt", "a"}});
    std::string target = "/api/models?limit=1&author=acme";
    for (int i = 0; i < 100; ++i)
        target += "&expand=sha";
    std::set<std::string> seen;
    for (int page = 0; page < 2; ++page) {
        const auto got = get(target);
        BOOST_REQUIRE_EQUAL(got.status, 200);
        const auto models = json::parse(got.body);
        for (const auto& one : models.as_array())
            seen.emplace(one.at("id").as_string());
        if (page > 0) break;
        const auto link = got.header("Link");
        BOOST_TEST(link.size() > 1024U);
        BOOST_REQUIRE(link.starts_with("<" + server->endpoint() + "/api/models?"));
        BOOST_TEST(link.ends_with("rel=\"next\""));
        const auto start = 1 + server->endpoint().size();
        target = link.substr(start, link.find('>') - start);
    }
    BOOST_TEST((seen == std::set<std::string>{"acme/other", "acme/tiny"}));
}

BOOST_FIXTURE_TEST_CASE(a_link_is_passed_on_whole_or_not_at_all, ScriptedFixture)
{
    for (const std::string name : {"Link", "Location"}) {
        const auto value = std::string(16'000, 'x') + "\xc3\xa9";
        always(hfasync::test::answer(200, "[]", name + ": " + value + "\r\n"));
        BOOST_TEST(get("/api/models?search=x").header(name) == value);
        always(hfasync::test::answer(200, "[]", name + ": " + std::string(17'000, 'x') + "\r\n"));
        const auto refused = get("/api/models?search=x");
        BOOST_TEST(refused.status == 502);
        BOOST_TEST(refused.header(name) == "");
        BOOST_TEST(refused.header("X-Error-Message").find(name + " of 17000 bytes") != std::string::npos);
    }
    always(hfasync::test::answer(400, "{}", "X-Error-Message: " + std::string(5000, 'x') + "\r\n"));
    BOOST_TEST(get("/api/models?search=x").header("X-Error-Message") == std::string(1024, 'x'));
}

BOOST_FIXTURE_TEST_CASE(a_slow_answer_has_as_long_as_it_goes_on, CacheFixture)
{
    options.answer_wait = std::chrono::seconds(2);
    restart();
    const auto whole = get("/api/whoami-v2", ann).body;
    const auto pause = std::chrono::milliseconds(4000 / whole.size() + 1);
    hub->add_fault({.path = "/api/whoami-v2", .action = emulator::FaultAction::drip, .delay = pause});
    const auto got = get("/api/whoami-v2", ann); // in twice the time that a piece of it has
    BOOST_TEST(got.status == 200);
    BOOST_TEST(got.body == whole);
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_stops_is_given_up, ScriptedFixture)
{
    options.answer_wait = std::chrono::milliseconds(200);
    play([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        peer.wait_closed();
    });
    const auto got = get("/api/whoami-v2");
    BOOST_TEST(got.status == 504);
    BOOST_TEST(got.header("X-Error-Message").find("in time") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(connections_to_the_upstream_are_used_again, ScriptedFixture)
{
    const auto asks = [this](std::string_view method = "GET") {
        const auto got = ask(method, "/api/models?search=x");
        BOOST_TEST(got.status == 200);
        BOOST_TEST(got.body == (method == "HEAD" ? "" : "[]"));
    };
    always(hfasync::test::answer(200, "[]"));
    asks();
    asks("HEAD"); // the script sends a body here, which nobody may take for the next answer
    asks();
    asks();
    BOOST_TEST(upstream->connections() == 2U);
    // One that has been closed meanwhile is no error.
    play([](Peer& peer) {
        peer.read_request();
        peer.send(hfasync::test::answer(200, "[]"));
    });
    for (int i = 0; i < 3; ++i)
        asks();
    BOOST_TEST(upstream->connections() == 3U);
    // A new one that is closed at once is one.
    play([](Peer& peer) { peer.read_request(); });
    BOOST_TEST(get("/api/models?search=x").status == 504);
    BOOST_TEST(upstream->connections() == 1U);
    always(hfasync::test::answer(200, "[]", "Connection: close\r\n"));
    asks();
    asks();
    BOOST_TEST(upstream->connections() == 2U);
}

BOOST_FIXTURE_TEST_CASE(long_answers_wait_for_each_other, ScriptedFixture)
{
    options.answer_bytes = 12 * mib; // room for two
    const auto body = noise(5 * mib);
    for (const bool in_pieces : {false, true}) {
        always(in_pieces ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 100'000)
                         : hfasync::test::answer(200, body));
        std::vector<std::future<PlainResponse>> answers;
        for (int i = 0; i < 6; ++i)
            answers.push_back(std::async(std::launch::async, [this] { return get("/api/models?search=x"); }));
        for (auto& answer : answers) {
            const auto got = answer.get();
            BOOST_TEST(got.status == 200);
            BOOST_TEST((got.body == body));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(who_does_not_read_holds_up_long_answers_only, ScriptedFixture)
{
    options.answer_bytes = 20 * mib;
    options.answer_wait = std::chrono::seconds(2);
    const auto body = noise(16 * mib);
    play([&body](Peer& peer) {
        const auto asked = peer.read_request();
        const bool is_short = asked.find("short") != std::string::npos;
        peer.send(hfasync::test::answer(200, is_short ? "short" : body, "Connection: close\r\n"));
    });
    {
        asio::io_context context;
        asio::ip::tcp::socket socket(context);
        const auto port = std::stoi(server->endpoint().substr(server->endpoint().rfind(':') + 1));
        socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        asio::write(socket,
                    asio::buffer(std::string("GET /api/models?search=x HTTP/1.1\r\nHost: x\r\n\r\n")));
        std::string head;
        asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n"); // and no further
        const auto busy = get("/api/models?search=x");
        BOOST_TEST(busy.status == 503);
        BOOST_TEST(busy.header("X-Error-Message").find("busy") != std::string::npos);
        BOOST_TEST(get("/api/models?search=short").body == "short");
    }
    // The one who did not read has gone. That takes the server a moment to see.
    options.answer_wait = std::chrono::seconds(20);
    restart();
    BOOST_TEST((get("/api/models?search=x").body == body));
}

BOOST_AUTO_TEST_CASE(turns_come_in_order)
{
    asio::io_context context;
    const auto work = asio::make_work_guard(context); // or the first poll that finds nothing is the last
    ByteBudget budget(context.get_executor(), 10, std::chrono::seconds(20));
    std::vector<std::shared_ptr<ByteBudget::Share>> shares;
    std::vector<int> order;
    asio::cancellation_signal give_up;
    const auto take = [&](int who, std::uint64_t bytes, asio::cancellation_slot slot = {}) {
        asio::co_spawn(context, budget.take(bytes),
                       asio::bind_cancellation_slot(slot, [&, who](const std::exception_ptr& failed,
                                                                   std::shared_ptr<ByteBudget::Share> share) {
                           order.push_back(failed ? -who : who);
                           shares.push_back(std::move(share));
                       }));
        context.poll();
    };
    take(1, 6);
    take(2, 6, give_up.slot());
    take(3, 7);
    take(4, 4); // there is room for it, and others before it
    BOOST_TEST(order == std::vector<int>{1}, boost::test_tools::per_element());
    give_up.emit(asio::cancellation_type::terminal);
    context.poll();
    BOOST_TEST((order == std::vector<int>{1, -2}));
    shares[0]->shrink_to(3);
    context.poll();
    BOOST_TEST((order == std::vector<int>{1, -2, 3}));
    shares.clear();
    context.poll();
    BOOST_TEST((order == std::vector<int>{1, -2, 3, 4}));
    shares.clear();
    take(5, 100); // all that there is
    BOOST_TEST((order == std::vector<int>{1, -2, 3, 4, 5}));
}

BOOST_AUTO_TEST_CASE(a_turn_that_does_not_come_is_not_waited_for)
{
    asio::io_context context;
    ByteBudget budget(context.get_executor(), 10, std::chrono::milliseconds(20));
    auto first = asio::co_spawn(context, budget.take(10), asio::use_future);
    auto second = asio::co_spawn(context, budget.take(1), asio::use_future);
    context.run();
    const auto share = first.get();
    BOOST_CHECK_EXCEPTION(second.get(), hfasync::Error, [](const hfasync::Error& error) {
        return error.context().status == 503 && error.code() == hfasync::errc::rate_limited;
    });
}

BOOST_AUTO_TEST_CASE(a_text_in_several_hands_is_one)
{
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> alive = kept;
    std::optional<SharedText> text(std::in_place, "long", std::move(kept));
    auto other = *text;
    BOOST_TEST(other.get().data() == text->get().data());
    text.reset();
    BOOST_TEST(!alive.expired());
    BOOST_TEST(("a " + other == "a long"));
    other = {};
    BOOST_TEST(alive.expired());
    BOOST_TEST(other.empty());
}

BOOST_FIXTURE_TEST_CASE(a_question_may_come_in_chunks, CacheFixture)
{
    const std::string target = "/api/models/acme/tiny/paths-info/main";
    const std::string body = R"({"paths": ["config.json", "none"], "expand": false})";
    const auto got = ask("POST", target, in_chunks, chunked(body, 7));
    BOOST_TEST(got.status == 200);
    BOOST_TEST(json::parse(got.body).as_array().size() == 1U);
    BOOST_TEST(ask("POST", target, {in_chunks[0]}, body).header("X-Cache") == "HIT"); // the same question
    // The connection goes on behind it.
    PlainClient client(server->endpoint(), 30'000);
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(client.request("POST", target, in_chunks, chunked(body)).body == got.body);
    const auto refused = ask("POST", "/api/models/acme/tiny/commit/main", in_chunks, chunked(body));
    BOOST_TEST(refused.status == 405);
}

BOOST_FIXTURE_TEST_CASE(a_question_that_is_too_long_is_told_so, CacheFixture)
{
    const std::string target = "/api/models/acme/tiny/paths-info/main";
    const std::string body(3 * mib, ' ');
    for (const auto& got : {ask("POST", target, in_chunks, chunked(body, 100'000)),
                            ask("POST", target, in_chunks, chunked(body, body.size())),
                            ask("POST", target, {in_chunks[0]}, body)}) {
        BOOST_TEST(got.status == 413);
        BOOST_TEST(got.header("X-Error-Message").find("1048576 bytes") != std::string::npos);
        BOOST_TEST(got.header("Connection") == "close");
    }
    BOOST_TEST(seen_all() == 0U);
    BOOST_TEST(ask("PUT", "/upload", in_chunks, chunked(body, 100'000)).status == 405);
}

BOOST_FIXTURE_TEST_CASE(a_head_of_api_tells_no_length_that_is_none, CacheFixture)
{
    PlainClient client(server->endpoint(), 30'000);
    const auto head = client.request("HEAD", "/api/models/acme/tiny");
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.header("Content-Type").starts_with("application/json"));
    BOOST_TEST(head.head.find("Content-Length") == std::string::npos);
    BOOST_TEST(client.request("GET", "/api/models/acme/tiny").status == 200); // on the same connection
    BOOST_TEST(ask("HEAD", "/acme/tiny/resolve/main/empty.txt").header("Content-Length") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
