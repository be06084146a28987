// Inference Endpoints: the client against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <hfasync/cancel.hpp>

#include "moving_hub.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::test;
using Status = InferenceEndpointStatus;

namespace {

struct Fixture : MovingHub {
    explicit Fixture(emulator::Options options = accounts()) : MovingHub(std::move(options))
    {
        if (!wait(api.repo_exists("acme/tiny"))) emulator.seed_repo("acme/tiny", {{"README.md", "# tiny"}});
    }
    static CreateInferenceEndpointOptions wanted(const std::string& where = "acme",
                                                 const std::string& repository = "acme/tiny")
    {
        return {.repository = repository,
                .framework = "pytorch",
                .accelerator = "cpu",
                .instance_size = "x2",
                .instance_type = "intel-icl",
                .region = "us-east-1",
                .vendor = "aws",
                .account_id = {},
                .revision = {},
                .task = "text-generation",
                .custom_image = {},
                .secrets = {},
                .namespace_ = where,
                .token = {}};
    }
    InferenceEndpoint create(const std::string& name = "tiny")
    {
        return wait(api.create_inference_endpoint(name, wanted()));
    }
    InferenceEndpoint get(const std::string& name = "tiny")
    {
        return wait(api.get_inference_endpoint(name, {.namespace_ = "acme", .token = {}}));
    }
    InferenceEndpoint running(const std::string& name = "tiny")
    {
        create(name);
        clock->advance(15s);
        return get(name);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_endpoints, Fixture)

BOOST_AUTO_TEST_CASE(an_endpoint_is_deployed_step_by_step)
{
    const auto made = create();
    BOOST_TEST(made.name == "tiny");
    BOOST_TEST(made.namespace_ == "acme");
    BOOST_TEST(made.repository == "acme/tiny");
    BOOST_TEST(made.framework == "pytorch");
    BOOST_TEST(made.task.value_or("") == "text-generation");
    BOOST_TEST(made.revision.value_or("") == wait(api.model_info("acme/tiny")).sha.value_or("?"));
    BOOST_TEST((made.type == InferenceEndpointType::protected_));
    BOOST_TEST((made.status == Status::pending));
    BOOST_TEST(!made.url.has_value());
    BOOST_TEST((made.created_at == MovingClock::start));
    BOOST_TEST(made.raw["compute"]["id"].as_string().value_or("") == "aws-us-east-1-intel-icl-x2");
    BOOST_TEST(made.raw["status"]["createdBy"]["name"].as_string().value_or("") == "ann");
    clock->advance(5s);
    BOOST_TEST((wait(made.fetch()).status == Status::initializing));
    clock->advance(10s);
    const auto now = wait(made.fetch());
    BOOST_TEST((now.status == Status::running));
    BOOST_TEST(now.url.value_or("").starts_with(emulator.endpoint() + "/inference-endpoints/deployed/"));
}

BOOST_AUTO_TEST_CASE(wait_looks_every_so_often_until_it_answers)
{
    const auto made = create();
    emulator.forget_requests();
    const auto ready = wait(made.wait({.timeout = {}, .refresh_every = 2}));
    BOOST_TEST((ready.status == Status::running));
    BOOST_TEST(clock->pauses.size() == 8u); // 15 s, 2 s each
    BOOST_TEST(emulator.requests().size() == 9u);
    BOOST_TEST(emulator.requests().back().target.starts_with("/inference-endpoints/deployed/"));
    BOOST_TEST(last_authorization() == "Bearer hf_ann");
    // One that answers already is not asked for again.
    emulator.forget_requests();
    BOOST_TEST((wait(ready.wait()) == ready));
    BOOST_TEST(emulator.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(wait_gives_up_when_told_to)
{
    const auto made = create();
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(made.wait({.timeout = 7, .refresh_every = 5})), InferenceEndpointTimeoutError);
    BOOST_TEST(emulator.requests().size() == 2u);
    BOOST_TEST((clock->now().time_since_epoch() == 7s)); // the last pause is cut
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(made.wait({.timeout = 0, .refresh_every = 5})), InferenceEndpointTimeoutError);
    BOOST_CHECK_THROW(wait(made.wait({.timeout = -1, .refresh_every = 5})), ValueError);
    BOOST_CHECK_THROW(wait(made.wait({.timeout = {}, .refresh_every = 0})), ValueError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(wait_can_be_cancelled_while_it_pauses)
{
    const auto made = create();
    auto options = client_options();
    options.clock = nullptr; // the real one
    Hub patient(options);
    auto mine =
        patient.block_on(HfApi(patient).get_inference_endpoint("tiny", {.namespace_ = "acme", .token = {}}));
    BOOST_CHECK_THROW(
        patient.block_on(with_deadline(mine.wait({.timeout = {}, .refresh_every = 3600}), 50ms)),
        TimeoutError);
}

BOOST_AUTO_TEST_CASE(one_whose_model_is_missing_fails)
{
    const auto made = wait(api.create_inference_endpoint("broken", wanted("acme", "acme/none")));
    BOOST_CHECK_THROW(wait(made.wait()), InferenceEndpointError);
    BOOST_TEST((wait(made.fetch()).status == Status::failed));
    // With a model that is there it comes up.
    BOOST_TEST((wait(made.update({.repository = "acme/tiny"})).status == Status::pending));
    BOOST_TEST((wait(made.wait()).status == Status::running));
}

BOOST_AUTO_TEST_CASE(it_is_paused_and_resumed)
{
    const auto ready = running();
    const auto paused = wait(ready.pause());
    BOOST_TEST((paused.status == Status::paused));
    BOOST_TEST(!paused.url.has_value());
    BOOST_CHECK_THROW(wait(ready.pause()), BadRequestError);
    clock->advance(24h);
    BOOST_TEST((get().status == Status::paused));
    BOOST_TEST((wait(api.resume_inference_endpoint("tiny", {.namespace_ = "acme", .token = {}})).status ==
                Status::pending));
    clock->advance(15s);
    emulator.forget_requests();
    BOOST_TEST((wait(ready.resume()).status == Status::running)); // the refusal, and another look
    BOOST_TEST(emulator.requests().size() == 2u);
    BOOST_CHECK_THROW(wait(ready.resume({.running_ok = false})), BadRequestError);
    BOOST_CHECK_THROW(
        wait(api.resume_inference_endpoint("tiny", {.namespace_ = "acme", .running_ok = false, .token = {}})),
        BadRequestError);
}

BOOST_AUTO_TEST_CASE(it_sleeps_when_idle_and_wakes_when_asked)
{
    const auto ready = running();
    clock->advance(15min);
    const auto idle = get();
    BOOST_TEST((idle.status == Status::scaled_to_zero));
    BOOST_TEST(idle.url.has_value());
    BOOST_TEST((wait(idle.wait()).status == Status::running)); // the first look wakes it
    BOOST_TEST((wait(ready.scale_to_zero()).status == Status::scaled_to_zero));
    BOOST_CHECK_THROW(wait(api.scale_to_zero_inference_endpoint("tiny", {.namespace_ = "acme", .token = {}})),
                      BadRequestError);
    wait(ready.update({.min_replica = 1}));
    wait(ready.wait());
    clock->advance(24h); // a replica that always runs
    BOOST_TEST((get().status == Status::running));
}

BOOST_AUTO_TEST_CASE(an_update_changes_what_it_names)
{
    const auto ready = running();
    auto changed = wait(ready.update({.accelerator = "gpu",
                                      .instance_size = "x1",
                                      .instance_type = "nvidia-a10g",
                                      .max_replica = 2,
                                      .scale_to_zero_timeout = 0,
                                      .framework = "custom",
                                      .revision = "refs/pr/1",
                                      .task = "custom",
                                      .custom_image = Json::parse(R"({"url":"ghcr.io/x:1"})"),
                                      .secrets = std::map<std::string, std::string>{{"A", "\xC3\xA9"}}}));
    BOOST_TEST((changed.status == Status::updating));
    BOOST_TEST((changed.url == ready.url));
    BOOST_TEST(changed.revision.value_or("") == "refs/pr/1");
    BOOST_TEST(changed.framework == "custom");
    const auto compute = changed.raw["compute"];
    BOOST_TEST(compute["id"].as_string().value_or("") == "aws-us-east-1-nvidia-a10g-x1");
    BOOST_TEST(compute["scaling"]["minReplica"].as_int().value_or(9) == 0);
    BOOST_TEST(compute["scaling"]["maxReplica"].as_int().value_or(9) == 2);
    BOOST_TEST(compute["scaling"]["scaleToZeroTimeout"].as_int().value_or(9) == 0);
    BOOST_TEST(changed.raw["model"]["image"]["custom"]["url"].as_string().value_or("") == "ghcr.io/x:1");
    clock->advance(24h); // no time-out
    BOOST_TEST((get().status == Status::running));
    changed = wait(api.update_inference_endpoint(
        "tiny",
        {.changes = {.secrets = std::map<std::string, std::string>{}}, .namespace_ = "acme", .token = {}}));
    BOOST_TEST(changed.raw["model"]["secrets"].size() == 0u);
    BOOST_TEST((wait(ready.update()).status == Status::updating)); // an empty update is one
    wait(ready.update({.repository = "acme/none"}));
    clock->advance(10s);
    BOOST_TEST((get().status == Status::update_failed));
    BOOST_CHECK_THROW(wait(ready.update({.max_replica = 0})), BadRequestError);
    BOOST_CHECK_THROW(wait(ready.update({.custom_image = Json::parse("[]")})), ValueError);
}

BOOST_AUTO_TEST_CASE(it_is_deleted_for_good)
{
    const auto made = create();
    BOOST_CHECK_THROW(create(), ConflictError);
    wait(made.delete_());
    for (const auto& call : {0, 1, 2, 3}) {
        try {
            if (call == 0) wait(made.fetch());
            if (call == 1) wait(made.delete_());
            if (call == 2) get();
            if (call == 3) wait(api.delete_inference_endpoint("tiny", {.namespace_ = "acme", .token = {}}));
            BOOST_ERROR("call " << call << " did not fail");
        } catch (const HfHubHTTPError& error) {
            BOOST_TEST(error.context().status == 404);
        }
    }
    create();
    wait(api.delete_inference_endpoint("tiny", {.namespace_ = "acme", .token = {}}));
    BOOST_TEST(wait(api.list_inference_endpoints({.namespace_ = "acme", .token = {}})).empty());
}

BOOST_AUTO_TEST_CASE(the_namespace_is_the_users_unless_said)
{
    auto own = wanted();
    own.namespace_.reset();
    BOOST_TEST(wait(api.create_inference_endpoint("mine", own)).namespace_ == "ann");
    BOOST_TEST(wait(api.get_inference_endpoint("mine")).namespace_ == "ann");
    create("ours");
    const auto names = [&](ListInferenceEndpointsOptions options) {
        std::string out;
        for (const auto& endpoint : wait(api.list_inference_endpoints(options)))
            out += endpoint.namespace_ + "/" + endpoint.name + " ";
        return out;
    };
    BOOST_TEST(names({}) == "ann/mine ");
    BOOST_TEST(names({.namespace_ = "", .token = {}}) == "ann/mine ");
    BOOST_TEST(names({.namespace_ = "acme", .token = {}}) == "acme/ours ");
    BOOST_TEST(names({.namespace_ = "*", .token = {}}) == "ann/mine acme/ours ");
    // An organisation without an account there is passed over; a failure is not.
    const auto refuse = [&](int status) {
        emulator.add_fault(
            {.path = "*/endpoint/acme", .action = emulator::FaultAction::status, .status = status});
    };
    refuse(401);
    BOOST_TEST(names({.namespace_ = "*", .token = {}}) == "ann/mine ");
    refuse(500);
    BOOST_CHECK_THROW(names({.namespace_ = "*", .token = {}}), HfHubHTTPError);
    // The token of an organisation has no user.
    BOOST_CHECK_THROW(names({.namespace_ = {}, .token = "hf_acme"}), ValueError);
    BOOST_CHECK_THROW(names({.namespace_ = "*", .token = "hf_acme"}), ValueError);
    BOOST_TEST(names({.namespace_ = "acme", .token = "hf_acme"}) == "acme/ours ");
}

BOOST_AUTO_TEST_CASE(rights_are_those_of_the_namespace)
{
    create();
    const auto status_of = [&](Token token, const std::string& where) {
        auto options = wanted(where);
        options.token = std::move(token);
        try {
            wait(api.create_inference_endpoint("other", options));
        } catch (const HfHubHTTPError& error) {
            return error.context().status;
        }
        return 200;
    };
    BOOST_TEST(status_of("hf_bob", "acme") == 403);
    BOOST_TEST(status_of("hf_ann_read", "acme") == 403);
    BOOST_TEST(status_of("hf_ann", "globex") == 403); // may only read there
    BOOST_TEST(status_of(false, "acme") == 401);
    BOOST_TEST(wait(api.list_inference_endpoints({.namespace_ = "acme", .token = "hf_ann_read"})).size() ==
               1u);
}

BOOST_AUTO_TEST_CASE(objects_use_the_token_they_came_with)
{
    create();
    const auto read =
        wait(api.get_inference_endpoint("tiny", {.namespace_ = "acme", .token = "hf_ann_read"}));
    wait(read.fetch());
    BOOST_TEST(last_authorization() == "Bearer hf_ann_read");
    BOOST_CHECK_THROW(wait(read.pause()), HfHubHTTPError);
    BOOST_TEST((read == get())); // whoever asked
    InferenceEndpoint none;
    BOOST_CHECK_THROW(wait(none.fetch()), ValueError);
    auto nameless = read;
    nameless.name.clear();
    BOOST_CHECK_THROW(wait(nameless.delete_()), ValueError);
}

BOOST_AUTO_TEST_CASE(the_token_goes_to_no_foreign_url_in_clear_text)
{
    create();
    emulator.add_fault(
        {.path = "*/endpoint/acme/tiny",
         .action = emulator::FaultAction::status,
         .status = 200,
         .headers = {{"Content-Type", "application/json"}},
         .body = R"({"name":"tiny","status":{"state":"running","url":"http://far.example/x"}})"});
    auto options = client_options();
    options.proxy = {.http = emulator.endpoint(), .https = {}, .no_proxy = {"127.0.0.1"}};
    Hub behind(options);
    const auto made =
        behind.block_on(HfApi(behind).get_inference_endpoint("tiny", {.namespace_ = "acme", .token = {}}));
    emulator.forget_requests();
    BOOST_CHECK_THROW(behind.block_on(made.wait({.timeout = 0, .refresh_every = 1})),
                      InferenceEndpointTimeoutError);
    BOOST_REQUIRE(emulator.requests().size() == 1u);
    BOOST_TEST(emulator.requests()[0].target.find("far.example") != std::string::npos);
    BOOST_TEST(last_authorization().empty());
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_before_any_request)
{
    emulator.forget_requests();
    auto nothing = wanted();
    nothing.vendor.clear();
    BOOST_CHECK_THROW(wait(api.create_inference_endpoint("x", nothing)), ValueError);
    auto odd = wanted();
    odd.custom_image = Json::parse("1");
    BOOST_CHECK_THROW(wait(api.create_inference_endpoint("x", odd)), ValueError);
    BOOST_CHECK_THROW(get(""), ValueError);
    BOOST_CHECK_THROW(get(".."), ValueError);
    BOOST_CHECK_THROW(get("a\nb"), ValueError);
    BOOST_CHECK_THROW(wait(api.list_inference_endpoints({.namespace_ = "../x", .token = {}})), ValueError);
    BOOST_TEST(emulator.requests().empty());
    // Nothing in a name cuts the path.
    BOOST_CHECK_THROW(get("tiny?x#y%2e"), HfHubHTTPError);
    BOOST_TEST(emulator.requests().at(0).target.ends_with("/endpoint/acme/tiny%3Fx%23y%252e"));
}

BOOST_AUTO_TEST_CASE(a_lost_reply_does_not_make_two)
{
    auto options = client_options();
    options.retry.max_retries = 3;
    Hub patient(options);
    emulator.forget_requests();
    emulator.add_fault(
        {.method = "POST", .path = "*/endpoint/acme", .action = emulator::FaultAction::lose_reply});
    BOOST_CHECK_THROW(patient.block_on(HfApi(patient).create_inference_endpoint("tiny", wanted())),
                      ConnectionError);
    BOOST_TEST(emulator.requests().size() == 1u);
    BOOST_TEST(get().name == "tiny");
}

BOOST_AUTO_TEST_CASE(the_state_outlives_the_hub)
{
    const hfasync::tests::TempFolder data;
    auto options = accounts();
    options.data = data.path();
    {
        Fixture first(options);
        first.create("kept");
        first.wait(first.create("stopped").pause());
    }
    Fixture second(options);
    BOOST_TEST((second.get("stopped").status == Status::paused));
    BOOST_TEST((second.wait(second.get("kept").wait()).status == Status::running));
}

BOOST_AUTO_TEST_SUITE_END()
