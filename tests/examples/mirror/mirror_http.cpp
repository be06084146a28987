// The service's own server: webhooks, metrics, the page and its events; and how the service follows a branch.
#include <boost/test/unit_test.hpp>

#include "feed.hpp"
#include "fixture.hpp"
#include "webhook.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_http)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

const std::string secret = "X-Webhook-Secret: s3cret\r\n";
const std::string serve = "http: {listen: '127.0.0.1:0', webhook_secret_env: SECRET}\nevery: 1h\n";

std::string payload(const std::string& repo, const std::string& scope = "repo.content",
                    const std::string& action = "update", const std::string& type = "model")
{
    return boost::json::serialize(
        boost::json::object{{"event", boost::json::object{{"action", action}, {"scope", scope}}},
                            {"repo", boost::json::object{{"type", type}, {"name", repo}}},
                            {"updatedRefs", boost::json::array{}}});
}

struct Served : MirrorFixture {
    bool is_mirrored(const std::string& file, const std::string& content) const
    {
        return eventually([&] { return content_of(out() / "models/acme/tiny/main" / file) == content; });
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(secrets_are_compared_whole)
{
    BOOST_TEST(mirror::equal_in_constant_time("abc", "abc"));
    for (const auto* other : {"", "a", "ab", "abd", "abcd", "xbc"})
        BOOST_TEST(!mirror::equal_in_constant_time("abc", other), other);
    using mirror::WebhookResult;
    const auto result = [](std::optional<std::string> ours, const std::string& given,
                           const std::string& body) {
        return mirror::read_webhook(ours, given, body).result;
    };
    const auto good = payload("acme/tiny");
    BOOST_TEST((result("s", "s", good) == WebhookResult::accepted));
    BOOST_TEST((result("s", "t", good) == WebhookResult::forbidden));
    BOOST_TEST((result("s", "", good) == WebhookResult::forbidden));
    BOOST_TEST((result(std::nullopt, "", good) == WebhookResult::forbidden)); // none is set: nobody may
    BOOST_TEST((result("s", "t", "not JSON") == WebhookResult::forbidden));   // and learns nothing else
    for (const auto* body :
         {"", "not JSON", "[]", "{}", "{\"event\":1,\"repo\":2}", "{\"event\":{},\"repo\":{}}"})
        BOOST_TEST((result("s", "s", body) == WebhookResult::malformed), body);
    BOOST_TEST((result("s", "s", payload("../../etc")) == WebhookResult::malformed));
    BOOST_TEST(
        (result("s", "s", payload("acme/tiny", "repo", "update", "kernel")) == WebhookResult::malformed));
    BOOST_TEST((result("s", "s", payload("acme/tiny", "discussion")) == WebhookResult::ignored));
    BOOST_TEST((result("s", "s", payload("acme/tiny", "repo.config")) == WebhookResult::ignored));
    BOOST_TEST((result("s", "s", payload("acme/tiny", "repo", "delete")) == WebhookResult::ignored));
}

BOOST_FIXTURE_TEST_CASE(a_commit_comes_by_webhook, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/*}]", serve));
    BOOST_REQUIRE(is_mirrored("a", "1"));
    // The Hub itself calls: what it sends is its own business.
    Hub client({.endpoint = hub.endpoint(), .token = hub.token()});
    client.block_on(HfApi(client).create_webhook(fmt::format("http://127.0.0.1:{}/webhook", service.port()),
                                                 {{.type = "org", .name = "acme"}}, {.secret = "s3cret"}));
    commit("acme/tiny", "a", "2"); // the next round is in an hour
    BOOST_TEST(is_mirrored("a", "2"));
    // A repo that was not there before.
    client.block_on(HfApi(client).create_repo("acme/new"));
    commit("acme/new", "x", "new");
    BOOST_TEST(eventually([&] { return content_of(out() / "models/acme/new/main/x") == "new"; }));
    BOOST_TEST(
        ask(service.port(), "GET", "/metrics").body.find("mirror_webhooks_total{result=\"accepted\"}") !=
        std::string::npos);
    BOOST_TEST(!service.has_failed());
}

BOOST_FIXTURE_TEST_CASE(a_webhook_that_was_accepted_is_not_forgotten, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/*}]", serve + "retry: 10ms\n"));
    BOOST_REQUIRE(is_mirrored("a", "1"));
    commit("acme/tiny", "a", "2"); // the next round is in an hour
    hub.add_fault({.method = "GET",
                   .path = "/api/models/acme/tiny/revision/main",
                   .times = 2,
                   .action = emulator::FaultAction::status,
                   .status = 400});
    BOOST_TEST(ask(service.port(), "POST", "/webhook", secret, payload("acme/tiny")).status == 202);
    BOOST_TEST(is_mirrored("a", "2"));
    const auto metrics = ask(service.port(), "GET", "/metrics").body;
    BOOST_TEST(metrics.find("mirror_problems_total 2") != std::string::npos, metrics);
    // Of a repo that is gone, nothing is asked again and again.
    const auto forgotten = [&] {
        const auto requests = hub.requests();
        return std::count_if(requests.begin(), requests.end(), [](const emulator::SeenRequest& request) {
            return request.target.find("acme/gone") != std::string::npos;
        });
    };
    BOOST_TEST(ask(service.port(), "POST", "/webhook", secret, payload("acme/gone")).status == 202);
    BOOST_TEST(eventually([&] { return forgotten() == 1; }));
    commit("acme/tiny", "a", "3");
    BOOST_TEST(ask(service.port(), "POST", "/webhook", secret, payload("acme/tiny")).status == 202);
    BOOST_TEST(is_mirrored("a", "3"));
    BOOST_TEST(forgotten() == 1);
}

BOOST_FIXTURE_TEST_CASE(webhooks_of_others_are_refused, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/tiny}]", serve));
    const auto post = [&](const std::string& headers, const std::string& body) {
        return ask(service.port(), "POST", "/webhook", headers, body).status;
    };
    BOOST_TEST(post("", payload("acme/tiny")) == 401);
    BOOST_TEST(post("X-Webhook-Secret: wrong\r\n", payload("acme/tiny")) == 401);
    BOOST_TEST(post(secret, "no") == 400);
    BOOST_TEST(post(secret, payload("acme/tiny")) == 202);
    BOOST_TEST(post(secret, payload("acme/unknown")) == 200);
    BOOST_TEST(post(secret, std::string(2 << 20, ' ')) == 413);
    BOOST_TEST(ask(service.port(), "GET", "/webhook", secret).status == 405);
    const auto metrics = ask(service.port(), "GET", "/metrics").body;
    BOOST_TEST(metrics.find("mirror_webhooks_total{result=\"refused\"} 3") != std::string::npos, metrics);
    BOOST_TEST(metrics.find("s3cret") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_schedule_follows_a_branch, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/tiny}]", "every: 100ms\n"));
    BOOST_REQUIRE(is_mirrored("a", "1"));
    commit("acme/tiny", "a", "2");
    BOOST_TEST(is_mirrored("a", "2"));
    const auto took = service.stop();
    BOOST_TEST((took < soon));
    BOOST_TEST(!service.has_failed());
}

BOOST_FIXTURE_TEST_CASE(pages, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/tiny}, {model: acme/nobody}]", serve));
    BOOST_REQUIRE(is_mirrored("a", "1"));
    const auto port = service.port();
    const auto page = ask(port, "GET", "/");
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.head.find("Content-Security-Policy: default-src 'none'") != std::string::npos);
    BOOST_TEST(page.body.find("EventSource") != std::string::npos);
    BOOST_TEST(page.body.find("src=") == std::string::npos); // nothing from elsewhere
    BOOST_TEST(page.body.find("innerHTML") == std::string::npos);
    BOOST_TEST(ask(port, "HEAD", "/").body.empty());
    BOOST_TEST(ask(port, "GET", "/healthz").body == "ok\n");
    BOOST_TEST(ask(port, "GET", "/nothing").status == 404);
    BOOST_TEST(ask(port, "DELETE", "/").status == 405);
    const auto has = [&](const std::string& text) {
        return eventually([&] { return ask(port, "GET", "/metrics").body.find(text) != std::string::npos; });
    };
    BOOST_TEST(has("mirror_list_jobs{state=\"done\"} 1"));
    BOOST_TEST(has("mirror_files_total 1"));
    BOOST_TEST(has("mirror_jobs_total{outcome=\"mirrored\"} 1"));
    BOOST_TEST(has("mirror_problems_total 1"));
    BOOST_TEST(has("process_resident_memory_bytes "));
    const auto metrics = ask(port, "GET", "/metrics").body;
    for (std::size_t at = 0; at < metrics.size();
         at = metrics.find('\n', at) + 1) // a name, a space, a number
        BOOST_TEST((metrics[at] == '#' || metrics.find(' ', at) < metrics.find('\n', at)));
    const auto status = boost::json::parse(ask(port, "GET", "/status").body);
    BOOST_TEST(status.at("counts").at("done").to_number<int>() == 1);
}

BOOST_FIXTURE_TEST_CASE(events_follow_what_happens, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/tiny}]", serve));
    const auto events = ask(service.port(), "GET", "/events", {}, {}, [&](const std::string& text) {
        return text.find("\"outcome\":\"mirrored\"") != std::string::npos && text.ends_with("\n\n");
    });
    BOOST_TEST(events.status == 200);
    BOOST_TEST(events.head.find("text/event-stream") != std::string::npos);
    BOOST_TEST(events.body.find("data: {") != std::string::npos);
    // A reader that stays does not keep the service from ending.
    asio::io_context context;
    asio::ip::tcp::socket reader(context);
    reader.connect({asio::ip::address_v4::loopback(), service.port()});
    asio::write(reader, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")));
    std::array<char, 100> some{};
    BOOST_TEST(reader.read_some(asio::buffer(some)) > 0u);
    BOOST_TEST((service.stop() < soon));
}

BOOST_AUTO_TEST_CASE(all_readers_are_told_one_text)
{
    mirror::Status status("me");
    mirror::Feed feed;
    const auto start = mirror::Feed::Clock::now();
    const auto first = feed.latest(status, start);
    BOOST_TEST(*first.json == status.json());
    BOOST_TEST(feed.latest(status, start + std::chrono::hours(1)).json == first.json); // nothing has changed
    // While it changes all the time, it is made once a tick.
    status.problem("something new");
    BOOST_TEST(feed.latest(status, start + mirror::Feed::tick / 2).json == first.json);
    const auto next = feed.latest(status, start + mirror::Feed::tick);
    BOOST_TEST(next.json->find("something new") != std::string::npos);
    BOOST_TEST(next.version != first.version);
    BOOST_TEST(feed.latest(status, start + mirror::Feed::tick).json == next.json);
}

BOOST_FIXTURE_TEST_CASE(readers_of_events_leave_room_for_others, Served)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    Running service(config("[{model: acme/tiny}]", serve));
    asio::io_context context;
    std::vector<asio::ip::tcp::socket> readers;
    for (std::size_t i = 0; i < mirror::Feed::most_readers; ++i) {
        auto& reader = readers.emplace_back(context);
        reader.connect({asio::ip::address_v4::loopback(), service.port()});
        asio::write(reader, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")));
        std::array<char, 12> status{};
        asio::read(reader, asio::buffer(status));
        BOOST_REQUIRE(std::string(status.data(), status.size()) == "HTTP/1.1 200");
    }
    const auto has_event = [](const std::string& text) { return text.find("data: ") != std::string::npos; };
    const auto follow = [&] { return ask(service.port(), "GET", "/events", {}, {}, has_event).status; };
    BOOST_TEST(follow() == 503); // said, not just closed
    BOOST_TEST(ask(service.port(), "GET", "/healthz").body == "ok\n");
    BOOST_TEST(ask(service.port(), "GET", "/metrics").status == 200);
    // Who leaves makes room, although nothing happens that could be told.
    readers.pop_back();
    BOOST_TEST(eventually([&] { return follow() == 200; }));
    BOOST_TEST((service.stop() < soon));
}

BOOST_FIXTURE_TEST_CASE(an_address_that_is_taken, Served)
{
    asio::io_context context;
    asio::ip::tcp::acceptor taken(context, {asio::ip::address_v4::loopback(), 0});
    auto settings = config("[{model: acme/tiny}]", serve);
    settings.http->port = taken.local_endpoint().port();
    try {
        once(std::move(settings));
        BOOST_ERROR("two servers listen");
    } catch (const OSError& error) {
        BOOST_TEST(std::string(error.message()).find("Cannot listen on 127.0.0.1") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
