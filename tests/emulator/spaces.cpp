// What the embedded Hub answers about Spaces, and the machine behind it.
#include <boost/test/unit_test.hpp>

#include "emulator/store/space.hpp"
#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;
using namespace std::chrono_literals;
namespace store = hfasync::emulator::store;

namespace {

const std::string space = "/api/spaces/acme/demo";

struct Demo : HubFixture {
    Demo()
    {
        hub.seed_repo("acme/demo", {{"README.md", "---\nsdk: gradio\n---\n"}, {"app.py", "print(1)"}},
                      RepoType::space);
        hub.seed_repo("acme/tiny", {{"README.md", "# tiny"}});
    }
    boost::json::value runtime() const { return json(ask("GET", space + "/runtime")); }
};

constexpr Timestamp begin{1'000'000s};

store::SpaceState fresh()
{
    store::SpaceState state;
    state.build_began = state.active_at = begin;
    return state;
}
const store::SpaceFacts ready{.sdk = "gradio", .has_app_file = true, .pushed_at = begin - 1h};

std::string_view stage(const store::SpaceState& state, Timestamp now, const store::SpaceFacts& facts = ready)
{
    return store::machine_at(state, facts, now).stage;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_spaces)

BOOST_AUTO_TEST_CASE(the_machine_follows_from_the_time)
{
    auto state = fresh();
    BOOST_TEST(stage(state, begin) == "BUILDING");
    BOOST_TEST(stage(state, begin + 10s) == "RUNNING");
    BOOST_TEST(stage(state, begin + 10s + 48h - 1us) == "RUNNING");
    BOOST_TEST(stage(state, begin + 10s + 48h) == "SLEEPING");
    // A push wakes it, with nothing running meanwhile; one into a running Space leaves that on.
    auto pushed = ready;
    pushed.pushed_at = begin + 72h;
    BOOST_TEST(stage(state, pushed.pushed_at, pushed) == "BUILDING");
    pushed.pushed_at = begin + 1h;
    BOOST_TEST(stage(state, pushed.pushed_at, pushed) == "RUNNING_BUILDING");
    BOOST_TEST(stage(state, pushed.pushed_at + 10s, pushed) == "RUNNING");
    state.is_paused = true;
    BOOST_TEST(stage(state, begin + 10s, pushed) == "PAUSED");
    store::restart(state, begin + 1h);
    BOOST_TEST(stage(state, begin + 1h) == "BUILDING");
    BOOST_TEST(stage(state, begin, {.sdk = "gradio"}) == "NO_APP_FILE");
    BOOST_TEST(stage(state, begin, {}) == "CONFIG_ERROR");
    BOOST_TEST(stage(state, begin, {.sdk = "static"}) == "RUNNING");
}

BOOST_AUTO_TEST_CASE(upgraded_hardware_sleeps_when_told_to)
{
    auto state = fresh();
    store::rebuild(state, ready, begin + 1min);
    state.requested = "t4-small";
    auto machine = store::machine_at(state, ready, begin + 1min);
    BOOST_TEST(machine.hardware == "cpu-basic");
    BOOST_TEST(machine.requested == "t4-small");
    BOOST_TEST(machine.sleep_time.value_or(0) == -1);
    BOOST_TEST(stage(state, begin + 10000h) == "RUNNING");
    state.sleep_time = 60;
    BOOST_TEST(stage(state, begin + 2min + 10s) == "SLEEPING");
}

BOOST_FIXTURE_TEST_CASE(the_runtime_is_told_as_json, Demo)
{
    BOOST_TEST(ask("GET", space + "/runtime", nobody).body ==
               R"({"stage":"BUILDING","hardware":{"current":null,"requested":"cpu-basic"},"storage":null,)"
               R"("gcTimeout":172800,"replicas":{"current":0,"requested":1}})");
    now += 10;
    BOOST_TEST(ask("GET", space + "/runtime", nobody).body ==
               R"({"stage":"RUNNING","hardware":{"current":"cpu-basic","requested":"cpu-basic"},)"
               R"("storage":null,"gcTimeout":172800,"replicas":{"current":1,"requested":1}})");
    BOOST_TEST((json(ask("GET", space)).at("runtime") == runtime()));
}

BOOST_FIXTURE_TEST_CASE(only_spaces_have_a_machine, Demo)
{
    for (const auto* path : {"/api/models/acme/tiny/runtime", "/api/models/acme/tiny/variables"})
        BOOST_TEST(ask("GET", path).status == 404);
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/pause").status == 404);
    BOOST_TEST(ask("GET", "/api/spaces/acme/none/runtime").header("x-error-code") == "RepoNotFound");
    BOOST_TEST(ask("GET", space + "/runtime?what=1").status == 400);
}

BOOST_FIXTURE_TEST_CASE(bodies_and_rights_are_checked, Demo)
{
    const auto status = [&](std::string_view method, const std::string& verb, std::string_view body,
                            const Headers& who = ann) { return ask(method, space + verb, who, body).status; };
    BOOST_TEST(status("POST", "/secrets", R"({"key":"A","value":"1"})", nobody) == 401);
    BOOST_TEST(status("POST", "/secrets", R"({"key":"A","value":"1"})", bob) == 403);
    BOOST_TEST(status("POST", "/secrets", R"({"key":"A","value":"1"})", ann_reads) == 403);
    BOOST_TEST(status("POST", "/secrets", R"({"key":"A"})") == 400);
    BOOST_TEST(status("POST", "/secrets", R"({"key":"A-B","value":"1"})") == 400);
    BOOST_TEST(status("POST", "/secrets", R"({"key":"A","value":1})") == 400);
    BOOST_TEST(status("DELETE", "/variables", "{}") == 400);
    BOOST_TEST(status("POST", "/hardware", R"({"flavor":"none"})") == 400);
    BOOST_TEST(status("POST", "/hardware", R"({"flavor":"t4-small","sleepTimeSeconds":1.5})") == 400);
    BOOST_TEST(status("POST", "/sleeptime", "{}") == 400);
    BOOST_TEST(status("POST", "/storage", R"({"tier":""})") == 400);
    BOOST_TEST(status("POST", "/duplicate", R"({"repository":"bob/x"})") == 403);
    BOOST_TEST(status("POST", "/duplicate", R"({"repository":"ann/x","hardware":"none"})") == 400);
    BOOST_TEST(status("POST", "/duplicate", R"({"repository":"bob/x"})", bob) == 200); // anybody may copy it
    BOOST_TEST(ask("GET", "/api/spaces/bob/x/runtime", bob).status == 200);
}

BOOST_FIXTURE_TEST_CASE(secrets_are_nowhere_to_be_read, Demo)
{
    BOOST_TEST(ask("POST", space + "/secrets", ann, R"({"key":"A","value":"hush"})").body == "{}");
    for (const auto& path : {space, space + "/variables", space + "/runtime"})
        BOOST_TEST(ask("GET", path).body.find("hush") == std::string::npos);
    BOOST_TEST(
        ask("POST", space + "/secrets", ann, R"({"key":"B","value":"hush","description":"of b"})").status ==
        200);
    const auto named = ask("GET", space + "/secrets"); // by name, and for those who may set them
    BOOST_TEST(named.body.find("hush") == std::string::npos);
    BOOST_TEST(json(named).as_object().size() == 2u);
    BOOST_TEST(json(named).at("B").at("description").as_string() == "of b");
    BOOST_TEST(json(named).at("A").as_object().contains("updatedAt"));
    BOOST_TEST(ask("GET", space + "/secrets", bob).status == 403);
    BOOST_TEST(ask("GET", space + "/secrets", nobody).status == 401);
    const auto refused = ask("POST", space + "/variables", ann, R"({"key":"A","value":"1"})");
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.header("x-error-message") == "A secret with the same name already exists");
}

BOOST_FIXTURE_TEST_CASE(a_taken_id_is_named_in_the_refusal, Demo)
{
    BOOST_TEST(ask("POST", space + "/duplicate", ann, R"({"repository":"ann/demo"})").status == 200);
    const auto again = ask("POST", space + "/duplicate", ann, R"({"repository":"ann/demo"})");
    BOOST_TEST(again.status == 409);
    BOOST_TEST(json(again).at("url").as_string() == hub.endpoint() + "/spaces/ann/demo");
    BOOST_TEST(json(ask("GET", "/api/spaces/ann/demo")).at("sdk").as_string() == "gradio");
}

BOOST_FIXTURE_TEST_CASE(repos_of_every_kind_are_copied, Demo)
{
    const auto copy = [&](const std::string& from, std::string_view body, const Headers& who) {
        return ask("POST", "/api/" + from + "/duplicate", who, body);
    };
    commit(file_line("weights é.txt", "w"), "models/acme/tiny");
    const auto made = copy("models/acme/tiny", R"({"repository":"bob/copy","visibility":"private"})", bob);
    BOOST_TEST(json(made).at("url").as_string() == hub.endpoint() + "/bob/copy");
    BOOST_TEST(json(ask("GET", "/api/models/bob/copy", bob)).at("private").as_bool());
    BOOST_TEST(ask("GET", "/bob/copy/raw/main/weights%20%C3%A9.txt", bob).body == "w");
    BOOST_TEST(json(copy("models/acme/tiny", R"({"repository":"bob/copy"})", bob)).at("error").as_string() ==
               "You already created this model repo");
    BOOST_TEST(copy("models/acme/tiny", R"({"repository":"ann/copy"})", bob).status == 403);
    BOOST_TEST(copy("models/acme/tiny", R"({"repository":"ann/copy"})", nobody).status == 401);
    BOOST_TEST(copy("models/bob/copy", R"({"repository":"ann/copy"})", ann).status == 404);
    // Nobody copies what he may not download.
    BOOST_TEST_REQUIRE(ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"gated":"manual"})").status ==
                       200);
    BOOST_TEST(copy("models/acme/tiny", R"({"repository":"bob/again"})", bob).status == 403);
    BOOST_TEST(copy("models/acme/tiny", R"({"repository":"ann/again"})", ann).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
