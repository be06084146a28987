// Pull requests, collections, and what fails.
import {
    add,
    all,
    ann,
    bob,
    bytes,
    check,
    endpoint,
    fault,
    get,
    hub,
    noFaults,
    noise,
    nobody,
    paths,
    put,
    refused,
    requests,
    rest,
    same,
    withRepo,
} from "./support.mjs";

export const flows = {};

flows["discussions.pull_request"] = async () =>
    withRepo("discussions-pull-request", async (repo) => {
        const head = await put(repo, { "a.txt": "a" });
        const made = await hub.commit({
            ...bob,
            repo,
            title: "A proposal",
            description: "why",
            isPullRequest: true,
            operations: [add("b.txt", "b"), add("w.bin", noise(3000))],
        });
        same(made.pullRequestUrl, `${endpoint}/${repo.name}/discussions/1`, "its URL");
        const told = await rest("GET", `/api/models/${repo.name}/discussions/1`);
        same([told.title, told.isPullRequest, told.author.name], ["A proposal", true, "bob"], "the pull request");
        same(await paths(repo), ["a.txt"], "main stays as it was");
        same(
            await paths(repo, { revision: encodeURIComponent("refs/pr/1") }),
            ["a.txt", "b.txt", "w.bin"],
            "its own revision",
        );
        same(await get(repo, "b.txt", { revision: "refs/pr/1" }), "b", "a file of it");
        same(await get(repo, "w.bin", { revision: "refs/pr/1" }), noise(3000), "an LFS file of it");
        same(
            (await hub.modelInfo({ ...ann, name: repo.name, additionalFields: ["sha"] })).sha,
            head,
            "the head of main",
        );
        const more = await hub.commit({
            ...bob,
            repo,
            title: "More",
            branch: "refs/pr/1",
            operations: [add("c.txt", "c")],
        });
        same(
            (await hub.modelInfo({ ...ann, name: repo.name, revision: "refs/pr/1", additionalFields: ["sha"] })).sha,
            more.commit.oid,
            "a further commit to it",
        );
        const log = await all(hub.listCommits({ ...ann, repo, revision: encodeURIComponent("refs/pr/1") }));
        same(
            log.slice(0, 3).map((item) => item.title),
            ["More", "A proposal", "Change"],
            "its commits",
        );
        await refused(
            () => hub.commit({ ...bob, repo, title: "x", operations: [add("x", "x")] }),
            403,
            "bob may not commit to main",
        );
        const second = await hub.uploadFile({ ...ann, repo, isPullRequest: true, file: new File(["d"], "d.txt") });
        check(second.pullRequestUrl.endsWith("/discussions/2"), "a second has the next number");
    });

flows["collections.manage"] = async () => {
    const made = [];
    try {
        const { slug } = await hub.createCollection({
            ...ann,
            collection: { title: "Flowing things", namespace: "ann" },
        });
        made.push(slug);
        check(/^ann\/flowing-things-[0-9a-f]{24}$/.test(slug), slug);
        await withRepo("collections-item", async (repo) => {
            const other = await hub.createCollection({
                ...ann,
                collection: { title: "Others", namespace: "acme", description: "of acme", private: true },
            });
            made.push(other.slug);
            await rest("POST", `/api/collections/${other.slug}/items`, { item: { type: "model", id: repo.name } });
            const found = async (who, search) =>
                (await all(hub.listCollections({ ...who, search }))).map((item) => item.slug);
            same(await found(ann, { owner: ["ann"] }), [slug], "by owner");
            same(await found(ann, { owner: ["acme"] }), [other.slug], "a private one, for its owner");
            same(await found(bob, { owner: ["acme"] }), [], "and not for bob");
            same(await found(ann, { item: [`models/${repo.name}`] }), [other.slug], "by item");
            same(await found(ann, { q: "flowing" }), [slug], "by text");
            const [row] = await all(hub.listCollections({ ...ann, search: { owner: ["acme"] } }));
            same(
                [row.title, row.description, row.private, row.items.map((item) => item.id)],
                ["Others", "of acme", true, [repo.name]],
                "a row",
            );
        });
        await refused(
            () => hub.createCollection({ ...bob, collection: { title: "x", namespace: "acme" } }),
            403,
            "not bob's",
        );
        await refused(() => hub.deleteCollection({ ...bob, slug }), 403, "it is not bob's to delete");
        for (const one of made.splice(0)) await hub.deleteCollection({ ...ann, slug: one });
        same(await all(hub.listCollections({ ...ann, search: { owner: ["ann", "acme"] } })), [], "deleted");
        await refused(() => hub.deleteCollection({ ...ann, slug }), 404, "deleted twice");
    } finally {
        for (const one of made) await hub.deleteCollection({ ...ann, slug: one });
    }
};

flows["errors.types"] = async () =>
    withRepo("errors-types", async (repo) => {
        const refusals = [
            [401, () => hub.whoAmI({ ...ann, accessToken: "hf_wrong" }), "Invalid"],
            [401, () => hub.modelInfo({ ...nobody, name: "ann/none" }), "Invalid username or password"],
            [403, () => hub.deleteRepo({ ...bob, repo }), ""],
            [404, () => hub.modelInfo({ ...ann, name: "ann/none" }), "Repository not found"],
            [404, () => all(hub.listFiles({ ...ann, repo, revision: "none" })), "Invalid rev id: none"],
            [409, () => hub.createRepo({ ...ann, repo }), "already"],
            [400, () => all(hub.listModels({ ...ann, sort: "colour" })), "sort"],
            [
                412,
                () =>
                    hub.commit({ ...ann, repo, title: "t", parentCommit: "0".repeat(40), operations: [add("a", "a")] }),
                "commit has happened",
            ],
        ];
        for (const [status, call, said] of refusals) {
            const error = await refused(call, status, said);
            check(error.message.includes(said), `${error.message} has ${said}`);
            check(error.requestId && error.message.includes(error.requestId), "with the id of the request");
            check(error.url.startsWith(endpoint), "and its URL");
            check(error.data?.error, "and what the server said");
        }
    });

// The client does not try again: it tells what happened, and the next call works.
flows["errors.transient"] = async () =>
    withRepo("errors-transient", async (repo) => {
        const content = noise(300_000, 11);
        await put(repo, { "r.dat": content, "w.bin": content });
        try {
            await fault({ method: "GET", path: `/api/models/${repo.name}/tree/*`, action: "status", status: 503 });
            await refused(() => all(hub.listFiles({ ...ann, repo })), 503, "a listing");
            same((await all(hub.listFiles({ ...ann, repo }))).length, 3, "the next one");
            await fault({ method: "GET", path: `/api/models/${repo.name}/tree/*`, action: "reset", at: 10 });
            await refused(() => all(hub.listFiles({ ...ann, repo })), TypeError, "a listing whose connection breaks");
            for (const [path, origin] of [
                ["r.dat", "hub"],
                ["w.bin", "storage"],
            ]) {
                const blob = await hub.downloadFile({ ...ann, repo, path });
                await requests();
                await fault({ method: "GET", origin, action: "reset", at: 100_000 });
                await refused(() => bytes(blob), TypeError, "a download whose connection breaks");
                same(await bytes(blob), content, "and again");
                same(
                    (await requests()).filter((request) => request.origin === origin && request.method === "GET")
                        .length,
                    2,
                    "requests",
                );
                await fault({ method: "GET", path: "*", origin, action: "status", status: 503 });
                await refused(() => get(repo, path), 503, "a download that is refused");
                same(await get(repo, path), content, "and again");
            }
            await fault({ method: "POST", path: `/api/models/${repo.name}/commit/*`, action: "status", status: 503 });
            await refused(() => put(repo, { "x.txt": "x" }), 503, "a commit");
            same(await paths(repo), ["r.dat", "w.bin"], "is not written");
        } finally {
            await noFaults();
        }
    });
