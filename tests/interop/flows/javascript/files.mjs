// What a repo holds: trees, infos by path, existence, metadata, safetensors.
import {
    all,
    ann,
    bob,
    check,
    endpoint,
    get,
    gitBlob,
    hub,
    noise,
    nobody,
    put,
    refused,
    same,
    sha256,
    withRepo,
} from "./support.mjs";

export const flows = {};
const weights = noise(3000);
const names = (entries) => entries.map((entry) => entry.path).sort();

flows["files.tree"] = async () =>
    withRepo("files-tree", async (repo) => {
        const first = await put(repo, { "a.txt": "a", "dir/b.txt": "b", "dir/sub/w.bin": weights });
        const second = await put(repo, { "été/c.txt": "c" }, { title: "The c" });
        const list = (more) => all(hub.listFiles({ ...ann, repo, ...more }));
        same(names(await list()), [".gitattributes", "a.txt", "dir", "été"], "the root");
        const dir = await list({ path: "dir" });
        same(
            dir.map((item) => [item.path, item.type]).sort(),
            [
                ["dir/b.txt", "file"],
                ["dir/sub", "directory"],
            ],
            "a folder",
        );
        const b = dir.find((item) => item.path === "dir/b.txt");
        same([b.size, b.oid, b.lfs, b.lastCommit], [1, gitBlob("b"), undefined, undefined], "a regular file");
        const everything = await list({ recursive: true, expand: true });
        same(
            names(everything),
            [".gitattributes", "a.txt", "dir", "dir/b.txt", "dir/sub", "dir/sub/w.bin", "été", "été/c.txt"],
            "recursively",
        );
        for (const item of everything.filter((entry) => entry.path !== ".gitattributes")) {
            const wanted = item.path.startsWith("été") ? [second, "The c"] : [first, "Change"];
            same([item.lastCommit.id, item.lastCommit.title], wanted, `the last commit of ${item.path}`);
        }
        const w = everything.find((item) => item.path === "dir/sub/w.bin");
        same([w.size, w.lfs.size, w.lfs.oid], [3000, 3000, sha256(weights)], "an LFS file");
        same(names(await list({ recursive: true, revision: first })).includes("été/c.txt"), false, "at a revision");
        await refused(() => list({ path: "none" }), 404, "an unknown folder");
        await refused(() => list({ revision: "none" }), 404, "an unknown revision");
        const many = Object.fromEntries(
            [...Array(1200).keys()].map((i) => [`many/${String(i).padStart(4, "0")}`, `${i}`]),
        );
        await put(repo, many);
        const listed = await list({ path: "many" });
        same(names(listed), Object.keys(many), "more entries than a page, each once");
        same((await list({ recursive: true })).length, 8 + 1 + 1200, "recursively too");
    });

flows["files.paths_info"] = async () =>
    withRepo("files-paths", async (repo) => {
        const first = await put(repo, { "a.txt": "a", "dir/w.bin": weights, "dir/sub/x y.txt": "x", "é.txt": "e" });
        const infos = async (paths, more = {}) =>
            Object.fromEntries(
                (await hub.pathsInfo({ ...ann, repo, paths, ...more })).map((item) => [item.path, item]),
            );
        const some = await infos(["a.txt", "dir", "dir/sub/x y.txt", "é.txt", "none", "dir/none.txt"]);
        same(Object.keys(some).sort(), ["a.txt", "dir", "dir/sub/x y.txt", "é.txt"], "unknown ones are left out");
        same([some["a.txt"].type, some["a.txt"].size, some["a.txt"].oid], ["file", 1, gitBlob("a")], "a file");
        same([some.dir.type, some.dir.oid.length, some.dir.lastCommit], ["directory", 40, undefined], "a folder");
        const full = await infos(["dir/w.bin", "dir"], { expand: true });
        same(
            [full["dir/w.bin"].lfs.oid, full["dir/w.bin"].lastCommit.id],
            [sha256(weights), first],
            "an LFS file, with its commit",
        );
        same(full.dir.lastCommit.title, "Change", "and that of a folder");
        await put(repo, { "new.txt": "n" });
        same(Object.keys(await infos(["new.txt"], { revision: first })), [], "at a revision");
        same(await hub.pathsInfo({ ...ann, repo, paths: [] }), [], "none asked, none told");
        await refused(() => infos(["a.txt"], { revision: "none" }), 404, "an unknown revision");
        await refused(() => hub.pathsInfo({ ...ann, repo: "ann/none", paths: ["a"] }), 404, "an unknown repo");
    });

flows["files.exists"] = async () =>
    withRepo("files-exists", async (repo) => {
        await put(repo, { "a.txt": "a", "dir/w.bin": weights, "é b.txt": "e" });
        await hub.createBranch({ ...ann, repo, branch: "dev" });
        await put(repo, { "dev.txt": "d" }, { branch: "dev" });
        same(
            [
                await hub.repoExists({ ...ann, repo }),
                await hub.repoExists({ ...ann, repo: "ann/none" }),
                await hub.repoExists({ ...nobody, repo }),
                await hub.repoExists({ ...ann, repo: { type: "dataset", name: repo.name } }),
            ],
            [true, false, true, false],
            "repos",
        );
        const there = (path, more = {}) => hub.fileExists({ ...ann, repo, path, ...more });
        same(
            [
                await there("a.txt"),
                await there("dir/w.bin"),
                await there("é b.txt"),
                await there("none"),
                await there("dir"),
            ],
            [true, true, true, false, false],
            "files",
        );
        same(
            [
                await there("dev.txt"),
                await there("dev.txt", { revision: "dev" }),
                await there("a.txt", { revision: "none" }),
            ],
            [false, true, false],
            "at a revision",
        );
        same(await hub.fileExists({ ...nobody, repo, path: "a.txt" }), true, "without a token");
        same(await hub.fileExists({ ...bob, repo: "ann/none", path: "a.txt" }), false, "of no repo");
    });

flows["files.metadata"] = async () =>
    withRepo("files-metadata", async (repo) => {
        await put(repo, { "a b.txt": "hello", "w.bin": weights });
        const regular = await hub.fileDownloadInfo({ ...ann, repo, path: "a b.txt" });
        same([regular.size, regular.etag], [5, `"${gitBlob("hello")}"`], "a regular file");
        same(regular.url, `${endpoint}/${repo.name}/resolve/main/a%20b.txt`, "where it is");
        const large = await hub.fileDownloadInfo({ ...ann, repo, path: "w.bin" });
        same(large.size, 3000, "an LFS file");
        check(
            /^"[0-9a-f]{32}"$/.test(large.etag),
            `${large.etag} is the storage's own: the client looks behind the redirect`,
        );
        same(large.url, `${endpoint}/${repo.name}/resolve/main/w.bin`, "where it is, without the signature");
        const pointer = await hub.fileDownloadInfo({ ...ann, repo, path: "w.bin", raw: true });
        same(
            [pointer.size, pointer.etag],
            [
                (await get(repo, "w.bin", { raw: true })).length,
                `"${(await hub.pathsInfo({ ...ann, repo, paths: ["w.bin"] }))[0].oid}"`,
            ],
            "its pointer",
        );
        same(await hub.fileDownloadInfo({ ...ann, repo, path: "none" }), null, "none");
        const [info] = await hub.pathsInfo({ ...ann, repo, paths: ["w.bin"], expand: true });
        same(info.lfs.oid, sha256(weights), "its SHA-256");
        check(info.securityFileStatus, "its scan");
    });

function safetensors(header, size) {
    const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(size)]);
}

flows["files.safetensors"] = async () => {
    const tensor = (dtype, shape, from, to) => ({ dtype, shape, data_offsets: [from, to] });
    await withRepo("files-safetensors", async (repo) => {
        await put(repo, {
            "model.safetensors": safetensors(
                { __metadata__: { format: "pt" }, w: tensor("F32", [2, 3], 0, 24), b: tensor("BF16", [1], 24, 26) },
                26,
            ),
        });
        const whole = await hub.parseSafetensorsMetadata({ ...ann, repo, computeParametersCount: true });
        same([whole.sharded, whole.header.__metadata__], [false, { format: "pt" }], "a single file");
        same(whole.header.w, tensor("F32", [2, 3], 0, 24), "a tensor");
        same(whole.parameterCount, { F32: 6, BF16: 1 }, "parameters");
    });
    await withRepo("files-sharded", async (repo) => {
        await put(repo, {
            "model-00001-of-00002.safetensors": safetensors({ a: tensor("F16", [4], 0, 8) }, 8),
            "model-00002-of-00002.safetensors": safetensors({ b: tensor("F16", [2, 2], 0, 8) }, 8),
            "model.safetensors.index.json": JSON.stringify({
                metadata: { total_size: 16 },
                weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" },
            }),
        });
        const whole = await hub.parseSafetensorsMetadata({ ...ann, repo, computeParametersCount: true });
        same(
            [whole.sharded, Object.keys(whole.headers).length, whole.index.metadata.total_size],
            [true, 2, 16],
            "several files",
        );
        same(
            [whole.index.weight_map.b, whole.parameterCount],
            ["model-00002-of-00002.safetensors", { F16: 8 }],
            "parameters of both",
        );
    });
    await withRepo("files-none", async (repo) => {
        await refused(() => hub.parseSafetensorsMetadata({ ...ann, repo }), Error, "no such files");
        await put(repo, { "model.safetensors": "no header" });
        const error = await refused(() => hub.parseSafetensorsMetadata({ ...ann, repo }), Error, "a broken file");
        check(error.message.includes("Failed to parse file model.safetensors"), error.message);
    });
};
