// The account, repos and their branches.
import {
    add,
    all,
    ann,
    bob,
    check,
    endpoint,
    get,
    hub,
    nobody,
    page,
    paths,
    put,
    refused,
    same,
    text,
    withRepo,
} from "./support.mjs";

export const flows = {};

flows["account.whoami"] = async () => {
    const me = await hub.whoAmI(ann);
    same([me.type, me.name, me.fullname, me.isPro], ["user", "ann", "Ann 安", false], "ann");
    same(
        me.orgs.map((org) => org.name),
        ["acme"],
        "her organisations",
    );
    same([me.auth.type, me.auth.accessToken.role], ["access_token", "write"], "her token");
    const other = await hub.whoAmI(bob);
    same([other.name, other.isPro, other.orgs], ["bob", true, []], "bob");
    const error = await refused(() => hub.whoAmI({ ...ann, accessToken: "hf_wrong" }), 401, "a wrong token");
    check(error.message.includes("Invalid"), error.message);
    await refused(() => hub.whoAmI({ ...ann, accessToken: "no token" }), TypeError, "what is no token");
};

flows["repos.create_and_delete"] = async () => {
    for (const [type, more] of [
        ["model", {}],
        ["dataset", {}],
        ["space", { sdk: "gradio" }],
    ]) {
        const repo = { type, name: `ann/repos-create-${type}` };
        same(await hub.repoExists({ ...ann, repo }), false, "not there yet");
        const made = await hub.createRepo({ ...ann, repo, ...more });
        same(made.repoUrl, `${endpoint}/${page(repo)}`, "its URL");
        same(await hub.repoExists({ ...ann, repo }), true, "there");
        check(
            (await all(hub.listFiles({ ...ann, repo }))).some((file) => file.path === ".gitattributes"),
            "the first commit",
        );
        await refused(() => hub.createRepo({ ...ann, repo, ...more }), 409, "a second create");
        await refused(() => hub.deleteRepo({ ...bob, repo }), 403, "it is not bob's");
        await hub.deleteRepo({ ...ann, repo });
        same(await hub.repoExists({ ...ann, repo }), false, "gone");
        await refused(() => hub.deleteRepo({ ...ann, repo }), 404, "deleted twice");
    }
    await refused(() => hub.createRepo({ ...bob, repo: "acme/repos-create-bob" }), 403, "not bob's organisation");
    await refused(() => hub.createRepo({ ...ann, repo: "none" }), TypeError, "a name without an owner");
    await withRepo(
        "repos-create-files",
        async (repo) => {
            same(
                await text(await hub.downloadFile({ ...ann, repo, path: "dir/a.txt" })),
                "seed",
                "a file that was there from the start",
            );
        },
        { owner: "acme", license: "mit", files: [{ path: "dir/a.txt", content: new Blob(["seed"]) }] },
    );
};

flows["repos.private"] = async () =>
    withRepo(
        "repos-private",
        async (repo) => {
            await put(repo, { "secret.txt": "secret" });
            same((await hub.modelInfo({ ...ann, name: repo.name })).private, true, "private");
            same(await get(repo, "secret.txt"), "secret", "its owner reads it");
            for (const [who, status] of [
                [bob, 404],
                [nobody, 401],
            ]) {
                same(await hub.repoExists({ ...who, repo }), false, "it looks missing");
                await refused(() => hub.modelInfo({ ...who, name: repo.name }), status, "its info");
                await refused(() => hub.checkRepoAccess({ ...who, repo }), status, "access");
                await refused(() => hub.downloadFile({ ...who, repo, path: "secret.txt" }), status, "its file");
                await refused(() => all(hub.listFiles({ ...who, repo })), status, "its files");
                same(await all(hub.listModels({ ...who, search: { query: "repos-private" } })), [], "not listed");
            }
            await hub.checkRepoAccess({ ...ann, repo });
            same(
                (await all(hub.listModels({ ...ann, search: { query: "repos-private" } }))).map((item) => item.name),
                [repo.name],
                "listed for its owner",
            );
        },
        { private: true },
    );

flows["repos.info"] = async () => {
    await withRepo("repos-info", async (repo) => {
        const first = await put(repo, {
            "README.md": "---\nlicense: mit\ntags: [flowing]\npipeline_tag: fill-mask\n---\n",
            "w.bin": "w",
        });
        const head = await put(repo, { "dir/a.txt": "a" });
        const fields = ["author", "sha", "tags", "cardData", "createdAt", "disabled", "pipeline_tag", "filePaths"];
        const info = await hub.modelInfo({ ...ann, name: repo.name, additionalFields: fields });
        same(
            [info.name, info.author, info.sha, info.private, info.gated, info.disabled],
            [repo.name, "ann", head, false, false, false],
            "what it is",
        );
        same(info.filePaths, [".gitattributes", "README.md", "dir/a.txt", "w.bin"], "its files");
        same([info.task, info.cardData.license, info.cardData.tags], ["fill-mask", "mit", ["flowing"]], "its card");
        check(info.tags.includes("flowing") && info.tags.includes("license:mit"), `tags: ${info.tags}`);
        const created = new Date(info.createdAt);
        check(
            created <= info.updatedAt && Date.now() - created < 600_000,
            `dates: ${info.createdAt}, ${info.updatedAt}`,
        );
        same([info.likes, info.downloads], [0, 0], "counts");
        const before = await hub.modelInfo({
            ...ann,
            name: repo.name,
            revision: first,
            additionalFields: ["sha", "filePaths"],
        });
        same([before.sha, before.filePaths], [first, [".gitattributes", "README.md", "w.bin"]], "at a revision");
        const [file] = await hub.pathsInfo({ ...ann, repo, paths: ["w.bin"] });
        same([file.size, file.lfs.size], [1, 1], "metadata of a file");
        await refused(() => hub.modelInfo({ ...ann, name: repo.name, revision: "none" }), 404, "an unknown revision");
    });
    await withRepo(
        "repos-info",
        async (repo) => {
            const head = await put(repo, { "README.md": "---\nlanguage: en\n---\n# Rows\nAll of them.\n" });
            const info = await hub.datasetInfo({
                ...ann,
                name: repo.name,
                additionalFields: ["author", "sha", "tags", "cardData", "createdAt", "description"],
            });
            same(
                [info.name, info.author, info.sha, info.cardData.language],
                [repo.name, "ann", head, "en"],
                "a dataset",
            );
            check(info.tags.includes("language:en"), `tags: ${info.tags}`);
            check(info.description.includes("All of them."), info.description);
        },
        { type: "dataset" },
    );
    await withRepo(
        "repos-info",
        async (repo) => {
            const info = await hub.spaceInfo({
                ...ann,
                name: repo.name,
                additionalFields: ["author", "sha", "subdomain", "runtime", "cardData", "createdAt"],
            });
            same(
                [info.name, info.author, info.sdk, info.cardData.sdk],
                [repo.name, "ann", "gradio", "gradio"],
                "a Space",
            );
            check(
                /^[0-9a-f]{40}$/.test(info.sha) && info.subdomain.startsWith("ann-") && info.runtime.stage,
                "its runtime",
            );
        },
        { type: "space", sdk: "gradio" },
    );
    await refused(() => hub.modelInfo({ ...ann, name: "ann/none" }), 404, "an unknown repo");
    await refused(() => hub.modelInfo({ ...nobody, name: "ann/none" }), 401, "without a token");
};

flows["refs.branches"] = async () =>
    withRepo("refs-branches", async (repo) => {
        const first = await put(repo, { a: "1" });
        const second = await put(repo, { a: "2" });
        for (const branch of ["dev", "fix/größe"]) {
            await hub.createBranch({ ...ann, repo, branch, ...(branch === "dev" ? {} : { revision: first }) });
            const head = branch === "dev" ? second : first;
            same(
                (await hub.modelInfo({ ...ann, name: repo.name, revision: branch, additionalFields: ["sha"] })).sha,
                head,
                branch,
            );
            await refused(() => hub.createBranch({ ...ann, repo, branch }), 409, "a second");
            await put(repo, { b: branch }, { branch });
            same(await get(repo, "b", { revision: branch }), branch, "a commit to it");
            same(await get(repo, "a", { revision: branch }), branch === "dev" ? "2" : "1", "what it began with");
            same(await paths(repo), ["a"], "main stays as it was");
            await refused(() => hub.deleteBranch({ ...bob, repo, branch }), 403, "not bob's");
            await hub.deleteBranch({ ...ann, repo, branch });
            await refused(() => hub.downloadFile({ ...ann, repo, path: "a", revision: branch }), 404, "deleted");
            await refused(() => hub.deleteBranch({ ...ann, repo, branch }), 404, "deleted twice");
        }
        await refused(
            () => hub.createBranch({ ...ann, repo, branch: "x", revision: "none" }),
            404,
            "from an unknown revision",
        );
        await refused(() => hub.createBranch({ ...ann, repo, branch: "no blanks" }), 400, "a broken name");
        await refused(
            () => hub.commit({ ...ann, repo, branch: "x", title: "t", operations: [add("a", "a")] }),
            404,
            "to no branch",
        );
    });
