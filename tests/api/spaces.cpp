// Managing Spaces: the client against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <set>

#include "moving_hub.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

const std::string id = "acme/demo";

struct Fixture : MovingHub {
    explicit Fixture(emulator::Options options = accounts()) : MovingHub(std::move(options))
    {
        if (!wait(api.repo_exists(id, {.repo_type = "space"}))) seed(id, "gradio");
    }
    void seed(const std::string& name, const std::string& sdk, const std::string& app = "app.py")
    {
        emulator.seed_repo(name,
                           {{"README.md", "---\ntitle: Demo\nsdk: " + sdk + "\n---\n"},
                            {app, "print(1)"},
                            {"data.bin", std::string(100, 'x')}},
                           RepoType::space);
    }
    SpaceRuntime runtime(const std::string& name = id) { return wait(api.get_space_runtime(name)); }
    void build() { clock->advance(10s); }
};

bool is(const SpaceRuntime& runtime, SpaceStage stage)
{
    return runtime.stage == stage;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_spaces, Fixture)

BOOST_AUTO_TEST_CASE(a_space_is_built_runs_and_goes_to_sleep)
{
    auto now = runtime();
    BOOST_TEST(is(now, SpaceStage::building));
    BOOST_TEST(!now.hardware.has_value());
    BOOST_TEST((now.requested_hardware == SpaceHardware::cpu_basic));
    BOOST_TEST(now.sleep_time.value_or(0) == 172800);
    BOOST_TEST(!now.storage.has_value());
    build();
    now = runtime();
    BOOST_TEST(is(now, SpaceStage::running));
    BOOST_TEST((now.hardware == SpaceHardware::cpu_basic));
    BOOST_TEST(now.raw["replicas"]["current"].as_int().value_or(0) == 1);
    BOOST_TEST((wait(api.space_info(id)).runtime == now));
    clock->advance(48h - 1s);
    BOOST_TEST(is(runtime(), SpaceStage::running));
    clock->advance(1s);
    BOOST_TEST(is(runtime(), SpaceStage::sleeping));
    BOOST_TEST(is(wait(api.restart_space(id)), SpaceStage::building));
    build();
    BOOST_TEST(is(runtime(), SpaceStage::running));
}

BOOST_AUTO_TEST_CASE(a_push_begins_a_build_beside_what_runs)
{
    build();
    clock->advance(1s);
    wait(api.upload_file(UploadSource::bytes("print(2)"), "app.py", id, {.repo_type = "space"}));
    const auto now = runtime();
    BOOST_TEST(is(now, SpaceStage::running_building));
    BOOST_TEST((now.hardware == SpaceHardware::cpu_basic));
    build();
    BOOST_TEST(is(runtime(), SpaceStage::running));
}

BOOST_AUTO_TEST_CASE(a_space_without_its_app_does_not_run)
{
    wait(api.create_repo("acme/fresh", {.repo_type = "space", .space_sdk = "gradio"}));
    build();
    BOOST_TEST(is(runtime("acme/fresh"), SpaceStage::no_app_file));
    seed("acme/docked", "docker", "Dockerfile");
    build();
    BOOST_TEST(is(runtime("acme/docked"), SpaceStage::running));
}

BOOST_AUTO_TEST_CASE(a_pause_ends_with_a_restart)
{
    build();
    auto paused = wait(api.pause_space(id));
    BOOST_TEST(is(paused, SpaceStage::paused));
    BOOST_TEST(!paused.hardware.has_value());
    BOOST_TEST((paused.requested_hardware == SpaceHardware::cpu_basic));
    clock->advance(72h);
    BOOST_TEST(is(runtime(), SpaceStage::paused));
    emulator.forget_requests();
    BOOST_TEST(is(wait(api.restart_space(id, {.factory_reboot = true})), SpaceStage::building));
    BOOST_TEST(emulator.requests().at(0).target == "/api/spaces/acme/demo/restart?factory=true");
    build();
    BOOST_TEST(is(runtime(), SpaceStage::running));
}

BOOST_AUTO_TEST_CASE(hardware_is_requested_and_then_in_use)
{
    build();
    auto now = wait(api.request_space_hardware(id, SpaceHardware::t4_medium, {.sleep_time = 300}));
    BOOST_TEST(is(now, SpaceStage::running_building));
    BOOST_TEST((now.hardware == SpaceHardware::cpu_basic));
    BOOST_TEST((now.requested_hardware == SpaceHardware::t4_medium));
    BOOST_TEST(now.sleep_time.value_or(0) == 300);
    build();
    BOOST_TEST((runtime().hardware == SpaceHardware::t4_medium));
    clock->advance(200s);
    BOOST_TEST(wait(api.set_space_sleep_time(id, 600)).sleep_time.value_or(0) == 600);
    clock->advance(599s); // counted from the change
    BOOST_TEST(is(runtime(), SpaceStage::running));
    clock->advance(1s);
    BOOST_TEST(is(runtime(), SpaceStage::sleeping));
    // Upgraded hardware never sleeps by itself; free hardware does, whatever is asked for.
    BOOST_TEST(wait(api.request_space_hardware(id, SpaceHardware::cpu_upgrade)).sleep_time.value_or(0) == -1);
    BOOST_TEST(wait(api.request_space_hardware(id, space_hardware("cpu-basic"), {.sleep_time = 60}))
                   .sleep_time.value_or(0) == 172800);
    BOOST_TEST(wait(api.set_space_sleep_time(id, 60)).sleep_time.value_or(0) == 172800);
    BOOST_CHECK_THROW(wait(api.request_space_hardware(id, space_hardware("h9000"))), BadRequestError);
    BOOST_CHECK_THROW(wait(api.set_space_sleep_time(id, -2)), BadRequestError);
}

BOOST_AUTO_TEST_CASE(storage_grows_and_is_deleted)
{
    BOOST_CHECK_THROW(wait(api.delete_space_storage(id)), BadRequestError);
    BOOST_TEST((wait(api.request_space_storage(id, SpaceStorage::medium)).storage == SpaceStorage::medium));
    BOOST_TEST((wait(api.request_space_storage(id, SpaceStorage::large)).storage == SpaceStorage::large));
    BOOST_CHECK_THROW(wait(api.request_space_storage(id, space_storage("small"))), BadRequestError);
    BOOST_CHECK_THROW(wait(api.request_space_storage(id, space_storage("vast"))), BadRequestError);
    BOOST_TEST((runtime().storage == SpaceStorage::large));
    BOOST_TEST(!wait(api.delete_space_storage(id)).storage.has_value());
}

BOOST_AUTO_TEST_CASE(secrets_are_kept_and_never_given)
{
    wait(api.add_space_secret(id, "API_KEY", "first"));
    wait(api.add_space_secret(id, "API_KEY", "\xC3\xA9 \"q\"\n", {.description = "a key"}));
    BOOST_TEST(wait(api.get_space_variables(id)).empty());
    BOOST_CHECK_THROW(wait(api.add_space_variable(id, "API_KEY", "x")), BadRequestError);
    BOOST_CHECK_THROW(wait(api.add_space_secret(id, "1 bad", "x")), BadRequestError);
    wait(api.delete_space_secret(id, "API_KEY"));
    wait(api.delete_space_secret(id, "API_KEY"));
    BOOST_TEST(wait(api.add_space_variable(id, "API_KEY", "x")).size() == 1u);
    BOOST_CHECK_THROW(wait(api.add_space_secret(id, "API_KEY", "x")), BadRequestError);
}

BOOST_AUTO_TEST_CASE(variables_are_set_changed_and_deleted)
{
    wait(api.add_space_variable(id, "MODEL", "acme/tiny", {.description = "what it shows"}));
    clock->advance(5s);
    const auto both = wait(api.add_space_variable(id, "EMPTY", ""));
    BOOST_REQUIRE(both.size() == 2u);
    const SpaceVariable model{.key = "MODEL",
                              .value = "acme/tiny",
                              .description = "what it shows",
                              .updated_at = MovingClock::start};
    BOOST_TEST((both.at("MODEL") == model));
    BOOST_TEST((both.at("EMPTY").updated_at == MovingClock::start + 5s));
    BOOST_TEST(!both.at("EMPTY").description.has_value());
    BOOST_TEST((wait(api.get_space_variables(id, {.token = false})) == both));
    BOOST_TEST(wait(api.add_space_variable(id, "MODEL", "acme/other")).at("MODEL").value == "acme/other");
    const auto left = wait(api.delete_space_variable(id, "MODEL"));
    BOOST_TEST(left.size() == 1u);
    BOOST_TEST(left.contains("EMPTY"));
}

BOOST_AUTO_TEST_CASE(static_spaces_have_no_machine)
{
    seed("acme/page", "static", "index.html");
    const auto now = runtime("acme/page");
    BOOST_TEST(is(now, SpaceStage::running));
    BOOST_TEST(!now.hardware.has_value());
    BOOST_TEST(!now.requested_hardware.has_value());
    BOOST_TEST(!now.sleep_time.has_value());
    BOOST_CHECK_THROW(wait(api.pause_space("acme/page")), BadRequestError);
    BOOST_CHECK_THROW(wait(api.restart_space("acme/page")), BadRequestError);
    BOOST_CHECK_THROW(wait(api.request_space_hardware("acme/page", SpaceHardware::t4_small)),
                      BadRequestError);
}

BOOST_AUTO_TEST_CASE(only_those_who_may_write_change_a_space)
{
    const auto status_of = [&](auto call) {
        try {
            wait(std::move(call));
        } catch (const HfHubHTTPError& error) {
            return error.context().status;
        }
        return 0;
    };
    BOOST_TEST(status_of(api.pause_space(id, {.token = "hf_bob"})) == 403);
    BOOST_TEST(status_of(api.pause_space(id, {.token = "hf_ann_read"})) == 403);
    BOOST_TEST(status_of(api.pause_space(id, {.token = false})) == 401);
    BOOST_TEST(status_of(api.add_space_secret(id, "K", "v", {.token = "hf_bob"})) == 403);
    BOOST_TEST(status_of(api.get_space_runtime(id, {.token = "hf_bob"})) == 0);
    BOOST_CHECK_THROW(runtime("acme/none"), RepositoryNotFoundError);
    wait(api.create_repo("acme/hidden", {.private_ = true, .repo_type = "space", .space_sdk = "docker"}));
    BOOST_CHECK_THROW(wait(api.get_space_runtime("acme/hidden", {.token = "hf_bob"})),
                      RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(bad_ids_are_refused_before_any_request)
{
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(api.get_space_runtime("spaces/acme/demo")), HFValidationError);
    BOOST_CHECK_THROW(wait(api.add_space_secret("acme/de mo", "K", "v")), HFValidationError);
    BOOST_CHECK_THROW(wait(api.duplicate_space("acme/de mo")), HFValidationError);
    BOOST_CHECK_THROW(wait(api.duplicate_space(id, {.to_id = "a/b/c"})), HFValidationError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(what_a_space_was_created_with_is_there)
{
    std::vector<SpaceEntry> variables{{.key = "V", .value = "1", .description = "one"}};
    std::vector<SpaceEntry> secrets{{.key = "S", .value = "2", .description = {}}};
    wait(api.create_repo("acme/made", {.repo_type = "space",
                                       .space_sdk = "gradio",
                                       .space_hardware = "a10g-small",
                                       .space_storage = "small",
                                       .space_sleep_time = 900,
                                       .space_secrets = secrets,
                                       .space_variables = variables}));
    const auto now = runtime("acme/made");
    BOOST_TEST((now.requested_hardware == SpaceHardware::a10g_small));
    BOOST_TEST((now.storage == SpaceStorage::small));
    BOOST_TEST(now.sleep_time.value_or(0) == 900);
    BOOST_TEST(wait(api.get_space_variables("acme/made")).at("V").description.value_or("") == "one");
    BOOST_CHECK_THROW(wait(api.add_space_variable("acme/made", "S", "x")), BadRequestError);
}

BOOST_AUTO_TEST_CASE(a_copy_has_the_files_the_state_and_the_variables)
{
    wait(api.add_space_variable(id, "V", "1"));
    wait(api.add_space_secret(id, "S", "2"));
    wait(api.pause_space(id));
    const auto url = wait(api.duplicate_space(id));
    BOOST_TEST(url.repo_id == "ann/demo");
    BOOST_TEST(url.repo_type == "space");
    BOOST_TEST(url.url == emulator.endpoint() + "/spaces/ann/demo");
    const auto names = [&](const std::string& space) {
        const auto files = wait(api.list_repo_files(space, {.repo_type = "space"}).collect());
        return std::set<std::string>(files.begin(), files.end());
    };
    BOOST_TEST(names("ann/demo") == names(id), boost::test_tools::per_element());
    BOOST_TEST(is(runtime("ann/demo"), SpaceStage::paused));
    BOOST_TEST(wait(api.get_space_variables("ann/demo")).at("V").value == "1");
    wait(api.add_space_variable("ann/demo", "S", "free: secrets are not copied"));
    BOOST_TEST(!wait(api.space_info("ann/demo")).private_.value_or(true));
}

BOOST_AUTO_TEST_CASE(a_copy_is_made_as_asked_for)
{
    const auto url = wait(api.duplicate_space(
        id, {.to_id = "other", .private_ = true, .hardware = SpaceHardware::t4_small, .sleep_time = 60}));
    BOOST_TEST(url.repo_id == "ann/other");
    BOOST_TEST(wait(api.space_info("ann/other")).private_.value_or(false));
    BOOST_TEST((runtime("ann/other").requested_hardware == SpaceHardware::t4_small));
    BOOST_TEST(runtime("ann/other").sleep_time.value_or(0) == 60);
    // A copy of a private Space is private unless said otherwise.
    BOOST_TEST(wait(api.duplicate_space("ann/other", {.to_id = "acme/third"})).repo_id == "acme/third");
    BOOST_TEST(wait(api.space_info("acme/third")).private_.value_or(false));

    BOOST_CHECK_THROW(wait(api.duplicate_space(id, {.to_id = "acme/third"})), ConflictError);
    BOOST_TEST(wait(api.duplicate_space(id, {.to_id = "acme/third", .exist_ok = true})).repo_id ==
               "acme/third");
    BOOST_CHECK_THROW(wait(api.duplicate_space(id, {.to_id = "bob/mine"})), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.duplicate_space("acme/none", {.to_id = "acme/x", .exist_ok = true})),
                      RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(what_creates_is_not_sent_twice)
{
    auto options = client_options();
    options.retry.max_retries = 3;
    Hub patient(options);
    const auto posts = [&] {
        int count = 0;
        for (const auto& seen : emulator.requests())
            count += seen.method == "POST";
        return count;
    };
    emulator.forget_requests();
    emulator.add_fault(
        {.method = "POST", .path = "/api/spaces/*/duplicate", .action = emulator::FaultAction::lose_reply});
    BOOST_CHECK_THROW(patient.block_on(HfApi(patient).duplicate_space(id, {.to_id = "acme/copy"})),
                      ConnectionError);
    BOOST_TEST(posts() == 1);
    BOOST_TEST(wait(api.repo_exists("acme/copy", {.repo_type = "space"})));
    // Setting a value twice is setting it.
    emulator.add_fault(
        {.method = "POST", .path = "/api/spaces/*/secrets", .action = emulator::FaultAction::lose_reply});
    patient.block_on(HfApi(patient).add_space_secret(id, "K", "v"));
    BOOST_TEST(posts() == 3);
}

BOOST_AUTO_TEST_CASE(the_state_outlives_the_hub)
{
    const hfasync::tests::TempFolder data;
    auto options = accounts();
    options.data = data.path();
    {
        Fixture first(options);
        first.wait(first.api.add_space_variable(id, "V", "1", {.description = "kept"}));
        first.wait(first.api.add_space_secret(id, "S", "2"));
        first.wait(first.api.request_space_hardware(id, SpaceHardware::t4_small, {.sleep_time = 3600}));
        first.wait(first.api.request_space_storage(id, SpaceStorage::small));
        first.wait(first.api.pause_space(id));
    }
    Fixture second(options);
    const auto now = second.runtime();
    BOOST_TEST(is(now, SpaceStage::paused));
    BOOST_TEST((now.requested_hardware == SpaceHardware::t4_small));
    BOOST_TEST((now.storage == SpaceStorage::small));
    BOOST_TEST(now.sleep_time.value_or(0) == 3600);
    BOOST_TEST(second.wait(second.api.get_space_variables(id)).at("V").description.value_or("") == "kept");
    BOOST_CHECK_THROW(second.wait(second.api.add_space_variable(id, "S", "x")), BadRequestError);
}

BOOST_AUTO_TEST_SUITE_END()
