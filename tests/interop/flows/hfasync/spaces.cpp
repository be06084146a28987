// Spaces: what they run on, their secrets and variables, copies.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

asio::awaitable<std::string> new_space(Run run, std::string id)
{
    co_await run.make_repo(id, {.repo_type = "space", .space_sdk = "gradio"});
    CreateCommitOptions options{.repo_type = "space"};
    co_await run.put_all(id, {{"README.md", "---\nsdk: gradio\n---\n"}, {"app.py", "print(1)\n"}}, options);
    co_return id;
}

Task runtime(Run run)
{
    const auto id = co_await new_space(run, "ann/spaces-runtime");
    const auto first = co_await run.ann.get_space_runtime(id);
    run.check(first.stage == SpaceStage::building, "it is built");
    run.check(!first.hardware, "on nothing yet");
    run.check(first.requested_hardware == SpaceHardware::cpu_basic, "cpu-basic is asked for");
    run.same(first.sleep_time, 172'800, "free hardware sleeps after two days");
    run.same(first.raw["stage"].as_string(), "BUILDING", "the Hub's own answer");
    co_await run.until("it runs", [&]() -> asio::awaitable<bool> {
        co_return (co_await run.ann.get_space_runtime(id)).stage == SpaceStage::running;
    });
    const auto running = co_await run.ann.get_space_runtime(id);
    run.check(running.hardware == SpaceHardware::cpu_basic, "on cpu-basic");
    const auto asked =
        co_await run.ann.request_space_hardware(id, SpaceHardware::t4_medium, {.sleep_time = 3600});
    run.check(asked.requested_hardware == SpaceHardware::t4_medium, "other hardware is asked for");
    run.same(asked.sleep_time, 3600, "with a sleep time");
    run.same((co_await run.ann.set_space_sleep_time(id, 7200)).sleep_time, 7200, "another sleep time");
    run.same((co_await run.ann.get_space_runtime(id)).sleep_time, 7200, "it is kept");
    co_await run.raises<BadRequestError>(
        run.ann.request_space_hardware(id, Open<SpaceHardware>::unknown("none")), "no such hardware", 400);
    run.check((co_await run.ann.request_space_storage(id, SpaceStorage::medium)).storage ==
                  SpaceStorage::medium,
              "storage");
    co_await run.raises<BadRequestError>(run.ann.request_space_storage(id, SpaceStorage::small),
                                         "it does not shrink", 400);
    run.check(!(co_await run.ann.delete_space_storage(id)).storage, "no storage");
    co_await run.raises<BadRequestError>(run.ann.delete_space_storage(id), "deleted twice", 400);
    run.check((co_await run.ann.pause_space(id)).stage == SpaceStage::paused, "paused");
    run.check((co_await run.ann.get_space_runtime(id)).stage == SpaceStage::paused, "it stays so");
    run.check((co_await run.ann.restart_space(id)).stage == SpaceStage::building, "restarted");
    run.check((co_await run.ann.restart_space(id, {.factory_reboot = true})).stage == SpaceStage::building,
              "built anew");
    co_await run.raises<HfHubHTTPError>(run.bob.pause_space(id), "not bob's", 403);
    co_await run.raises<RepositoryNotFoundError>(run.ann.get_space_runtime(id + "-none"), "no such Space",
                                                 404);
}

Names keys(const SpaceVariables& variables)
{
    Names out;
    for (const auto& [key, variable] : variables)
        out.push_back(key + "=" + variable.value);
    return out;
}

Task secrets_and_variables(Run run)
{
    const auto id = co_await new_space(run, "ann/spaces-secrets");
    run.check((co_await run.ann.get_space_variables(id)).empty(), "none at first");
    co_await run.ann.add_space_variable(id, "MODEL_ID", "acme/tiny", {.description = "which model"});
    run.same(keys(co_await run.ann.add_space_variable(id, "GREETING", "Größe & more")),
             (Names{"GREETING=Größe & more", "MODEL_ID=acme/tiny"}), "variables");
    run.same((co_await run.ann.get_space_variables(id)).at("MODEL_ID").description, "which model",
             "description");
    run.check((co_await run.ann.get_space_variables(id)).at("MODEL_ID").updated_at.has_value(), "date");
    run.same(keys(co_await run.ann.add_space_variable(id, "MODEL_ID", "other")),
             (Names{"GREETING=Größe & more", "MODEL_ID=other"}), "another value");
    run.same(keys(co_await run.ann.delete_space_variable(id, "GREETING")), Names{"MODEL_ID=other"},
             "deleted");
    co_await run.ann.add_space_secret(id, "API_KEY", "hush-hush", {.description = "of the weather"});
    co_await run.ann.add_space_secret(id, "API_KEY", "hush again");
    run.same(keys(co_await run.ann.get_space_variables(id)), Names{"MODEL_ID=other"},
             "a secret is no variable");
    const auto info = co_await run.ann.space_info(id);
    run.check(info.runtime && info.runtime->raw.text().find("hush") == std::string::npos, "and is not told");
    co_await run.raises<BadRequestError>(run.ann.add_space_variable(id, "API_KEY", "x"),
                                         "a secret has the name", 400);
    co_await run.raises<BadRequestError>(run.ann.add_space_secret(id, "no-name", "x"), "a bad name", 400);
    co_await run.ann.delete_space_secret(id, "API_KEY");
    run.same(keys(co_await run.ann.add_space_variable(id, "API_KEY", "x")),
             (Names{"API_KEY=x", "MODEL_ID=other"}), "the secret is gone");
    co_await run.raises<HfHubHTTPError>(run.bob.add_space_secret(id, "API_KEY", "x"), "not bob's", 403);
}

Task duplicate(Run run)
{
    const auto id = co_await new_space(run, "acme/spaces-original");
    co_await run.ann.add_space_variable(id, "KEPT", "1");
    const std::string to = "ann/spaces-copy";
    run.delete_later(to, "space");
    const auto url = co_await run.ann.duplicate_space(
        id, {.to_id = to,
             .private_ = true,
             .hardware = Open(SpaceHardware::t4_small),
             .storage = Open(SpaceStorage::small),
             .sleep_time = 600,
             .secrets = std::vector<SpaceEntry>{{.key = "S", .value = "s"}},
             .variables = std::vector<SpaceEntry>{{.key = "V", .value = "v"}}});
    run.same(url.repo_id, to, "its id");
    run.same(url.url, run.endpoint() + "/spaces/" + to, "its URL");
    const auto files = [&](std::string which) {
        return run.ann.list_repo_files(std::move(which), {.repo_type = "space"});
    };
    run.same(sorted(co_await files(to).collect()), sorted(co_await files(id).collect()), "the same files");
    run.same(co_await run.get(to, "app.py", {.repo_type = "space"}), "print(1)\n", "the same content");
    const auto info = co_await run.ann.space_info(to);
    run.same(info.private_, true, "private");
    run.same(info.sdk, "gradio", "the same SDK");
    const auto machine = co_await run.ann.get_space_runtime(to);
    run.check(machine.requested_hardware == SpaceHardware::t4_small && machine.storage == SpaceStorage::small,
              "hardware and storage");
    run.same(machine.sleep_time, 600, "sleep time");
    run.same(keys(co_await run.ann.get_space_variables(to)), Names{"V=v"}, "its own variables");
    co_await run.raises<ConflictError>(run.ann.duplicate_space(id, {.to_id = to}), "it exists", 409);
    run.same((co_await run.ann.duplicate_space(id, {.to_id = to, .exist_ok = true})).repo_id, to, "exist_ok");
    const std::string own = "ann/spaces-original";
    run.delete_later(own, "space");
    run.same((co_await run.ann.duplicate_space(id)).repo_id, own, "one's own namespace is the default");
    run.same(keys(co_await run.ann.get_space_variables(own)), Names{"KEPT=1"},
             "and the original's variables");
    run.same((co_await run.ann.space_info(own)).private_, false, "as private as the original");
    co_await run.raises<RepositoryNotFoundError>(run.ann.duplicate_space(id + "-none"), "no such Space", 404);
}

} // namespace

Flows space_flows()
{
    return {{"spaces.runtime", runtime},
            {"spaces.secrets_and_variables", secrets_and_variables},
            {"spaces.duplicate", duplicate}};
}

} // namespace hfasync::flows
