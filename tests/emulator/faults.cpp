#include <chrono>

#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
using emulator::FaultRule;

namespace {

struct Broken : HubFixture {
    explicit Broken(emulator::Options options = with_control()) : HubFixture(std::move(options))
    {
        hub.seed_repo("acme/tiny", {{"r.txt", regular}, {"l.bin", large}});
    }
    static emulator::Options with_control()
    {
        auto options = small_options();
        options.control_route = true;
        options.lfs_threshold = 100'000;
        return options;
    }
    void fault(FaultAction action, std::uint64_t at = 0, std::string path = "*r.txt")
    {
        hub.add_fault(
            {.path = std::move(path), .action = action, .at = at, .delay = std::chrono::milliseconds(1)});
    }
    PlainResponse get(int timeout_ms = 10'000, const Headers& headers = {}) const
    {
        return PlainClient(hub.endpoint(), timeout_ms)
            .request("GET", "/acme/tiny/resolve/main/r.txt", headers);
    }
    PlainResponse get_large() const
    {
        return ask_storage("GET", ask("GET", "/acme/tiny/resolve/main/l.bin").header("location"));
    }
    const std::string regular = pattern(50'000), large = pattern(200'000);
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_faults)

BOOST_FIXTURE_TEST_CASE(reset_and_close_at_a_byte, Broken)
{
    fault(FaultAction::reset, 10'000);
    const auto reset = get();
    BOOST_TEST(reset.status == 200);
    BOOST_TEST(reset.header("content-length") == "50000");
    BOOST_TEST((reset.body == regular.substr(0, 10'000)));
    BOOST_TEST((reset.ending == Ending::reset));
    fault(FaultAction::close, 10'000);
    const auto closed = get();
    BOOST_TEST(closed.body.size() == 10'000u);
    BOOST_TEST((closed.ending == Ending::closed));
    fault(FaultAction::short_body, 7);
    BOOST_TEST(get().body.size() == 7u);
    BOOST_TEST((get().body == regular)); // the rules have run out
}

BOOST_FIXTURE_TEST_CASE(storage_origin_is_broken_the_same_way, Broken)
{
    hub.add_fault({.origin = "storage", .action = FaultAction::reset, .at = 150'000});
    const auto reset = get_large();
    BOOST_TEST((reset.body == large.substr(0, 150'000)));
    BOOST_TEST((reset.ending == Ending::reset));
    BOOST_TEST((get_large().body == large));
}

BOOST_FIXTURE_TEST_CASE(stall_keeps_the_connection, Broken)
{
    fault(FaultAction::stall, 100);
    const auto stalled = get(200);
    BOOST_TEST(stalled.body.size() == 100u);
    BOOST_TEST((stalled.ending == Ending::timed_out));
}

BOOST_FIXTURE_TEST_CASE(drip_gives_a_byte_at_a_time, Broken)
{
    fault(FaultAction::drip, regular.size() - 5);
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST((get().body == regular));
    BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(5)));
}

BOOST_FIXTURE_TEST_CASE(wrong_bodies, Broken)
{
    fault(FaultAction::long_body, 3);
    const auto longer = get();
    BOOST_TEST(longer.header("transfer-encoding") == "chunked");
    BOOST_TEST((longer.body == regular + "xxx"));
    fault(FaultAction::flip_bit, 20'000);
    auto flipped = get().body;
    BOOST_TEST_REQUIRE(flipped.size() == regular.size());
    BOOST_TEST(flipped[20'000] == static_cast<char>(regular[20'000] ^ 1));
    flipped[20'000] = regular[20'000];
    BOOST_TEST((flipped == regular));
    hub.add_fault({.origin = "storage", .action = FaultAction::flip_bit, .at = 199'999});
    BOOST_TEST(get_large().body.back() == static_cast<char>(large.back() ^ 1));
}

BOOST_FIXTURE_TEST_CASE(wrong_ranges, Broken)
{
    fault(FaultAction::bad_range);
    BOOST_TEST(get(10'000, {{"Range", "bytes=100-"}}).header("content-range") == "bytes 101-49999/50000");
    fault(FaultAction::ignore_range);
    const auto whole = get(10'000, {{"Range", "bytes=100-"}});
    BOOST_TEST(whole.status == 200);
    BOOST_TEST((whole.body == regular));
}

BOOST_FIXTURE_TEST_CASE(other_answers, Broken)
{
    hub.add_fault({.path = "*r.txt",
                   .action = FaultAction::status,
                   .status = 429,
                   .headers = {{"Retry-After", "2"}},
                   .body = "slow down"});
    const auto limited = get();
    BOOST_TEST(limited.status == 429);
    BOOST_TEST(limited.header("retry-after") == "2");
    BOOST_TEST(limited.body == "slow down");
    hub.add_fault(
        {.path = "*r.txt", .action = FaultAction::redirect, .headers = {{"Location", "http://elsewhere/"}}});
    BOOST_TEST(get().header("location") == "http://elsewhere/");
    fault(FaultAction::garbage);
    BOOST_TEST(get().status == 0);
    fault(FaultAction::delay);
    BOOST_TEST(get().status == 200);
}

BOOST_FIXTURE_TEST_CASE(lost_replies_have_done_their_work, Broken)
{
    hub.add_fault({.method = "POST", .path = "/api/repos/create", .action = FaultAction::lose_reply});
    const std::string body = R"({"name":"lost","organization":"acme"})";
    const auto lost = ask("POST", "/api/repos/create", ann, body);
    BOOST_TEST(lost.status == 0);
    BOOST_TEST((lost.ending == Ending::reset));
    BOOST_TEST(ask("POST", "/api/repos/create", ann, body).status == 409);
}

BOOST_FIXTURE_TEST_CASE(uploads_break_at_a_byte, Broken)
{
    const auto content = pattern(4000, 9);
    const auto href = action(batch(content), "upload");
    hub.add_fault({.method = "PUT", .action = FaultAction::reset, .at = 1000, .upload = true});
    const auto reset = ask_storage("PUT", href, content);
    BOOST_TEST(reset.status == 0);
    BOOST_TEST(hub.requests().back().body_bytes == 1000u);
    hub.add_fault({.method = "PUT", .action = FaultAction::status, .at = 500, .status = 503, .upload = true});
    BOOST_TEST(ask_storage("PUT", href, content).status == 503);
    hub.add_fault({.method = "PUT",
                   .action = FaultAction::drip,
                   .at = 3990,
                   .delay = std::chrono::milliseconds(1),
                   .upload = true});
    BOOST_TEST(ask_storage("PUT", href, content).status == 200);
}

BOOST_FIXTURE_TEST_CASE(skip_times_and_order, Broken)
{
    hub.add_fault({.path = "*r.txt", .skip = 1, .times = 2, .action = FaultAction::status, .status = 500});
    hub.add_fault({.path = "*r.txt", .times = -1, .action = FaultAction::status, .status = 503});
    std::vector<int> seen;
    for (int i = 0; i < 5; ++i)
        seen.push_back(get().status);
    BOOST_TEST(seen == (std::vector<int>{200, 500, 500, 503, 503}), boost::test_tools::per_element());
    hub.clear_faults();
    BOOST_TEST(get().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
