// The cache server of examples/ between an embedded Hub and the JavaScript client: node cache_server.mjs HFASYNC_CACHE
// HF_ENDPOINT and HF_TOKEN name the Hub, HFASYNC_NODE_MODULES the folder of the client.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.HFASYNC_NODE_MODULES, "package.json"));
const hub = await import(pathToFileURL(require.resolve("@huggingface/hub")));
const upstream = { hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };
const work = await mkdtemp(join(tmpdir(), "hfasync-cache-js-"));
const server = spawn(process.argv[2], ["--folder", join(work, "mirror"), "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
});
try {
    const lines = createInterface({ input: server.stdout });
    const first = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
    const mirror = { hubUrl: first.endpoint };
    const repo = { type: "model", name: `${(await hub.whoAmI(upstream)).name}/js-mirror` };
    const big = randomBytes(11 << 20);
    await hub.createRepo({ ...upstream, repo, files: [{ path: "a.txt", content: new Blob(["hello"]) }] });
    await hub.uploadFile({ ...upstream, repo, file: { path: "b/big.bin", content: new Blob([big]) } });

    for (let round = 0; round < 2; ++round) {
        const small = await hub.downloadFile({ ...mirror, repo, path: "a.txt" });
        assert.equal(await small.text(), "hello");
        const blob = await hub.downloadFile({ ...mirror, repo, path: "b/big.bin" });
        assert.equal(blob.size, big.length);
        assert.ok(big.equals(Buffer.from(await blob.arrayBuffer())));
        const part = blob.slice(1_000_000, 1_000_100);
        assert.ok(big.subarray(1_000_000, 1_000_100).equals(Buffer.from(await part.arrayBuffer())));
    }
    assert.equal(await hub.downloadFile({ ...mirror, repo, path: "no.txt" }), null);
    assert.equal((await hub.fileDownloadInfo({ ...mirror, repo, path: "b/big.bin" })).size, big.length);
    const names = [];
    for await (const file of hub.listFiles({ ...mirror, repo, recursive: true })) names.push(file.path);
    assert.ok(names.includes("b/big.bin"), names.join());
    assert.equal((await hub.modelInfo({ ...mirror, name: repo.name })).name, repo.name);
    const refused = await hub.deleteRepo({ ...mirror, accessToken: upstream.accessToken, repo }).then(
        () => assert.fail("a write went through"), (error) => error);
    assert.equal(refused.statusCode, 405, String(refused));
    await hub.deleteRepo({ ...upstream, repo });
    console.log("the JavaScript client reads through the cache server");
} finally {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    assert.equal(await ended, 0);
    await rm(work, { recursive: true, force: true });
}
