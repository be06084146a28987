// The API of Inference Endpoints as the embedded Hub answers it.
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "emulator/store/endpoints.hpp"
#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;
using namespace std::chrono_literals;
namespace store = hfasync::emulator::store;

namespace {

const std::string base = "/inference-endpoints/v2/endpoint/acme";

boost::json::object wanted(std::string_view type = "protected")
{
    return boost::json::parse(R"({"name":"tiny","accountId":null,
        "provider":{"region":"us-east-1","vendor":"aws"},
        "compute":{"accelerator":"cpu","instanceSize":"x2","instanceType":"intel-icl",
                   "scaling":{"minReplica":0,"maxReplica":1,"scaleToZeroTimeout":15}},
        "model":{"framework":"pytorch","repository":"acme/tiny","revision":null,"task":null,
                 "image":{"huggingface":{}}},
        "type":")" + std::string(type) +
                              "\"}")
        .as_object();
}

struct Deployed : HubFixture {
    Deployed() { hub.seed_repo("acme/tiny", {{"README.md", "# tiny"}}); }
    PlainResponse create(const boost::json::object& body, const Headers& who = ann) const
    {
        return ask("POST", base, who, boost::json::serialize(body));
    }
    boost::json::object get() const { return json(ask("GET", base + "/tiny")).as_object(); }
    std::string state() const { return std::string(get().at("status").at("state").as_string()); }
    /// Of the deployed endpoint, without the origin.
    std::string path() const
    {
        const std::string url(get().at("status").at("url").as_string());
        return url.substr(hub.endpoint().size());
    }
};

store::Endpoint example()
{
    store::Endpoint out;
    out.as =
        boost::json::parse(R"({"compute":{"scaling":{"minReplica":0,"scaleToZeroTimeout":1}}})").as_object();
    out.aimed_at = out.used_at = Timestamp(1'000'000s);
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_endpoints)

BOOST_AUTO_TEST_CASE(the_state_follows_from_the_time)
{
    auto one = example();
    const auto at = [&](std::chrono::microseconds later) {
        return std::string(store::state_at(one, one.aimed_at + later).state);
    };
    BOOST_TEST(at(0s) == "pending");
    BOOST_TEST(at(5s) == "initializing");
    BOOST_TEST(at(15s) == "running");
    BOOST_TEST(at(75s - 1us) == "running");
    BOOST_TEST(at(75s) == "scaledToZero");
    one.used_at = one.aimed_at + 60s;
    BOOST_TEST(at(119s) == "running");
    one.is_broken = true;
    BOOST_TEST(at(15s) == "failed");
    one.aim = store::EndpointAim::update;
    BOOST_TEST(at(9s) == "updating");
    BOOST_TEST(at(10s) == "updateFailed");
    one.aim = store::EndpointAim::wake;
    one.is_broken = false;
    BOOST_TEST(at(9s) == "initializing");
    BOOST_TEST(at(10s) == "running");
    one.aim = store::EndpointAim::pause;
    BOOST_TEST(at(1000h) == "paused");
    one.aim = store::EndpointAim::scale_to_zero;
    BOOST_TEST(at(0s) == "scaledToZero");
}

BOOST_FIXTURE_TEST_CASE(it_is_told_as_the_api_tells_it, Deployed)
{
    auto made = json(create(wanted()));
    auto& status = made.at("status").as_object();
    BOOST_TEST(!status.contains("url"));
    BOOST_TEST(status.at("state").as_string() == "pending");
    BOOST_TEST(status.at("createdBy").at("name").as_string() == "ann");
    BOOST_TEST(status.at("createdAt").as_string() == "2023-11-14T22:13:20.000Z");
    BOOST_TEST(made.at("model").at("revision").as_string().size() == 40u);
    status.clear();
    made.at("model").at("revision") = nullptr;
    BOOST_TEST((made == boost::json::parse(R"({"name":"tiny","type":"protected","accountId":null,
        "provider":{"vendor":"aws","region":"us-east-1"},"tags":[],"cacheHttpResponses":false,
        "healthRoute":"/health",
        "compute":{"id":"aws-us-east-1-intel-icl-x2","accelerator":"cpu","instanceType":"intel-icl",
                   "instanceSize":"x2","scaling":{"minReplica":0,"maxReplica":1,"scaleToZeroTimeout":15,
                   "metric":"hardwareUsage","measure":{"hardwareUsage":null}}},
        "model":{"repository":"acme/tiny","revision":null,"task":null,"framework":"pytorch",
                 "image":{"huggingface":{}},"env":{},"secrets":{},"args":[]},"status":{}})")));
    BOOST_TEST(json(ask("GET", base)).at("items").as_array().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(bodies_are_checked, Deployed)
{
    const auto status = [&](auto change) {
        auto body = wanted();
        change(body);
        return create(body).status;
    };
    BOOST_TEST(status([](auto& body) { body["name"] = "Bad Name"; }) == 400);
    BOOST_TEST(status([](auto& body) { body["name"] = std::string(33, 'a'); }) == 400);
    BOOST_TEST(status([](auto& body) { body["type"] = "open"; }) == 400);
    BOOST_TEST(status([](auto& body) { body["surprise"] = 1; }) == 400);
    BOOST_TEST(status([](auto& body) { body.erase("compute"); }) == 400);
    BOOST_TEST(status([](auto& body) { body["provider"].as_object().erase("vendor"); }) == 400);
    BOOST_TEST(status([](auto& body) { body["model"].as_object()["image"] = boost::json::object(); }) == 400);
    BOOST_TEST(status([](auto& body) {
                   body["compute"].as_object()["scaling"] = {{"minReplica", 3}, {"maxReplica", 2}};
               }) == 400);
    BOOST_TEST(status([](auto&) {}) == 200);
    BOOST_TEST(create(wanted()).status == 409);
    BOOST_TEST(ask("PUT", base + "/tiny", ann, R"({"name":"x"})").status == 400);
    BOOST_TEST(ask("PUT", base + "/none", ann, "{}").status == 404);
    BOOST_TEST(ask("GET", base + "?limit=1").status == 400);
}

BOOST_FIXTURE_TEST_CASE(rights_are_those_of_the_namespace, Deployed)
{
    BOOST_TEST(create(wanted(), nobody).status == 401);
    BOOST_TEST(create(wanted(), bob).status == 403);
    BOOST_TEST(create(wanted(), ann_reads).status == 403);
    create(wanted());
    BOOST_TEST(ask("GET", base, bob).status == 403);
    BOOST_TEST(ask("GET", base + "/tiny", bob).status == 403);
    BOOST_TEST(ask("GET", base + "/tiny", ann_reads).status == 200);
    BOOST_TEST(ask("DELETE", base + "/tiny", ann_reads).status == 403);
}

BOOST_FIXTURE_TEST_CASE(what_newer_clients_say_is_kept, Deployed)
{
    auto body = wanted("authenticated");
    body["tags"] = {"a", "b"};
    body["cacheHttpResponses"] = true;
    body["route"] = {{"path", "/v1"}};
    body["model"].as_object()["env"] = {{"MODE", "test"}};
    body["model"].as_object()["args"] = boost::json::array{"--small"};
    body["model"].as_object()["image"] = {{"vLLM", {{"url", "vllm/vllm-openai:v1"}}}};
    body["compute"].at("scaling").as_object()["measure"] = {{"pendingRequests", 2.5}};
    BOOST_TEST_REQUIRE(create(body).status == 200);
    const auto made = get();
    BOOST_TEST(made.at("type").as_string() == "authenticated");
    for (const auto* key : {"tags", "cacheHttpResponses", "route"})
        BOOST_TEST((made.at(key) == body.at(key)), key);
    for (const auto* key : {"env", "args", "image"})
        BOOST_TEST((made.at("model").at(key) == body.at("model").at(key)), key);
    BOOST_TEST(made.at("compute").at("scaling").at("metric").as_string() == "pendingRequests");
    now += 15;
    BOOST_TEST(ask("GET", path(), nobody).status == 401);
    BOOST_TEST(ask("GET", path(), bob).status == 200);
    const auto changed = json(ask("PUT", base + "/tiny", ann, R"({"tags":[],"model":{"args":["--large"]}})"));
    BOOST_TEST(changed.at("tags").as_array().empty());
    BOOST_TEST(changed.at("model").at("args").at(0).as_string() == "--large");
    BOOST_TEST((changed.at("model").at("env") == body.at("model").at("env")));
    for (const auto* wrong :
         {R"({"tags":"a"})", R"({"model":{"args":[1]}})", R"({"model":{"env":{"A":1}}})",
          R"({"compute":{"scaling":{"measure":{"weather":1}}}})", R"({"model":{"image":{"abacus":{}}}})"})
        BOOST_TEST(ask("PUT", base + "/tiny", ann, wrong).status == 400, wrong);
}

BOOST_FIXTURE_TEST_CASE(the_url_answers_when_it_runs, Deployed)
{
    create(wanted());
    now += 15;
    BOOST_TEST(ask("GET", path(), nobody).status == 401);
    BOOST_TEST(ask("GET", path(), bob).status == 200); // protected: whoever has a token
    BOOST_TEST(ask("POST", path() + "/predict", bob, "{}").status == 200);
    now += 14 * 60;
    BOOST_TEST(ask("GET", path()).status == 200); // a request keeps it up
    now += 14 * 60;
    BOOST_TEST(state() == "running");
    now += 60;
    BOOST_TEST(state() == "scaledToZero");
    BOOST_TEST(ask("GET", path()).status == 502);
    BOOST_TEST(state() == "initializing");
    BOOST_TEST(ask("GET", path()).status == 503);
    now += 10;
    BOOST_TEST(ask("GET", path()).status == 200);
    const auto address = path();
    BOOST_TEST(ask("POST", base + "/tiny/pause").status == 200);
    BOOST_TEST(ask("GET", address).status == 400);
    BOOST_TEST(ask("DELETE", base + "/tiny").body == "{}");
    BOOST_TEST(ask("GET", address).status == 404);
}

BOOST_FIXTURE_TEST_CASE(types_say_who_may_call, Deployed)
{
    create(wanted("public"));
    now += 15;
    BOOST_TEST(ask("GET", path(), nobody).status == 200);
    ask("DELETE", base + "/tiny");
    create(wanted("private"));
    now += 15;
    BOOST_TEST(ask("GET", path(), bob).status == 403);
    BOOST_TEST(ask("GET", path(), ann).status == 200);
}

BOOST_FIXTURE_TEST_CASE(states_refuse_what_does_not_fit, Deployed)
{
    create(wanted());
    const auto refused = [&](const std::string& verb) {
        const auto answer = ask("POST", base + "/tiny/" + verb);
        return answer.status == 400 ? std::string(json(answer).at("error").as_string()) : "";
    };
    BOOST_TEST(refused("resume") == "Bad Request: Endpoint is starting already");
    BOOST_TEST(refused("scale-to-zero") == "Bad Request: Invalid state: pending");
    now += 15;
    BOOST_TEST(refused("resume") == "Bad Request: Endpoint is already running");
    BOOST_TEST(refused("pause").empty());
    BOOST_TEST(refused("pause") == "Bad Request: Endpoint is already paused");
    // A change of one that is stopped waits for its start.
    BOOST_TEST(ask("PUT", base + "/tiny", ann, R"({"model":{"task":"fill-mask"}})").status == 200);
    BOOST_TEST(state() == "paused");
    BOOST_TEST(refused("resume").empty());
    BOOST_TEST(get().at("model").at("task").as_string() == "fill-mask");
    BOOST_TEST(state() == "pending");
}

BOOST_AUTO_TEST_SUITE_END()
