// Downloads: into memory, into the cache, in parts.
import { lstat, mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import {
    all,
    ann,
    bob,
    bytes,
    check,
    get,
    gitBlob,
    hfasync,
    hub,
    noise,
    nobody,
    put,
    refused,
    requests,
    same,
    sha256,
    withFolder,
    withRepo,
} from "./support.mjs";

export const flows = {};
const weights = noise(40_000, 7);
const exists = (path) =>
    stat(path).then(
        () => true,
        () => false,
    );

flows["downloads.file"] = async () =>
    withRepo("downloads-file", (repo) =>
        withFolder(async (cacheDir) => {
            const first = await put(repo, { "dir/a b.txt": "one", "w.safetensors": weights });
            const head = await put(repo, { "dir/a b.txt": "two" });
            await hub.createBranch({ ...ann, repo, branch: "dev", revision: first });
            for (const [revision, wanted] of [
                ["main", "two"],
                ["dev", "one"],
                [first, "one"],
                [head, "two"],
            ]) {
                same(await get(repo, "dir/a b.txt", { revision }), wanted, `a regular file at ${revision}`);
                same(await get(repo, "w.safetensors", { revision }), weights, `an LFS file at ${revision}`);
                const path = await hub.downloadFileToCacheDir({
                    ...ann,
                    repo,
                    path: "dir/a b.txt",
                    revision,
                    cacheDir,
                });
                same((await readFile(path)).toString(), wanted, `through the cache at ${revision}`);
            }
            const store = join(cacheDir, "models--ann--downloads-file");
            const pointer = join(store, "snapshots", head, "dir", "a b.txt");
            same(
                await hub.downloadFileToCacheDir({ ...ann, repo, path: "dir/a b.txt", cacheDir, revision: head }),
                pointer,
                "its place",
            );
            check((await lstat(pointer)).isSymbolicLink(), "is a link");
            same(await readlink(pointer), join("..", "..", "..", "blobs", gitBlob("two")), "to the blob of that id");
            await hub.downloadFileToCacheDir({ ...ann, repo, path: "w.safetensors", cacheDir });
            same(await readFile(join(store, "blobs", sha256(weights))), weights, "an LFS blob has its SHA-256 as name");
            same(
                (await readdir(join(store, "blobs"))).sort(),
                [gitBlob("one"), gitBlob("two"), sha256(weights)].sort(),
                "each blob once",
            );
            await requests();
            await hub.downloadFileToCacheDir({ ...ann, repo, path: "dir/a b.txt", cacheDir, revision: head });
            same((await requests()).length, 0, "a commit that is there needs no request");
        }),
    );

flows["downloads.snapshot"] = async () => {
    for (const type of ["model", "dataset", "space"])
        await withRepo(
            "downloads-snapshot",
            (repo) =>
                withFolder(async (cacheDir) => {
                    const files = { "a.txt": "1", "dir/b.txt": "22", "dir/sub/é.txt": "333", "w.safetensors": weights };
                    const head = await put(repo, files);
                    const folder = await hub.snapshotDownload({ ...ann, repo, cacheDir });
                    same(folder, join(cacheDir, `${type}s--ann--downloads-snapshot`, "snapshots", head), "its place");
                    for (const [path, content] of Object.entries(files))
                        same(await readFile(join(folder, path)), Buffer.from(content), path);
                    same((await readFile(join(folder, "../../refs/main"))).toString(), head, "the ref");
                    await requests();
                    await hub.snapshotDownload({ ...ann, repo, cacheDir });
                    check(
                        (await requests()).every((request) => request.target.startsWith("/api/")),
                        "a second time no file is asked for",
                    );
                    const next = await put(repo, { "a.txt": "new" });
                    const newer = await hub.snapshotDownload({ ...ann, repo, cacheDir });
                    check(
                        newer.endsWith(next) && (await readFile(join(newer, "a.txt"))).toString() === "new",
                        "the next commit",
                    );
                    same(
                        await readlink(join(newer, "w.safetensors")),
                        await readlink(join(folder, "w.safetensors")),
                        "shares what is the same",
                    );
                    const old = await hub.snapshotDownload({ ...ann, repo, cacheDir, revision: head });
                    same([old, (await readFile(join(old, "a.txt"))).toString()], [folder, "1"], "by commit");
                }),
            { type },
        );
};

flows["downloads.missing"] = async () =>
    withRepo("downloads-missing", (repo) =>
        withFolder(async (cacheDir) => {
            await put(repo, { "a.txt": "a" });
            same(await hub.downloadFile({ ...ann, repo, path: "none.txt" }), null, "a missing file is null");
            same(await hub.fileDownloadInfo({ ...ann, repo, path: "none.txt" }), null, "so are its infos");
            same(await hub.downloadFile({ ...ann, repo, path: "dir" }), null, "no file either");
            const revision = await refused(
                () => hub.downloadFile({ ...ann, repo, path: "a.txt", revision: "none" }),
                404,
                "a revision",
            );
            check(revision.message.includes("Invalid rev id"), revision.message);
            const gone = await refused(
                () => hub.downloadFile({ ...ann, repo: "ann/none", path: "a.txt" }),
                404,
                "a repo",
            );
            check(gone.message.includes("Repository not found"), gone.message);
            await refused(
                () => hub.downloadFile({ ...nobody, repo: "ann/none", path: "a.txt" }),
                401,
                "a repo, without a token",
            );
            await refused(
                () => hub.downloadFile({ ...bob, repo: { type: "dataset", name: repo.name }, path: "a.txt" }),
                404,
                "of another type",
            );
            await refused(
                () => hub.downloadFileToCacheDir({ ...ann, repo, path: "none.txt", cacheDir }),
                Error,
                "into the cache",
            );
            await refused(
                () => hub.snapshotDownload({ ...ann, repo, revision: "none", cacheDir }),
                404,
                "a snapshot of no revision",
            );
            await refused(
                () => hub.snapshotDownload({ ...ann, repo: "ann/none", cacheDir }),
                404,
                "a snapshot of no repo",
            );
            same(await readdir(cacheDir), [], "nothing is left in the cache");
        }),
    );

flows["downloads.range"] = async () =>
    withRepo("downloads-range", async (repo) => {
        const regular = noise(3_000_000, 8),
            large = noise(12 << 20, 9);
        await put(repo, { "r.dat": regular, "w.safetensors": large });
        for (const [path, content] of [
            ["r.dat", regular],
            ["w.safetensors", large],
        ]) {
            const blob = await hub.downloadFile({ ...ann, repo, path });
            same(blob.size, content.length, "its size");
            await requests();
            for (const [from, to] of [
                [0, 10],
                [1000, 2000],
                [content.length - 5, content.length],
                [2_500_000, 2_500_001],
            ]) {
                same(await bytes(blob.slice(from, to)), content.subarray(from, to), `${path} from ${from} to ${to}`);
            }
            same(await bytes(blob.slice(100).slice(50, 60)), content.subarray(150, 160), "a part of a part");
            const bodies = (await requests()).map((request) => request.sent_bytes).reduce((sum, size) => sum + size, 0);
            check(bodies < 20_000, `only the parts were sent: ${bodies} bytes`);
        }
    });

// What the client keeps is the shared cache, but for .no_exist and local_dir, which it does not know. Its scan leaves out
// what is in folders of a repo.
flows["cache.scan"] = async () =>
    withRepo("cache-scan", (repo) =>
        withRepo(
            "cache-scan",
            (rows) =>
                withFolder(async (cache) => {
                    const first = await put(repo, { "a.txt": "one", "w.safetensors": weights });
                    const second = await put(repo, { "a.txt": "three" });
                    await put(rows, { "rows.csv": "1,2" });
                    await hub.snapshotDownload({ ...ann, repo, cacheDir: cache, revision: first });
                    await hfasync(["download", repo.name, "--quiet", "--cache-dir", cache], {
                        HF_TOKEN: ann.accessToken,
                    });
                    await hub.snapshotDownload({ ...ann, repo: rows, cacheDir: cache });
                    const theirs = await hub.scanCacheDir(cache);
                    const ours = JSON.parse(await hfasync(["cache", "scan", "--json", "--dir", cache]));
                    same([theirs.warnings, ours.warnings], [[], []], "no warnings");
                    same(theirs.size, ours.size_on_disk, "the size of all");
                    const told = theirs.repos
                        .map((item) => [
                            item.id.type,
                            item.id.name,
                            item.path,
                            item.size,
                            item.filesCount,
                            item.revisions
                                .map((one) => [one.commitOid, one.path, one.size, one.refs.sort(), one.files.length])
                                .sort(),
                        ])
                        .sort();
                    const known = ours.repos
                        .map((item) => [
                            item.repo_type,
                            item.repo_id,
                            item.repo_path,
                            item.size_on_disk,
                            item.nb_files,
                            item.revisions
                                .map((one) => [
                                    one.commit_hash,
                                    one.snapshot_path,
                                    one.size_on_disk,
                                    one.refs.sort(),
                                    one.files.length,
                                ])
                                .sort(),
                        ])
                        .sort();
                    same(told, known, "repos, revisions, refs, numbers and sizes of files");
                    same(
                        told.map((item) => item[0]),
                        ["dataset", "model"],
                        "both repos",
                    );
                    same(
                        told[1][5].map((item) => item[0]),
                        [first, second].sort(),
                        "the revisions of both clients",
                    );
                }),
            { type: "dataset" },
        ),
    );

flows["cache.read_by_the_other"] = async () =>
    withRepo("cache-read", (repo) =>
        withFolder(async (folder) => {
            const files = { "a.txt": "one", "dir/w.safetensors": weights };
            const head = await put(repo, files);
            const theirs = await mkdtemp(join(folder, "theirs-")),
                ours = await mkdtemp(join(folder, "ours-"));
            const snapshot = await hub.snapshotDownload({ ...ann, repo, cacheDir: theirs });
            await requests();
            const offline = { HF_TOKEN: ann.accessToken, HF_HUB_OFFLINE: "1" };
            same(
                await hfasync(["download", repo.name, "--quiet", "--cache-dir", theirs, "--local-files-only"], offline),
                snapshot,
                "hfasync finds the snapshot by its ref",
            );
            const file = await hfasync(
                ["download", repo.name, "dir/w.safetensors", "--quiet", "--cache-dir", theirs, "--revision", head],
                offline,
            );
            same(await readFile(file), weights, "and a file by its commit");
            same((await requests()).length, 0, "without a request");
            await hfasync(["download", repo.name, "--quiet", "--cache-dir", theirs], { HF_TOKEN: ann.accessToken });
            check(
                (await requests()).every((request) => request.target.startsWith("/api/")),
                "online it asks for no file",
            );

            const path = await hfasync(["download", repo.name, "--quiet", "--cache-dir", ours], {
                HF_TOKEN: ann.accessToken,
            });
            await requests();
            for (const [name, content] of Object.entries(files)) {
                const found = await hub.downloadFileToCacheDir({
                    ...ann,
                    repo,
                    path: name,
                    revision: head,
                    cacheDir: ours,
                });
                same(
                    [found, await readFile(found)],
                    [join(path, name), Buffer.from(content)],
                    "the client finds what hfasync has downloaded",
                );
            }
            same((await requests()).length, 0, "without a request");
            await hub.snapshotDownload({ ...ann, repo, cacheDir: ours });
            check(
                (await requests()).every((request) => request.target.startsWith("/api/")),
                "nor does its snapshot ask for a file",
            );
            await rm(join(path, "a.txt"));
            await hub.downloadFileToCacheDir({ ...ann, repo, path: "a.txt", revision: head, cacheDir: ours });
            check(await exists(join(path, "a.txt")), "a link that is gone is made again");
            check(
                !(await requests()).some((request) => request.target.includes("/resolve/")),
                "from the blob that is there",
            );
            same(
                (await all(hub.listFiles({ ...ann, repo, recursive: true }))).filter((item) => item.type === "file")
                    .length,
                3,
                "all of it",
            );
        }),
    );
