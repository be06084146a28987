// Refusals as types, and failures that pass.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

/// What every refusal of the Hub tells.
void check_told(const Run& run, const Told& known, std::string_view what)
{
    run.check(known.message.find(known.request_id) != std::string::npos &&
                  known.message.find("hf_ann") == std::string::npos &&
                  known.message.find("hf_bob") == std::string::npos &&
                  known.message.find("hf_wrong") == std::string::npos,
              std::string(what) + ": the message names the request, and no token: " + known.message);
    run.check(!known.request_id.empty(), std::string(what) + ": request id");
    run.check(!known.server_message.empty(), std::string(what) + ": the server's message");
    run.check(known.url.starts_with(run.endpoint()) && !known.method.empty(),
              std::string(what) + ": the request");
}

Task types(Run run)
{
    const auto id = co_await run.make_repo("ann/errors-types");
    const auto secret = co_await run.make_repo("ann/errors-secret", {.private_ = true});
    const auto gated = co_await run.make_repo("ann/errors-gated");
    const auto head = (co_await run.put(id, "a.txt", "a")).oid;
    co_await run.put(id, "a.txt", "b");
    co_await run.put(gated, "a.txt", "a");
    co_await run.ann.update_repo_settings(gated, {.gated = "manual"});

    const auto repo =
        co_await run.raises<RepositoryNotFoundError>(run.ann.model_info(id + "-none"), "no repo", 404);
    check_told(run, repo, "no repo");
    run.same(repo.error_code, "RepoNotFound", "its code");
    check_told(run, co_await run.raises<RepositoryNotFoundError>(run.bob.model_info(secret), "private", 404),
               "private");
    check_told(run,
               co_await run.raises<RepositoryNotFoundError>(run.nobody.model_info(secret), "private", 401),
               "private, without a token");
    const auto revision = co_await run.raises<RevisionNotFoundError>(
        run.ann.model_info(id, {.revision = "none"}), "no revision", 404);
    check_told(run, revision, "no revision");
    run.same(revision.error_code, "RevisionNotFound", "its code");
    const auto entry =
        co_await run.raises<EntryNotFoundError>(run.ann.hf_hub_download(id, "none.txt"), "no file", 404);
    check_told(run, entry, "no file");
    run.same(entry.error_code, "EntryNotFound", "its code");
    const auto gate =
        co_await run.raises<GatedRepoError>(run.bob.hf_hub_download(gated, "a.txt"), "gated", 403);
    check_told(run, gate, "gated");
    run.same(gate.error_code, "GatedRepo", "its code");
    check_told(
        run,
        co_await run.raises<BadRequestError>(run.ann.list_models({.sort = "colour"}).collect(), "bad", 400),
        "a bad request");
    check_told(run, co_await run.raises<ConflictError>(run.ann.create_repo(id), "it exists", 409),
               "a conflict");
    check_told(
        run,
        co_await run.raises<ConflictError>(run.put(id, "a.txt", "c", {.parent_commit = head}), "stale", 412),
        "a stale parent");
    check_told(run,
               co_await run.raises<HTTPError>(run.ann.whoami({.token = "hf_wrong"}), "a wrong token", 401),
               "a wrong token");
    const auto denied = co_await run.raises<HfHubHTTPError>(run.bob.delete_repo(id), "not bob's", 403);
    check_told(run, denied, "no right to");
    co_await run.raises<HFValidationError>(run.ann.model_info("a--b/../c"), "no id");
    co_await run.raises<ValueError>(run.ann.create_repo(id, {.repo_type = "movie"}), "no type");

    auto options = run.options();
    options.retry.max_retries = 0;
    const HfApi once(run.hub(options));
    run.add_fault(R"({"path":"/api/models/ann/errors-types","action":"status","status":403,)"
                  R"("headers":{"X-Error-Message":"Access to this resource is disabled."}})");
    co_await run.raises<DisabledRepoError>(once.model_info(id), "disabled", 403);
    run.add_fault(R"({"path":"/api/models/ann/errors-types","action":"status","status":429})");
    const auto limited = co_await as_result(once.model_info(id));
    run.check(limited.error() == errc::rate_limited, "too many requests");
    run.add_fault(R"({"path":"/api/models/ann/errors-types","action":"status","status":418,)"
                  R"("headers":{"X-Error-Message":"I am a kettle"}})");
    const auto kettle = co_await run.raises<HfHubHTTPError>(once.model_info(id), "a status of its own", 418);
    run.same(kettle.server_message, "I am a kettle", "with its message");
    run.add_fault(R"({"path":"/api/models/ann/errors-types","action":"status","status":500,)"
                  R"("headers":{"X-Error-Message":"Oh no"}})");
    const auto broken = co_await run.raises<HfHubHTTPError>(once.model_info(id), "a failure of the Hub", 500);
    run.check(!broken.request_id.empty(), "its request id");
    run.same(broken.server_message, "Oh no", "its message");
    options.endpoint = "http://127.0.0.1:1";
    co_await run.raises<ConnectionError>(HfApi(run.hub(options)).model_info(id), "nobody listens");
}

Task transient(Run run)
{
    const auto id = co_await run.make_repo("ann/errors-transient");
    const auto text = noise(100'000);
    co_await run.put_all(id, {{"a.txt", text}, {"w.bin", text}});
    int requests = 0, failures = 0;
    auto options = run.options();
    options.on_request = [&](const RequestReport& report) {
        ++requests;
        failures += report.status >= 500 || report.status == 429 || !report.error.empty();
    };
    const HfApi api(run.hub(options));
    const auto listing = [&] { return api.list_models({.search = "errors-transient"}); };
    for (const std::string what : {R"("action":"status","status":503)",
                                   R"("action":"status","status":429,"headers":{"Retry-After":"0"})",
                                   R"("action":"reset")", R"("action":"close")", R"("action":"garbage")"}) {
        requests = failures = 0;
        const std::string twice = R"({"method":"GET","path":"/api/models",)" + what + R"(,"times":2})";
        if (what.find("garbage") == std::string::npos) {
            run.add_fault(twice);
            run.same((co_await listing().collect()).size(), 1u, "a listing: " + what);
            run.same(requests, 3, "is asked for three times: " + what);
            run.same(failures, 2, "because two failed: " + what);
        } else {
            run.add_fault(twice);
            const auto outcome = co_await as_result(listing().collect());
            run.check(outcome.has_value() || outcome.failure() != nullptr,
                      "what is no HTTP is told as what it is");
            run.check(run.remove("/__emulator/faults") == 200, "the faults end");
        }
    }
    for (const std::string path : {"a.txt", "w.bin"}) {
        const std::string head = R"({"path":"*/)" + path + R"(","action":"status","status":503})";
        run.add_fault(head);
        run.add_fault(path == "w.bin" ? R"({"origin":"storage","method":"GET","action":"reset","at":50000})"
                                      : R"({"path":"*/a.txt","method":"GET","action":"reset","at":50000})");
        failures = 0;
        run.check(read_file(co_await api.hf_hub_download(id, path)) == text, "a download of " + path);
        run.same(failures, 2, "which failed twice on its way");
    }
    options.retry.max_retries = 1;
    run.add_fault(R"({"method":"GET","path":"/api/models","action":"status","status":503,"times":2})");
    const HfApi hasty(run.hub(options));
    const auto known =
        co_await run.raises<HfHubHTTPError>(hasty.list_models().collect(), "503 to the end", 503);
    run.check(known.status == 503, "is told as what it is");
    run.add_fault(R"({"method":"GET","path":"/api/models","action":"reset","times":2})");
    co_await run.raises<ConnectionError>(hasty.list_models().collect(), "a connection that breaks each time");
}

} // namespace

Flows error_flows()
{
    return {{"errors.types", types}, {"errors.transient", transient}};
}

} // namespace hfasync::flows
