// The upstream is gone: what is known is served and marked, what is not is 504.
#include "fixture.hpp"

using namespace cache_server::test;

namespace {

struct WarmFixture : CacheFixture {
    const std::vector<std::string> targets{
        "/acme/tiny/resolve/main/config.json", "/acme/tiny/resolve/main/big.bin", "/api/models/acme/tiny",
        "/api/models/acme/tiny/revision/main", "/api/models/acme/tiny/tree/main?recursive=true"};
    std::vector<PlainResponse> fresh;
    WarmFixture()
    {
        for (const auto& target : targets)
            fresh.push_back(get(target));
    }
    void all_stale()
    {
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const auto got = get(targets[i]);
            BOOST_TEST(got.status == 200, targets[i]);
            BOOST_TEST(got.header("X-Cache") == "STALE", targets[i]);
            BOOST_TEST(got.header("Warning").starts_with("111"), targets[i]);
            BOOST_TEST((got.body == fresh[i].body), targets[i]);
            BOOST_TEST(got.header("ETag") == fresh[i].header("ETag"));
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cache_server_offline, WarmFixture)

BOOST_AUTO_TEST_CASE(the_last_known_state_is_served_and_marked)
{
    unplug();
    for (const auto& target : targets) // not yet due
        BOOST_TEST(get(target).header("X-Cache") == "HIT");
    later = 100;
    all_stale();
    later = 1'000'000; // however long
    all_stale();
    BOOST_TEST(get("/acme/tiny/resolve/" + commit + "/config.json").status == 200);
    BOOST_TEST(server->metrics().stale >= 2 * targets.size());
}

BOOST_AUTO_TEST_CASE(after_a_restart_too)
{
    const auto empty = "/acme/tiny/resolve/" + commit + "/empty.txt";
    BOOST_TEST(ask("HEAD", empty).status == 200);
    unplug();
    later = 1000;
    restart();
    all_stale();
    BOOST_TEST(get(empty).status == 200);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_a_504_with_a_reason)
{
    unplug();
    later = 100;
    for (const std::string target : {"/acme/tiny/resolve/main/docs/a%20b.txt", "/acme/other/resolve/main/x",
                                     "/api/models/acme/other", "/api/models?search=x", "/api/whoami-v2"}) {
        const auto got = get(target, ann);
        BOOST_TEST(got.status == 504, target);
        BOOST_TEST(got.header("X-Error-Message").find("cannot be reached") != std::string::npos, target);
    }
}

BOOST_AUTO_TEST_CASE(an_upstream_that_fails_is_as_good_as_gone)
{
    hub->add_fault({.path = "*", .times = -1, .action = emulator::FaultAction::status, .status = 503});
    later = 100;
    all_stale();
    hub->clear_faults();
    later = 200;
    const auto back = get(targets[0]);
    BOOST_TEST(back.header("X-Cache") == "HIT");
    BOOST_TEST(back.header("Warning") == "");
}

BOOST_AUTO_TEST_CASE(a_down_upstream_is_not_asked_by_everybody)
{
    hub->add_fault({.path = "*", .times = -1, .action = emulator::FaultAction::status, .status = 503});
    later = 100;
    get(targets[0]);
    hub->forget_requests();
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(get(targets[0]).header("X-Cache") == "STALE");
    BOOST_TEST(seen_all() == 0U);
}

BOOST_AUTO_TEST_CASE(private_files_need_a_judgement)
{
    hub->seed_repo("acme/secret", {{"a.txt", "secret\n"}});
    make_private("acme/secret");
    const std::string target = "/acme/secret/resolve/main/a.txt";
    BOOST_TEST(get(target, ann).body == "secret\n");
    unplug();
    BOOST_TEST(get(target, ann).body == "secret\n"); // it still counts
    BOOST_TEST(get(target, bob).status == 504);
    BOOST_TEST(get(target).status == 504);
    later = 61;
    BOOST_TEST(get(target, ann).status == 504);
}

BOOST_AUTO_TEST_SUITE_END()
