// The JavaScript client (@huggingface/hub) against the embedded Hub: HF_ENDPOINT and HF_TOKEN say where,
// HFASYNC_NODE_MODULES in which folder the client is installed. With a name: only that flow.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.HFASYNC_NODE_MODULES ?? process.cwd(), "package.json"));
const hub = await import(pathToFileURL(require.resolve("@huggingface/hub")));

const to = { hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };
const all = async (items) => {
    const out = [];
    for await (const item of items) out.push(item);
    return out;
};
const fails = async (call, status, code) => {
    const error = await call().then(() => assert.fail(`no error ${status}`), (error) => error);
    assert.equal(error.statusCode, status, String(error));
    return error;
};
const text = async (blob) => (blob === null ? null : await blob.text());
const flows = {};

flows.whoAmI = async () => {
    const me = await hub.whoAmI(to);
    assert.equal(me.type, "user");
    await fails(() => hub.whoAmI({ ...to, accessToken: "hf_wrong" }), 401);
    return me.name;
};

async function withRepo(name, work, kind = "model", more = {}) {
    const me = (await hub.whoAmI(to)).name;
    const repo = { type: kind, name: `${me}/${name}` };
    const made = await hub.createRepo({ ...to, repo, ...more });
    assert.ok(made.repoUrl.endsWith(`${kind === "model" ? "" : kind + "s/"}${me}/${name}`), made.repoUrl);
    try {
        assert.equal(await hub.repoExists({ ...to, repo }), true);
        await work(repo);
    } finally {
        await hub.deleteRepo({ ...to, repo });
    }
    assert.equal(await hub.repoExists({ ...to, repo }), false);
}

flows.createRepo = async () => {
    for (const kind of ["model", "dataset"])
        await withRepo("js-made", async (repo) => fails(() => hub.createRepo({ ...to, repo }), 409), kind);
    await withRepo("js-space", async () => {}, "space", { sdk: "static" });
    await withRepo("js-seeded", async (repo) => {
        const files = (await all(hub.listFiles({ ...to, repo }))).map((file) => file.path).sort();
        assert.ok(files.includes("a.txt"), files.join());
    }, "model", { files: [{ path: "a.txt", content: new Blob(["seed"]) }] });
};

flows.uploadAndDownload = async () =>
    withRepo("js-files", async (repo) => {
        const big = randomBytes(12 << 20); // above the limit of a regular file: LFS
        const done = await hub.uploadFiles({ ...to, repo, useXet: false,
            files: [{ path: "dir/hello é.txt", content: new Blob(["hello"]) }, { path: "weights.bin", content: new Blob([big]) }],
            commitTitle: "two files", commitDescription: "body" });
        assert.match(done.commit.oid, /^[0-9a-f]{40}$/);
        assert.equal(await text(await hub.downloadFile({ ...to, repo, path: "dir/hello é.txt" })), "hello");
        const got = Buffer.from(await (await hub.downloadFile({ ...to, repo, path: "weights.bin" })).arrayBuffer());
        assert.ok(got.equals(big));
        const middle = await (await hub.downloadFile({ ...to, repo, path: "weights.bin" })).slice(1000, 2000).arrayBuffer();
        assert.ok(Buffer.from(middle).equals(big.subarray(1000, 2000)));
        assert.equal(await hub.downloadFile({ ...to, repo, path: "none.txt" }), null);
        assert.equal(await hub.fileExists({ ...to, repo, path: "weights.bin" }), true);
        assert.equal(await hub.fileExists({ ...to, repo, path: "none.bin" }), false);
        const info = await hub.fileDownloadInfo({ ...to, repo, path: "weights.bin" });
        assert.equal(info.size, big.length);
        assert.match(info.etag, /^"[0-9a-f]{32}"$/); // the storage's own: the client looks behind the redirect
        const files = await all(hub.listFiles({ ...to, repo, recursive: true, expand: true }));
        const byPath = Object.fromEntries(files.map((file) => [file.path, file]));
        assert.equal(byPath["weights.bin"].lfs.oid, createHash("sha256").update(big).digest("hex"));
        assert.equal(byPath["dir/hello é.txt"].size, 5);
        assert.equal(byPath["weights.bin"].lastCommit.id, done.commit.oid);
        const infos = await hub.pathsInfo({ ...to, repo, paths: ["weights.bin", "dir", "none"], expand: true });
        assert.deepEqual(infos.map((item) => [item.path, item.type]).sort(), [["dir", "directory"], ["weights.bin", "file"]]);
    });

flows.commits = async () =>
    withRepo("js-commits", async (repo) => {
        const add = (path, content) => ({ operation: "addOrUpdate", path, content: new Blob([content]) });
        const first = await hub.commit({ ...to, repo, title: "one", operations: [add("a.txt", "1"), add("b.txt", "2")] });
        const second = await hub.commit({ ...to, repo, title: "two", parentCommit: first.commit.oid,
            operations: [{ operation: "delete", path: "b.txt" }, add("c/d.txt", "3")] });
        await fails(() => hub.commit({ ...to, repo, title: "stale", parentCommit: first.commit.oid, operations: [add("x", "x")] }), 412);
        const log = await all(hub.listCommits({ ...to, repo }));
        assert.deepEqual(log.slice(0, 2).map((entry) => [entry.title, entry.oid]), [["two", second.commit.oid], ["one", first.commit.oid]]);
        assert.equal(await hub.countCommits({ ...to, repo, revision: "main" }), log.length);
        assert.equal(await hub.fileExists({ ...to, repo, path: "b.txt" }), false);
        assert.equal(await text(await hub.downloadFile({ ...to, repo, path: "b.txt", revision: first.commit.oid })), "2");
        await hub.deleteFiles({ ...to, repo, paths: ["a.txt", "c/d.txt"] });
        await hub.uploadFile({ ...to, repo, file: { path: "e.txt", content: new Blob(["e"]) } });
        await hub.deleteFile({ ...to, repo, path: "e.txt" });
        const pull = await hub.commit({ ...to, repo, title: "a proposal", isPullRequest: true, operations: [add("p.txt", "p")] });
        assert.ok(pull.pullRequestUrl.includes("/discussions/"), pull.pullRequestUrl);
        assert.equal(await text(await hub.downloadFile({ ...to, repo, path: "p.txt", revision: "refs/pr/1" })), "p");
        assert.equal(await hub.fileExists({ ...to, repo, path: "p.txt" }), false);
    });

flows.branches = async () =>
    withRepo("js-branches", async (repo) => {
        await hub.uploadFile({ ...to, repo, file: { path: "a", content: new Blob(["1"]) } });
        await hub.createBranch({ ...to, repo, branch: "dev" });
        await hub.uploadFile({ ...to, repo, branch: "dev", file: { path: "a", content: new Blob(["2"]) } });
        assert.equal(await text(await hub.downloadFile({ ...to, repo, path: "a", revision: "dev" })), "2");
        assert.equal(await text(await hub.downloadFile({ ...to, repo, path: "a" })), "1");
        await fails(() => hub.createBranch({ ...to, repo, branch: "dev" }), 409);
        await hub.deleteBranch({ ...to, repo, branch: "dev" });
        await fails(() => hub.downloadFile({ ...to, repo, path: "a", revision: "dev" }), 404);
    });

flows.listings = async () => {
    const me = (await hub.whoAmI(to)).name;
    await withRepo("js-listed", async (repo) => {
        await hub.uploadFile({ ...to, repo, file: { path: "README.md", content: new Blob(["---\nlicense: mit\ntags: [blue]\n---\n"]) } });
        const models = await all(hub.listModels({ ...to, search: { owner: me } }));
        assert.ok(models.some((model) => model.name === repo.name));
        const tagged = await all(hub.listModels({ ...to, search: { owner: me, tags: ["blue"] }, additionalFields: ["tags", "sha"] }));
        assert.deepEqual(tagged.map((model) => model.name), [repo.name]);
        assert.ok(tagged[0].tags.includes("blue"));
        assert.equal((await all(hub.listModels({ ...to, search: { query: "js-listed" }, limit: 1 }))).length, 1);
        const info = await hub.modelInfo({ ...to, name: repo.name, additionalFields: ["author", "sha"] });
        assert.equal(info.author, me);
        await hub.checkRepoAccess({ ...to, repo });
    });
    await withRepo("js-data", async (repo) => {
        assert.ok((await all(hub.listDatasets({ ...to, search: { owner: me } }))).some((item) => item.name === repo.name));
        assert.equal((await hub.datasetInfo({ ...to, name: repo.name })).name, repo.name);
    }, "dataset");
    await withRepo("js-space", async (repo) => {
        assert.ok((await all(hub.listSpaces({ ...to, search: { owner: me } }))).some((item) => item.name === repo.name));
        assert.equal((await hub.spaceInfo({ ...to, name: repo.name, additionalFields: ["author"] })).author, me);
    }, "space", { sdk: "static" });
};

flows.snapshotDownload = async () =>
    withRepo("js-snapshot", async (repo) => {
        const files = { "a.txt": "1", "b/c.txt": "22", "b/d.txt": "333" };
        const done = await hub.uploadFiles({ ...to, repo, files: Object.entries(files).map(([path, content]) => ({ path, content: new Blob([content]) })) });
        const cacheDir = await mkdtemp(join(tmpdir(), "hfasync-js-"));
        try {
            const folder = await hub.snapshotDownload({ ...to, repo, cacheDir });
            assert.ok(folder.endsWith(join("snapshots", done.commit.oid)), folder);
            for (const [path, content] of Object.entries(files)) assert.equal(await readFile(join(folder, path), "utf8"), content);
            const scan = await hub.scanCacheDir(cacheDir);
            assert.equal(scan.repos.length, 1);
        } finally {
            await rm(cacheDir, { recursive: true });
        }
    });

flows.collections = async () => {
    const me = (await hub.whoAmI(to)).name;
    await withRepo("js-item", async (repo) => {
        const { slug } = await hub.createCollection({ ...to, collection: { title: "From JavaScript", namespace: me } });
        assert.ok((await all(hub.listCollections({ ...to, search: { owner: [me] } }))).some((item) => item.slug === slug));
        await hub.deleteCollection({ ...to, slug });
    });
};

let failed = 0;
for (const [name, flow] of Object.entries(flows)) {
    if (process.argv[2] && process.argv[2] !== name) continue;
    try {
        await flow();
        console.log(`ok ${name}`);
    } catch (error) {
        failed += 1;
        console.log(`FAILED ${name}: ${error.stack}`, error.data ?? "", error.url ?? "");
    }
}
process.exit(failed ? 1 : 0);
