// Downloads that do not go as they should: without a network, of what is not there, broken off.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

Task offline(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-offline");
    const auto first =
        co_await run.put_all(id, {{"a.txt", "a"}, {"dir/w.bin", noise(3000)}, {"other.txt", "o"}});
    const auto a = co_await run.ann.hf_hub_download(id, "a.txt");
    co_await run.ann.hf_hub_download(id, "dir/w.bin");

    std::size_t requests = 0;
    auto options = run.options();
    options.on_request = [&requests](const RequestReport&) { ++requests; };
    const HfApi local(run.hub(options));
    run.same(co_await local.hf_hub_download(id, "a.txt", {.local_files_only = true}), a,
             "local_files_only: a file");
    run.same(co_await local.hf_hub_download(id, "a.txt", {.revision = first.oid, .local_files_only = true}),
             a, "by its commit");
    run.same(co_await local.snapshot_download(id, {.local_files_only = true}), a.parent_path(),
             "what there is of a snapshot");
    co_await run.raises<LocalEntryNotFoundError>(
        local.hf_hub_download(id, "other.txt", {.local_files_only = true}), "a file that is not there");
    co_await run.raises<LocalEntryNotFoundError>(
        local.hf_hub_download(id, "a.txt", {.revision = "none", .local_files_only = true}),
        "no such revision here");
    co_await run.raises<LocalEntryNotFoundError>(
        local.snapshot_download(id + "-none", {.local_files_only = true}), "no such repo here");

    options.offline = true;
    const HfApi off(run.hub(options));
    run.same(co_await off.hf_hub_download(id, "a.txt"), a, "HF_HUB_OFFLINE: a file");
    run.same(co_await off.snapshot_download(id), a.parent_path(), "a snapshot");
    const auto known = co_await run.raises<LocalEntryNotFoundError>(off.hf_hub_download(id, "other.txt"),
                                                                    "what is not there");
    run.check(known.message.find("other.txt") != std::string::npos, "it is named");
    co_await run.raises<OfflineModeIsEnabled>(off.model_info(id), "a call that needs the Hub");
    run.same(requests, 0u, "no request at all");
}

Task missing(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-missing");
    const auto commit = co_await run.put(id, "a.txt", "a");
    const auto entry =
        co_await run.raises<EntryNotFoundError>(run.ann.hf_hub_download(id, "dir/no.txt"), "a file", 404);
    run.same(entry.error_code, "EntryNotFound", "the Hub's code");
    const auto repo = run.folder / "home/hub/models--ann--downloads-missing";
    run.check(fs::is_regular_file(repo / ".no_exist" / commit.oid / "dir/no.txt"), ".no_exist remembers it");
    run.same(read_file(repo / "refs/main"), commit.oid, "and refs/main the commit");
    const auto revision = co_await run.raises<RevisionNotFoundError>(
        run.ann.hf_hub_download(id, "a.txt", {.revision = "none"}), "a revision", 404);
    run.same(revision.error_code, "RevisionNotFound", "the Hub's code");
    const auto gone = co_await run.raises<RepositoryNotFoundError>(
        run.ann.hf_hub_download(id + "-none", "a.txt"), "a repo", 404);
    run.same(gone.error_code, "RepoNotFound", "the Hub's code");
    co_await run.raises<RevisionNotFoundError>(run.ann.snapshot_download(id, {.revision = "none"}),
                                               "a revision of a snapshot", 404);
    co_await run.raises<RepositoryNotFoundError>(run.ann.snapshot_download(id + "-none"), "a snapshot", 404);
    run.same(files_below(repo / "blobs").size(), 0u, "nothing was stored");
}

Task resume(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-resume");
    const auto weights = noise(12u << 20, 5), text = letters(4u << 20, 6);
    co_await run.put_all(id, {{"w.bin", weights}, {"r.txt", text}});
    for (const auto& [path, content] : Pairs{{"w.bin", weights}, {"r.txt", text}}) {
        std::uint64_t received = 0;
        auto options = run.options();
        options.retry.max_retries = 0;
        options.connections_per_file = 1;
        options.on_request = [&received](const RequestReport& report) {
            if (report.method == "GET") received += report.bytes_received;
        };
        const HfApi once(run.hub(options));
        // It breaks in the middle and stays broken: the call fails, what has arrived stays.
        const std::string where = path == "w.bin" ? R"("origin":"storage")" : R"("path":"*/r.txt")";
        const auto half = content.size() / 2;
        run.add_fault(R"({"method":"GET",)" + where + R"(,"action":"reset","at":)" + std::to_string(half) +
                      "}");
        run.add_fault(R"({"method":"GET",)" + where + R"(,"action":"reset","at":0,"times":-1})");
        co_await run.raises<HubError>(once.hf_hub_download(id, path), path + " breaks off");
        run.same(run.remove("/__emulator/faults"), 200, "the faults end");
        run.check(received >= half, "half of " + path + " has arrived");
        received = 0;
        run.check(read_file(co_await once.hf_hub_download(id, path)) == content, path + " is whole");
        run.check(received <= content.size() - half,
                  path + " goes on where it stood: " + std::to_string(received));
        // Breaks once within a call: the caller does not notice.
        run.add_fault(R"({"method":"GET",)" + where + R"(,"action":"reset","at":1000000})");
        const auto again = co_await run.ann.hf_hub_download(id, path, {.force_download = true});
        run.check(read_file(again) == content, path + " in one call");
    }
}

} // namespace

Flows download_trouble_flows()
{
    return {{"downloads.offline", offline}, {"downloads.missing", missing}, {"downloads.resume", resume}};
}

} // namespace hfasync::flows
