// Commits and uploads.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import {
    add,
    all,
    ann,
    bob,
    bytes,
    check,
    get,
    gitBlob,
    hub,
    noise,
    paths,
    put,
    refused,
    requests,
    same,
    sha256,
    withFolder,
    withRepo,
} from "./support.mjs";

export const flows = {};
const mib = 1 << 20;
const entry = async (repo, path) => (await hub.pathsInfo({ ...ann, repo, paths: [path], expand: true }))[0];
/** The client asks for the first byte of each file, and an empty one has none. */
const whole = async (repo, path) => {
    if ((await entry(repo, path)).size > 0) return get(repo, path);
    await refused(() => get(repo, path), 416, "an empty file");
    const answer = await fetch(`${ann.hubUrl}/${repo.name}/resolve/main/${path}`);
    check(answer.ok, "an empty file is there");
    return bytes(answer);
};

flows["commits.regular"] = async () =>
    withRepo("commits-regular", async (repo) => {
        const files = {
            "a.txt": "one\r\ntwo\n",
            "binary.dat": Buffer.concat([noise(70_000), Buffer.alloc(3)]),
            "empty.txt": "",
            "deep/er/b c.txt": "blank",
            "été/größe ✓.txt": "é",
        };
        const done = await hub.uploadFiles({
            ...ann,
            repo,
            commitTitle: "All kinds",
            commitDescription: "of them",
            files: Object.entries(files).map(([path, content]) => ({ path, content: new Blob([content]) })),
        });
        same(await paths(repo), Object.keys(files).sort(), "the files");
        for (const [path, content] of Object.entries(files)) {
            same(await whole(repo, path), content, path);
            const told = await entry(repo, path);
            same(
                [told.oid, told.size, told.lfs, told.lastCommit.id],
                [gitBlob(content), Buffer.from(content).length, undefined, done.commit.oid],
                path,
            );
        }
        await hub.uploadFile({ ...ann, repo, file: new File(["again"], "a.txt") });
        same(await get(repo, "a.txt"), "again", "it is replaced");
        same(await get(repo, "a.txt", { revision: done.commit.oid }), files["a.txt"], "and still there as it was");
        const seen = [];
        for await (const event of hub.uploadFilesWithProgress({
            ...ann,
            repo,
            files: [{ path: "p.txt", content: new Blob(["p"]) }],
        }))
            seen.push(event.phase);
        check(seen.includes("committing"), "progress");
        same(await get(repo, "p.txt"), "p", "with progress");
        await refused(() => hub.uploadFile({ ...bob, repo, file: new File(["x"], "x") }), 403, "not bob's");
    });

flows["commits.lfs"] = async () =>
    withRepo("commits-lfs", async (repo) => {
        const files = { "big.txt": noise(11 * mib, 2), "small.safetensors": noise(3000, 3) };
        const oid = await put(repo, files);
        for (const [path, content] of Object.entries(files)) {
            const told = await entry(repo, path);
            same(
                [told.size, told.lfs.size, told.lfs.oid, told.lastCommit.id],
                [content.length, content.length, sha256(content), oid],
                path,
            );
            check(told.lfs.pointerSize > 120 && told.lfs.pointerSize < 140, "the size of its pointer");
            same(await get(repo, path), content, "it comes back");
        }
        const pointer = await get(repo, "small.safetensors", { raw: true });
        check(
            pointer.toString().includes(`oid sha256:${sha256(files["small.safetensors"])}\nsize 3000\n`),
            "its pointer",
        );
        await put(repo, { "notes.mine": "regular" });
        same((await entry(repo, "notes.mine")).lfs, undefined, "not yet LFS");
        await put(repo, {
            ".gitattributes": "*.mine filter=lfs diff=lfs merge=lfs -text\n",
            "same.mine": "with its rule",
        });
        same((await entry(repo, "same.mine")).lfs?.size, 13, "named in .gitattributes of the same commit");
        await put(repo, { "more.mine": "LFS" });
        same((await entry(repo, "more.mine")).lfs?.oid, sha256("LFS"), "named in .gitattributes");
        await requests();
        await put(repo, { "copy.safetensors": files["small.safetensors"] });
        same(
            (await requests()).filter((request) => request.origin === "storage" && request.method === "PUT").length,
            0,
            "content that the Hub has is not sent again",
        );
        same(await get(repo, "copy.safetensors"), files["small.safetensors"], "it is there");
    });

flows["commits.multipart"] = async () =>
    withRepo("commits-multipart", async (repo) => {
        const content = noise(70 * mib + 11, 4);
        await requests();
        await put(repo, { "huge.bin": content });
        const parts = (await requests()).filter((request) => request.origin === "storage" && request.method === "PUT");
        same(parts.length, 5, "parts of 16 MiB");
        check(
            parts.every((part) => part.status === 200),
            "each is taken",
        );
        const told = await entry(repo, "huge.bin");
        same([told.lfs.size, told.lfs.oid], [content.length, sha256(content)], "what is told");
        same(await get(repo, "huge.bin"), content, "it comes back");
    });

flows["commits.delete"] = async () =>
    withRepo("commits-delete", async (repo) => {
        await put(repo, {
            "a.txt": "a",
            "b.txt": "b",
            "c.txt": "c",
            "dir/x": "x",
            "dir/sub/y": "y",
            "w.bin": noise(3000),
        });
        const done = await hub.deleteFile({ ...ann, repo, path: "a.txt", commitTitle: "No a" });
        same(await hub.fileExists({ ...ann, repo, path: "a.txt" }), false, "a file is gone");
        same(
            (await all(hub.listCommits({ ...ann, repo })))[0],
            {
                oid: done.commit.oid,
                title: "No a",
                message: "",
                authors: [{ username: "ann", avatarUrl: null }],
                date: (await all(hub.listCommits({ ...ann, repo })))[0].date,
            },
            "its commit",
        );
        same(await hub.downloadFile({ ...ann, repo, path: "a.txt" }), null, "its download");
        await hub.deleteFiles({ ...ann, repo, paths: ["b.txt", "w.bin"] });
        same(await paths(repo), ["c.txt", "dir/sub/y", "dir/x"], "several files are gone");
        await hub.deleteFiles({ ...ann, repo, paths: ["dir/sub/y", "dir/x"] });
        same(
            (await all(hub.listFiles({ ...ann, repo }))).map((item) => item.path),
            [".gitattributes", "c.txt"],
            "and a folder with its files",
        );
        await refused(() => hub.deleteFile({ ...ann, repo, path: "a.txt" }), 404, "deleted twice");
        await refused(() => hub.deleteFile({ ...bob, repo, path: "c.txt" }), 403, "not bob's");
        same(await paths(repo), ["c.txt"], "nothing else is gone");
    });

flows["commits.stale_parent"] = async () =>
    withRepo("commits-stale", async (repo) => {
        const first = await put(repo, { "a.txt": "1" });
        const second = await put(repo, { "a.txt": "2" }, { parentCommit: first });
        const stale = await refused(() => put(repo, { "a.txt": "3" }, { parentCommit: first }), 412, "stale");
        check(stale.requestId, "with the id of the request");
        await refused(
            () => put(repo, { "w.bin": noise(2000) }, { parentCommit: first }),
            412,
            "stale, with an LFS file",
        );
        same((await all(hub.listCommits({ ...ann, repo })))[0].oid, second, "nothing is written");
        same([await get(repo, "w.bin"), (await get(repo, "a.txt")).toString()], [null, "2"], "no file either");
    });

flows["commits.history"] = async () =>
    withRepo("commits-history", async (repo) => {
        const first = await put(
            repo,
            { "a.txt": "1" },
            { title: "Première <b>", description: "Line one\n\nLine three" },
        );
        await hub.createBranch({ ...ann, repo, branch: "dev" });
        const second = await put(repo, { "a.txt": "2" }, { title: "Second" });
        const third = await put(repo, { "b.txt": "3" }, { title: "On dev", branch: "dev" });
        const log = await all(hub.listCommits({ ...ann, repo }));
        same(
            log.map((item) => item.title),
            ["Second", "Première <b>", "initial commit"],
            "titles, newest first",
        );
        same(
            log.slice(0, 2).map((item) => item.oid),
            [second, first],
            "ids",
        );
        same(log[1].message, "Line one\n\nLine three", "a description");
        same(
            log[1].authors.map((author) => author.username),
            ["ann"],
            "the author",
        );
        check(
            log.every((item, i) => i === 0 || item.date <= log[i - 1].date),
            "dates",
        );
        check(Math.abs(Date.now() - log[0].date) < 600_000, `just now: ${log[0].date}`);
        same(
            (await all(hub.listCommits({ ...ann, repo, revision: "dev" }))).map((item) => item.oid).slice(0, 2),
            [third, first],
            "of a branch",
        );
        same(await hub.countCommits({ ...ann, repo }), 3, "their number");
        for (let i = 0; i < 12; ++i) await put(repo, { "c.txt": `${i}` }, { title: `Number ${i}` });
        const pages = await all(hub.listCommits({ ...ann, repo, batchSize: 5 }));
        same(
            pages.map((item) => item.title),
            [...Array(12).keys()]
                .reverse()
                .map((i) => `Number ${i}`)
                .concat(log.map((item) => item.title)),
            "in pages",
        );
        same(new Set(pages.map((item) => item.oid)).size, 15, "each once");
        await refused(() => all(hub.listCommits({ ...ann, repo, revision: "none" })), 404, "of no branch");
    });

flows["uploads.folder"] = async () =>
    withRepo("uploads-folder", (repo) =>
        withFolder(async (folder) => {
            const files = { "a.txt": "a", "sub/b.txt": "b", "sub/deep/w.safetensors": noise(5000, 5), "sub/empty": "" };
            for (const [path, content] of Object.entries(files)) {
                await mkdir(join(folder, path, ".."), { recursive: true });
                await writeFile(join(folder, path), content);
            }
            const content = pathToFileURL(folder);
            const done = await hub.uploadFiles({
                ...ann,
                repo,
                commitTitle: "A folder",
                files: [{ path: "below", content }],
            });
            same(
                await paths(repo),
                Object.keys(files)
                    .map((path) => `below/${path}`)
                    .sort(),
                "below a path",
            );
            for (const [path, wanted] of Object.entries(files)) same(await whole(repo, `below/${path}`), wanted, path);
            same(await hub.countCommits({ ...ann, repo }), 2, "one commit");
            same(
                (await entry(repo, "below/sub/deep/w.safetensors")).lfs.oid,
                sha256(files["sub/deep/w.safetensors"]),
                "an LFS file",
            );
            same((await entry(repo, "below/sub/b.txt")).lastCommit.id, done.commit.oid, "its commit");
            await hub.commit({
                ...ann,
                repo,
                title: "Its root",
                operations: [{ operation: "addOrUpdate", path: "", content }],
            });
            same(
                (await paths(repo)).filter((path) => !path.startsWith("below/")),
                Object.keys(files).sort(),
                "and into the root",
            );
            const one = await hub.downloadFile({ ...ann, repo, path: "sub/b.txt" });
            same(await bytes(one), "b", "its bytes");
        }),
    );
