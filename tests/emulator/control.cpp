// Faults that are scripted from outside: every action by its name, and rules that are refused.
#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

const std::string faults = "/__emulator/faults", log_of_requests = "/__emulator/requests";

struct Controlled : HubFixture {
    Controlled() : HubFixture(with_control()) { hub.seed_repo("acme/tiny", {{"r.txt", content}}); }
    static emulator::Options with_control()
    {
        auto options = small_options();
        options.control_route = true;
        options.lfs_threshold = 100'000;
        return options;
    }
    /// Plays `"action": ...` on the next GET of the file.
    PlainResponse get(const std::string& action, const Headers& headers = {}, int timeout_ms = 10'000)
    {
        const auto answer = ask("POST", faults, nobody, R"({"path":"*r.txt","action":)" + action + "}");
        BOOST_TEST(answer.status == 200, answer.body);
        return PlainClient(hub.endpoint(), timeout_ms)
            .request("GET", "/acme/tiny/resolve/main/r.txt", headers);
    }
    std::string refused(const std::string& rule) const
    {
        const auto answer = ask("POST", faults, nobody, rule);
        BOOST_TEST(answer.status == 400, rule);
        return answer.header("x-error-message");
    }
    const std::string content = pattern(50'000);
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_control)

BOOST_FIXTURE_TEST_CASE(bodies_end_early_or_wrong, Controlled)
{
    const auto reset = get(R"("reset","at":1000)");
    BOOST_TEST((reset.body == content.substr(0, 1000) && reset.ending == Ending::reset));
    const auto closed = get(R"("close","at":1000)");
    BOOST_TEST((closed.body == content.substr(0, 1000) && closed.ending == Ending::closed));
    const auto stalled = get(R"("stall","at":1000)", {}, 200);
    BOOST_TEST((stalled.body.size() == 1000 && stalled.ending == Ending::timed_out));
    BOOST_TEST((get(R"("drip","at":49990,"delay_ms":1)").body == content));
    BOOST_TEST(get(R"("short_body","at":7)").body.size() == 7u);
    BOOST_TEST(get(R"("long_body","at":3)").body.size() == content.size() + 3);
    BOOST_TEST(get(R"("flip_bit","at":10)").body[10] == static_cast<char>(content[10] ^ 1));
    BOOST_TEST(get(R"("bad_range")", {{"Range", "bytes=100-"}}).header("content-range") ==
               "bytes 101-49999/50000");
    BOOST_TEST(get(R"("ignore_range")", {{"Range", "bytes=100-"}}).status == 200);
}

BOOST_FIXTURE_TEST_CASE(other_answers_come_instead, Controlled)
{
    const auto limited = get(R"("status","status":429,"headers":{"Retry-After":"2"},"body":"slow down")");
    BOOST_TEST(limited.status == 429);
    BOOST_TEST(limited.header("retry-after") == "2");
    BOOST_TEST(limited.body == "slow down");
    const auto moved = get(R"("redirect","headers":[["Location","http://elsewhere/"]])");
    BOOST_TEST(moved.status == 302);
    BOOST_TEST(moved.header("location") == "http://elsewhere/");
    BOOST_TEST(get(R"("garbage")").status == 0);
    BOOST_TEST((get(R"("delay","delay_ms":1)").body == content));
}

BOOST_FIXTURE_TEST_CASE(the_work_is_done_and_the_answer_is_another, Controlled)
{
    const auto create = [&](const std::string& name) {
        return ask("POST", "/api/repos/create", ann, R"({"organization":"acme","name":")" + name + "\"}");
    };
    ask("POST", faults, nobody, R"({"method":"POST","path":"/api/repos/create","action":"lose_reply"})");
    BOOST_TEST(create("lost").status == 0);
    BOOST_TEST(create("lost").status == 409);
    ask("POST", faults, nobody,
        R"({"method":"POST","path":"/api/repos/create","action":"late_status","status":504})");
    BOOST_TEST(create("late").status == 504);
    BOOST_TEST(create("late").status == 409);
}

BOOST_FIXTURE_TEST_CASE(uploads_break_where_the_rule_says, Controlled)
{
    const auto large = pattern(4000, 3);
    const auto href = action(batch(large), "upload");
    ask("POST", faults, nobody,
        R"({"method":"PUT","origin":"storage","action":"reset","at":1000,"upload":true})");
    BOOST_TEST(ask_storage("PUT", href, large).status == 0);
    BOOST_TEST(hub.requests().back().body_bytes == 1000u);
}

BOOST_FIXTURE_TEST_CASE(rules_are_listed_until_they_have_run_out, Controlled)
{
    ask("POST", faults, nobody, R"({"path":"*r.txt","skip":1,"times":2,"action":"status"})");
    const auto get_it = [&] { return ask("GET", "/acme/tiny/resolve/main/r.txt").status; };
    BOOST_TEST(ask("GET", faults, nobody).body ==
               R"([{"method":"","path":"*r.txt","origin":"","action":"status","skip":1,"times":2}])");
    BOOST_TEST(get_it() == 200);
    BOOST_TEST(get_it() == 503);
    BOOST_TEST(ask("GET", faults, nobody).body ==
               R"([{"method":"","path":"*r.txt","origin":"","action":"status","skip":0,"times":1}])");
    BOOST_TEST(get_it() == 503);
    BOOST_TEST(ask("GET", faults, nobody).body == "[]");
    ask("POST", faults, nobody, R"({"action":"reset","times":-1})");
    BOOST_TEST(ask("DELETE", faults, nobody).status == 200);
    BOOST_TEST(ask("GET", faults, nobody).body == "[]");
    BOOST_TEST(json(ask("GET", log_of_requests, nobody)).as_array().size() == 3u);
    BOOST_TEST(ask("DELETE", log_of_requests, nobody).status == 200);
    BOOST_TEST(ask("GET", log_of_requests, nobody).body == "[]");
}

BOOST_FIXTURE_TEST_CASE(rules_that_could_never_play_are_refused, Controlled)
{
    for (const auto* text : {"", "[]", "nonsense", R"({"action":"reset")"})
        BOOST_TEST(refused(text) == "Fault rule: the body must be a JSON object");
    BOOST_TEST(refused("{}") == R"(Fault rule: "action" is required)");
    BOOST_TEST(refused(R"({"action":"explode"})").find("must be one of reset, close,") != std::string::npos);
    BOOST_TEST(refused(R"({"action":1})").find("must be one of reset, close,") != std::string::npos);
    const auto about = [&](const std::string& member) {
        return refused(R"({"action":"status",)" + member + "}").substr(12);
    };
    BOOST_TEST(about(R"("pth":"*")").starts_with(R"("pth" is not known; there are method, path,)"));
    BOOST_TEST(about(R"("path":1)") == R"("path" must be a text)");
    BOOST_TEST(about(R"("method":"get")") == R"("method" must be in upper case: GET, POST ...)");
    BOOST_TEST(about(R"("origin":"lfs")") == R"("origin" must be hub or storage)");
    BOOST_TEST(about(R"("skip":-1)") == R"("skip" must be a whole number from 0 on)");
    BOOST_TEST(about(R"("skip":4294967296)") == R"("skip" must be a whole number from 0 on)");
    BOOST_TEST(about(R"("at":1.5)") == R"("at" must be a whole number from 0 on)");
    BOOST_TEST(about(R"("at":-1)") == R"("at" must be a whole number from 0 on)");
    BOOST_TEST(about(R"("delay_ms":"1")") == R"("delay_ms" must be a whole number from 0 on)");
    BOOST_TEST(about(R"("times":0)") == R"("times" must be 1 or more, or -1 for ever)");
    BOOST_TEST(about(R"("times":-2)") == R"("times" must be a whole number from -1 on)");
    BOOST_TEST(about(R"("status":99)") == R"("status" must be 200 to 599)");
    BOOST_TEST(about(R"("status":600)") == R"("status" must be 200 to 599)");
    BOOST_TEST(about(R"("upload":1)") == R"("upload" must be true or false)");
    BOOST_TEST(about(R"("headers":"X: 1")") == R"("headers" must be an object or a list of pairs)");
    BOOST_TEST(about(R"("headers":{"X":1})") == R"("headers" must be a text)");
    BOOST_TEST(about(R"("headers":{"X":"a\r\nY: b"})") == R"("headers" must be names and texts of one line)");
    BOOST_TEST(about(R"("headers":{"X y":"a"})") == R"("headers" must be names and texts of one line)");
    BOOST_TEST(ask("GET", faults, nobody).body == "[]");
    BOOST_CHECK_THROW(hub.add_fault({.origin = "lfs"}), ValueError);
    BOOST_CHECK_THROW(hub.add_fault({.times = 0}), ValueError);
}

BOOST_AUTO_TEST_CASE(without_the_option_there_is_no_such_route)
{
    const HubFixture closed;
    for (const auto& [method, path] : {std::pair{"GET", faults},
                                       {"POST", faults},
                                       {"DELETE", faults},
                                       {"GET", log_of_requests},
                                       {"DELETE", log_of_requests}})
        BOOST_TEST(closed.ask(method, path, ann, R"({"action":"reset"})").status == 404);
    BOOST_TEST(closed.ask("GET", "/api/whoami-v2").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
