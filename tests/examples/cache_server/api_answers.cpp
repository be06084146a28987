// /api/, writes, metrics, and the end of the server.
#include "fixture.hpp"

#include <boost/json.hpp>

#include <future>

#include "cache_server/proxy.hpp"
#include "support/counting_proxy.hpp"

using namespace cache_server::test;
using cache_server::proxy_for;
namespace json = boost::json;

BOOST_FIXTURE_TEST_SUITE(cache_server_api_answers, CacheFixture)

BOOST_AUTO_TEST_CASE(infos_are_the_upstreams_own)
{
    for (const std::string target :
         {"/api/models/acme/tiny", "/api/models/acme/tiny/revision/main?blobs=true",
          "/api/models/acme/tiny/refs", "/api/models/acme/tiny/commits/main",
          "/api/models/acme/tiny/tree/main/docs"}) {
        const auto own = PlainClient(hub->endpoint()).request("GET", target);
        const auto got = get(target);
        BOOST_TEST(got.status == 200, target);
        BOOST_TEST(got.body == own.body, target);
        hub->forget_requests();
        BOOST_TEST(get(target).header("X-Cache") == "HIT");
        BOOST_TEST(seen_all() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_commits_listing_is_never_asked_for_again)
{
    const auto target = "/api/models/acme/tiny/tree/" + commit + "?recursive=true";
    const auto expanded = target + "&expand=true";
    get(target);
    get(expanded);
    later = 1000;
    hub->forget_requests();
    BOOST_TEST(get(target).header("X-Cache") == "HIT");
    BOOST_TEST(seen_all() == 0U);
    BOOST_TEST(get(expanded).header("X-Cache") == "MISS"); // its last commits and scans do change
}

BOOST_AUTO_TEST_CASE(pages_lead_here)
{
    const auto first = get("/api/models/acme/tiny/tree/main?recursive=true"); // of three entries
    BOOST_TEST(json::parse(first.body).as_array().size() == 3U);
    const auto link = first.header("Link");
    BOOST_TEST(link.starts_with("<" + server->endpoint() + "/api/"), link);
    const auto next =
        link.substr(1 + server->endpoint().size(), link.find('>') - 1 - server->endpoint().size());
    BOOST_TEST(!json::parse(get(next).body).as_array().empty());
}

BOOST_AUTO_TEST_CASE(paths_info_is_a_post_that_reads)
{
    const std::string target = "/api/models/acme/tiny/paths-info/main";
    const Fields form{{"Content-Type", "application/json"}};
    const std::string body = R"({"paths": ["config.json", "none"], "expand": false})";
    const auto got = ask("POST", target, form, body);
    BOOST_TEST(got.status == 200);
    BOOST_TEST(json::parse(got.body).as_array().size() == 1U);
    BOOST_TEST(ask("POST", target, form, body).header("X-Cache") == "HIT");
    BOOST_TEST(ask("POST", target, form, R"({"paths": ["big.bin"]})").header("X-Cache") == "MISS");
}

BOOST_AUTO_TEST_CASE(other_reads_go_through_with_the_callers_token)
{
    const auto me = get("/api/whoami-v2", ann);
    BOOST_TEST(json::parse(me.body).at("name").as_string() == "ann");
    BOOST_TEST(json::parse(get("/api/whoami-v2", bob).body).at("name").as_string() == "bob");
    BOOST_TEST(get("/api/whoami-v2").status == 401);
    BOOST_TEST(get("/api/models?search=tiny").status == 200);
    BOOST_TEST(get("/api/models?nonsense=1").status == 400);
    BOOST_TEST(ask("HEAD", "/api/models/acme/tiny").status == 200);
}

BOOST_AUTO_TEST_CASE(renamed_repos_are_followed)
{
    at_upstream([](const hfasync::HfApi& api) { return api.move_repo("acme/tiny", "acme/small"); });
    const auto moved = get("/api/models/acme/tiny");
    BOOST_TEST(moved.status == 307);
    BOOST_TEST(moved.header("Location").find(hub->endpoint()) == std::string::npos);
    BOOST_TEST(get("/acme/tiny/resolve/main/config.json").body == "{\"n\": 1}\n");
}

BOOST_AUTO_TEST_CASE(writes_are_refused_in_words)
{
    for (const auto& [method, target] :
         std::vector<std::pair<std::string, std::string>>{{"POST", "/api/repos/create"},
                                                          {"DELETE", "/api/repos/delete"},
                                                          {"POST", "/api/models/acme/tiny/commit/main"},
                                                          {"POST", "/acme/tiny.git/info/lfs/objects/batch"},
                                                          {"PUT", "/api/models/acme/tiny/settings"}}) {
        const auto refused = ask(method, target, ann, "{}");
        BOOST_TEST(refused.status == 405, target);
        BOOST_TEST(refused.header("Allow") == "GET, HEAD");
        BOOST_TEST(refused.header("X-Error-Message").find("read-only") != std::string::npos);
        BOOST_TEST(refused.header("X-Error-Message").find(hub->endpoint()) != std::string::npos);
    }
    // Also when the body is too long to be waited for.
    BOOST_TEST(ask("PUT", "/upload", {}, noise(8 * mib)).status == 405);
    BOOST_TEST(seen_all() == 0U);
}

BOOST_AUTO_TEST_CASE(metrics_are_prometheus_text)
{
    get("/acme/tiny/resolve/main/big.bin");
    get("/acme/tiny/resolve/main/big.bin");
    get("/acme/tiny/resolve/main/none");
    const auto text = get("/metrics").body;
    for (const std::string line :
         {"hfasync_cache_hits_total 1\n", "hfasync_cache_misses_total 1\n",
          "hfasync_cache_errors_total{class=\"4xx\"} 1\n", "hfasync_cache_served_bytes_total 4194",
          "hfasync_cache_fetched_bytes_total 2097152\n", "hfasync_cache_evictions_total 0\n",
          "# TYPE hfasync_cache_stored_bytes gauge\n", "hfasync_cache_limit_bytes 67108864\n"})
        BOOST_TEST(text.find(line) != std::string::npos, line + "\n" + text);
}

BOOST_AUTO_TEST_CASE(a_stop_lets_answers_end)
{
    // The upstream keeps the transfer waiting until the server has been told to stop.
    std::promise<void> asked, go_on;
    hub.reset();
    auto slow = hub_options();
    slow.on_request = [&, waits = go_on.get_future().share(),
                       once = std::make_shared<std::once_flag>()](const emulator::SeenRequest& request) {
        if (request.origin == "storage")
            std::call_once(*once, [&] {
                asked.set_value();
                waits.wait_for(std::chrono::seconds(30));
            });
    };
    hub = std::make_unique<emulator::Emulator>(slow);
    hub->seed_repo("acme/slow", {{"big.bin", big}});
    options.upstream.endpoint = hub->endpoint();
    restart();
    PlainClient idle(server->endpoint(), 30'000);
    BOOST_TEST(idle.request("GET", "/").status == 200);
    auto answer = std::async(std::launch::async, [this] { return get("/acme/slow/resolve/main/big.bin"); });
    asked.get_future().wait();
    server->server().stop();
    BOOST_TEST((idle.read().ending == Ending::closed)); // nothing was under way on it
    go_on.set_value();
    const auto got = answer.get();
    BOOST_TEST(got.status == 200);
    BOOST_TEST((got.body == big));
    BOOST_TEST(got.header("Connection") == "close");
    server->stop();
}

BOOST_AUTO_TEST_CASE(an_upstream_over_tls)
{
    auto secure = hub_options();
    secure.tls = true;
    hub = std::make_unique<emulator::Emulator>(secure);
    hub->seed_repo("acme/tls", {{"a.txt", "a"}, {"big.bin", big}});
    options.upstream.endpoint = hub->endpoint();
    options.upstream.tls.ca_file = hub->ca_file();
    restart();
    BOOST_TEST(get("/acme/tls/resolve/main/big.bin").status == 200);
    BOOST_TEST(get("/api/models/acme/tls").status == 200);
    BOOST_TEST(get("/api/whoami-v2", ann).status == 200);
    // Whom nobody vouches for gets no token and gives no answer.
    options.folder = dir.path() / "other";
    options.upstream.tls = {};
    restart();
    hub->forget_requests();
    BOOST_TEST(get("/acme/tls/resolve/main/a.txt", ann).status == 504);
    BOOST_TEST(get("/api/whoami-v2", ann).status == 504);
    BOOST_TEST(seen_all() == 0U);
}

BOOST_AUTO_TEST_CASE(an_upstream_behind_a_proxy)
{
    // Nobody but the proxy knows this name.
    hfasync::test::CountingProxy proxy;
    options.upstream.endpoint = "http://hub.invalid" + hub->endpoint().substr(hub->endpoint().rfind(':'));
    options.upstream.proxy.http = proxy.url();
    restart();
    BOOST_TEST(get("/acme/tiny/resolve/main/config.json").body == "{\"n\": 1}\n");
    BOOST_TEST(get("/api/models/acme/tiny").status == 200);
    BOOST_TEST(get("/api/whoami-v2", ann).status == 200);
    options.upstream.proxy.no_proxy = {".invalid"};
    options.folder = dir.path() / "other";
    restart();
    BOOST_TEST(get("/api/whoami-v2", ann).status == 504);
}

BOOST_AUTO_TEST_CASE(proxies_are_read_as_the_library_reads_them)
{
    const hfasync::ProxyOptions options{.http = "http://user:p%40ss@proxy:3128/",
                                        .https = "proxy",
                                        .no_proxy = {"example.com", "10.0.0.1:8080"}};
    const auto plain = proxy_for(options, false, "hub.org", "80");
    BOOST_REQUIRE(plain);
    BOOST_TEST(plain->host == "proxy");
    BOOST_TEST(plain->port == "3128");
    BOOST_TEST(plain->authorization == "Basic dXNlcjpwQHNz"); // user:p@ss
    BOOST_TEST(proxy_for(options, true, "hub.org", "443")->port == "80");
    BOOST_TEST(!proxy_for(options, true, "hub.example.com", "443"));
    BOOST_TEST(!proxy_for(options, true, "example.com", "443"));
    BOOST_TEST(proxy_for(options, true, "notexample.com", "443").has_value());
    BOOST_TEST(!proxy_for(options, false, "10.0.0.1", "8080"));
    BOOST_TEST(proxy_for(options, false, "10.0.0.1", "80").has_value());
    BOOST_TEST(!proxy_for({}, false, "hub.org", "80"));
    BOOST_TEST(!proxy_for({.http = "http://p", .https = {}, .no_proxy = {"*"}}, false, "hub.org", "80"));
    BOOST_CHECK_THROW(proxy_for({.http = "http://p:x", .https = {}, .no_proxy = {}}, false, "h", "80"),
                      hfasync::ValueError);
}

BOOST_AUTO_TEST_CASE(a_folder_has_one_server)
{
    boost::asio::io_context context;
    BOOST_CHECK_THROW(cache_server::Server(context, options), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
