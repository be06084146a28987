// Repos: created, deleted, private, renamed, gated, described.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

Task create_and_delete(Run run)
{
    struct Kind {
        std::string type, sdk;
    };
    for (const Kind& kind : {Kind{"model", ""}, Kind{"dataset", ""}, Kind{"space", "gradio"}}) {
        const std::string id = "ann/repos-create-" + kind.type;
        CreateRepoOptions options{.repo_type = kind.type};
        if (!kind.sdk.empty()) options.space_sdk = kind.sdk;
        run.check(!co_await run.ann.repo_exists(id, {.repo_type = kind.type}), id + " is not there");
        const auto url = co_await run.ann.create_repo(id, options);
        run.delete_later(id, kind.type);
        run.same(url.repo_id, id, "id");
        run.same(url.repo_type, kind.type, "type");
        run.same(url.url, run.endpoint() + (kind.type == "model" ? "/" : "/" + kind.type + "s/") + id, "URL");
        run.check(co_await run.ann.repo_exists(id, {.repo_type = kind.type}), id + " is there");
        const auto files = co_await run.ann.list_repo_files(id, {.repo_type = kind.type}).collect();
        run.check(has(files, ".gitattributes"), "the first commit");
        co_await run.raises<ConflictError>(run.ann.create_repo(id, options), "a second create", 409);
        options.exist_ok = true;
        run.same((co_await run.ann.create_repo(id, options)).url, url.url, "exist_ok");
        co_await run.raises<HfHubHTTPError>(run.bob.delete_repo(id, {.repo_type = kind.type}), "not bob's",
                                            403);
        co_await run.ann.delete_repo(id, {.repo_type = kind.type});
        run.check(!co_await run.ann.repo_exists(id, {.repo_type = kind.type}), id + " is gone");
        co_await run.raises<RepositoryNotFoundError>(run.ann.delete_repo(id, {.repo_type = kind.type}),
                                                     "deleted twice", 404);
        co_await run.ann.delete_repo(id, {.repo_type = kind.type, .missing_ok = true});
    }
    run.same((co_await run.ann.space_info(
                  co_await run.make_repo("acme/repos-create", {.repo_type = "space", .space_sdk = "docker"})))
                 .sdk,
             "docker", "the SDK of a Space of an organisation");
    co_await run.raises<ValueError>(run.ann.create_repo("ann/repos-create-none", {.repo_type = "space"}),
                                    "a Space without an SDK");
    co_await run.raises<HfHubHTTPError>(run.bob.create_repo("acme/repos-create-bob"), "not bob's", 403);
}

Task private_repo(Run run)
{
    const auto id = co_await run.make_repo("ann/repos-private", {.private_ = true});
    co_await run.put(id, "secret.txt", "secret");
    run.same((co_await run.ann.model_info(id)).private_, true, "private");
    run.same(co_await run.get(id, "secret.txt"), "secret", "its owner reads it");
    run.check(co_await run.ann.repo_exists(id), "it is there for its owner");
    run.check(!co_await run.bob.repo_exists(id), "it is not there for bob");
    run.check(!co_await run.nobody.repo_exists(id), "it is not there without a token");
    co_await run.raises<RepositoryNotFoundError>(run.bob.model_info(id), "its info, for bob", 404);
    co_await run.raises<RepositoryNotFoundError>(run.nobody.model_info(id), "its info, without a token", 401);
    co_await run.raises<RepositoryNotFoundError>(run.bob.hf_hub_download(id, "secret.txt"), "its file", 404);
    co_await run.raises<RepositoryNotFoundError>(run.nobody.hf_hub_download(id, "secret.txt"),
                                                 "its file, without a token", 401);
    const auto listed = [](HfApi api) { return api.list_models({.search = "repos-private"}); };
    run.same(ids(co_await listed(run.ann).collect()), std::vector<std::string>{id}, "listed for its owner");
    run.check((co_await listed(run.bob).collect()).empty(), "not listed for bob");
    run.check((co_await listed(run.nobody).collect()).empty(), "not listed without a token");
}

Task move(Run run)
{
    const auto from = co_await run.make_repo("ann/repos-move"), to = std::string("acme/repos-moved");
    const auto sha = (co_await run.put_all(from, {{"a.txt", "a"}, {"w.bin", noise(3000)}})).oid;
    co_await run.ann.move_repo(from, to);
    run.delete_later(to);
    run.same((co_await run.ann.model_info(to)).sha, sha, "by the new name");
    const auto old = co_await run.ann.model_info(from);
    run.same(old.id, to, "infos by the old name");
    run.same(old.sha, sha, "their commit");
    run.same(co_await run.get(from, "a.txt"), "a", "a file by the old name");
    run.same(co_await run.get(from, "w.bin"), noise(3000), "an LFS file by the old name");
    run.same(co_await run.get(to, "a.txt"), "a", "a file by the new name");
    run.check(co_await run.ann.file_exists(from, "a.txt"), "file_exists by the old name");
    run.same(sorted(co_await run.ann.list_repo_files(from).collect()),
             sorted(co_await run.ann.list_repo_files(to).collect()), "files by both names");
    const auto taken = co_await run.make_repo("ann/repos-move-taken");
    co_await run.raises<ConflictError>(run.ann.move_repo(to, taken), "a name that is taken", 409);
    co_await run.raises<RepositoryNotFoundError>(run.ann.move_repo("ann/repos-move-none", "ann/repos-move-2"),
                                                 "a repo that is not there", 404);
    co_await run.raises<ValueError>(run.ann.move_repo(to, "repos-moved"), "no namespace");
}

Task settings(Run run)
{
    const auto id = co_await run.make_repo("ann/repos-settings");
    co_await run.bob.auth_check(id);
    co_await run.ann.update_repo_settings(id, {.private_ = true});
    run.same((co_await run.ann.model_info(id)).private_, true, "private");
    co_await run.raises<RepositoryNotFoundError>(run.bob.auth_check(id), "a private repo", 404);
    co_await run.ann.auth_check(id);
    co_await run.ann.update_repo_settings(id, {.private_ = false});
    run.same((co_await run.bob.model_info(id)).private_, false, "public");
    for (const std::string how : {"manual", "auto"}) {
        co_await run.ann.update_repo_settings(id, {.gated = how});
        const auto gated = (co_await run.bob.model_info(id)).gated;
        run.check(gated == Gated(how), "gated: " + how);
        co_await run.raises<GatedRepoError>(run.bob.auth_check(id), "gated for bob", 403);
        co_await run.raises<GatedRepoError>(run.nobody.auth_check(id), "gated without a token", 401);
        co_await run.ann.auth_check(id);
    }
    co_await run.ann.update_repo_settings(id, {.gated = false});
    run.check((co_await run.ann.model_info(id)).gated == Gated(false), "not gated");
    co_await run.nobody.auth_check(id);
    co_await run.raises<HfHubHTTPError>(run.bob.update_repo_settings(id, {.private_ = true}), "not bob's",
                                        403);
    co_await run.raises<ValueError>(run.ann.update_repo_settings(id, {}), "nothing to change");
    co_await run.raises<ValueError>(run.ann.update_repo_settings(id, {.gated = "perhaps"}), "no such gate");
    co_await run.raises<RepositoryNotFoundError>(run.ann.auth_check("ann/repos-settings-none"), "no repo",
                                                 404);
}

std::vector<std::string> names(const std::optional<std::vector<RepoSibling>>& siblings)
{
    std::vector<std::string> out;
    for (const auto& one : siblings.value_or(std::vector<RepoSibling>{}))
        out.push_back(one.rfilename);
    return sorted(std::move(out));
}

/// What infos of all types have in common.
template <class Info>
void check_common(const Run& run, const Info& info, const std::string& id, const std::string& sha)
{
    run.same(info.id, id, "id");
    run.same(info.author, "ann", "author");
    run.same(info.sha, sha, "head");
    run.same(names(info.siblings), (std::vector<std::string>{".gitattributes", "README.md", "data.bin"}),
             "files");
    run.same(info.private_, false, "private");
    run.same(info.disabled, false, "disabled");
    run.same(info.likes, 0u, "likes");
    run.check(info.tags && has(*info.tags, "license:mit"), "the card's tags");
    run.same(info.card_data["license"].as_string(), "mit", "the card");
    run.check(info.created_at && info.last_modified && *info.created_at <= *info.last_modified, "dates");
    const auto now = std::chrono::system_clock::now();
    run.check(*info.last_modified > now - std::chrono::hours(1) &&
                  *info.last_modified < now + std::chrono::hours(1),
              "made a moment ago");
}

Task info(Run run)
{
    const auto data = noise(5000, 7);
    const std::string card = "---\nlicense: mit\ntags: [tested]\n---\n# T\n";
    for (const std::string type : {"model", "dataset", "space"}) {
        CreateRepoOptions options{.repo_type = type};
        if (type == "space") options.space_sdk = "static";
        const auto id = co_await run.make_repo("ann/repos-info-" + type, options);
        const auto first = co_await run.put_all(id, {{"README.md", card}}, {.repo_type = type});
        const auto second = co_await run.put_all(id, {{"data.bin", data}}, {.repo_type = type});
        const auto now = co_await run.ann.repo_info(id, {.repo_type = type, .files_metadata = true});
        std::visit([&](const auto& one) { check_common(run, one, id, second.oid); }, now);
        const auto then = co_await run.ann.repo_info(id, {.revision = first.oid, .repo_type = type});
        std::visit(
            [&](const auto& one) {
                run.same(one.sha, first.oid, "at a revision");
                run.same(names(one.siblings), (std::vector<std::string>{".gitattributes", "README.md"}),
                         "its files");
                run.check(!one.siblings->front().size, "no metadata unless asked for");
            },
            then);
        std::visit(
            [&](const auto& one) {
                for (const auto& file : *one.siblings) {
                    if (file.rfilename == "README.md")
                        run.check(file.size == card.size() && !file.lfs, "a regular file");
                    if (file.rfilename != "data.bin") continue;
                    run.same(file.size, data.size(), "size");
                    run.check(file.lfs && file.lfs->sha256 == sha256_of(data), "hash of an LFS file");
                    run.same(file.lfs->size, data.size(), "size of an LFS file");
                }
            },
            now);
        co_await run.raises<RevisionNotFoundError>(
            run.ann.repo_info(id, {.revision = "none", .repo_type = type}), "no such revision", 404);
        co_await run.raises<RepositoryNotFoundError>(run.ann.repo_info(id + "-none", {.repo_type = type}),
                                                     "no such repo", 404);
    }
    run.same((co_await run.ann.space_info("ann/repos-info-space")).sdk, "static", "SDK of a Space");
    const auto model =
        co_await run.ann.model_info("ann/repos-info-model", {.expand = {"downloads", "gated"}});
    run.check(model.downloads == 0u && model.gated == Gated(false) && !model.sha,
              "expand gives what is asked for");
}

} // namespace

Flows repo_flows()
{
    return {{"repos.create_and_delete", create_and_delete},
            {"repos.private", private_repo},
            {"repos.move", move},
            {"repos.settings", settings},
            {"repos.info", info}};
}

} // namespace hfasync::flows
