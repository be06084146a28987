// What a flow of the JavaScript client (@huggingface/hub) is made of. HFASYNC_NODE_MODULES says where the client is.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const require = createRequire(join(process.env.HFASYNC_NODE_MODULES ?? process.cwd(), "package.json"));
export const hub = await import(pathToFileURL(require.resolve("@huggingface/hub")));

export const endpoint = process.env.HF_ENDPOINT;
export const ann = { hubUrl: endpoint, accessToken: "hf_ann" };
export const bob = { hubUrl: endpoint, accessToken: "hf_bob" };
export const nobody = { hubUrl: endpoint };

let counted = 0;
export const takeCount = () => {
    const count = counted;
    counted = 0;
    return count;
};
export function check(condition, what) {
    assert.ok(condition, what);
    counted += 1;
}
export function same(got, wanted, what) {
    if (got instanceof Uint8Array || Buffer.isBuffer(got))
        return check(Buffer.from(wanted).equals(Buffer.from(got)), what);
    try {
        assert.deepEqual(got, wanted);
    } catch (error) {
        throw new Error(`${what}: ${error.message}`);
    }
    counted += 1;
}
/** The error with which the call ends; of the Hub with this status, else of this kind. */
export async function refused(call, expected, what) {
    const error = await call().then(
        () => null,
        (error) => error,
    );
    check(error !== null, `${what}: not refused`);
    if (typeof expected === "number") {
        check(error instanceof hub.HubApiError, `${what}: ${error.stack}`);
        same(error.statusCode, expected, `${what} (${error.message})`);
    } else check(error instanceof expected, `${what}: ${error.stack}`);
    return error;
}

export async function all(items) {
    const out = [];
    for await (const item of items) out.push(item);
    return out;
}
export const bytes = async (blob) => (blob === null ? null : Buffer.from(await blob.arrayBuffer()));
export const text = async (blob) => (blob === null ? null : await blob.text());
export const sha256 = (content) => createHash("sha256").update(content).digest("hex");
export const gitBlob = (content) => {
    const data = Buffer.from(content);
    return createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
};
/** Bytes that do not compress and are the same every time. */
export function noise(size, seed = 1) {
    const out = Buffer.allocUnsafe(size);
    let state = seed >>> 0 || 1;
    for (let i = 0; i < size; ++i) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        out[i] = state;
    }
    return out;
}

/** A new repo of ann's, deleted after the work; what else is named goes to createRepo. */
export async function withRepo(name, work, { type = "model", owner = "ann", ...more } = {}) {
    const repo = { type, name: `${owner}/${name}` };
    await hub.createRepo({ ...ann, repo, ...(type === "space" ? { sdk: "static" } : {}), ...more });
    try {
        await work(repo);
    } finally {
        await hub.deleteRepo({ ...ann, repo });
    }
}
export const page = (repo) => (repo.type === "model" ? repo.name : `${repo.type}s/${repo.name}`);
export const add = (path, content) => ({ operation: "addOrUpdate", path, content: new Blob([content]) });
/** One commit with these files; its id. */
export async function put(repo, files, more = {}) {
    const operations = Object.entries(files).map(([path, content]) => add(path, content));
    const done = await hub.commit({ ...ann, repo, title: "Change", operations, ...more });
    check(/^[0-9a-f]{40}$/.test(done.commit.oid), "a commit has an id");
    return done.commit.oid;
}
export const get = async (repo, path, more = {}) => bytes(await hub.downloadFile({ ...ann, repo, path, ...more }));
export const paths = async (repo, more = {}) =>
    (await all(hub.listFiles({ ...ann, repo, recursive: true, ...more })))
        .filter((entry) => entry.type === "file" && entry.path !== ".gitattributes")
        .map((entry) => entry.path)
        .sort();

/** What the client has no call for, by the Hub's API. */
export async function rest(method, path, body, token = "hf_ann") {
    const answer = await fetch(endpoint + path, {
        method,
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    const said = await answer.text();
    return said.startsWith("{") || said.startsWith("[") ? JSON.parse(said) : said;
}
/** Requests that the Hub has answered since the last call. */
export async function requests() {
    const seen = await rest("GET", "/__emulator/requests");
    await rest("DELETE", "/__emulator/requests");
    return seen;
}
export const fault = (rule) => rest("POST", "/__emulator/faults", rule);
export const noFaults = () => rest("DELETE", "/__emulator/faults");

export async function withFolder(work) {
    const folder = await mkdtemp(join(tmpdir(), "hfasync-javascript-"));
    try {
        await work(folder);
    } finally {
        await rm(folder, { recursive: true });
    }
}
/** hfasync's program, with these variables; what it prints. */
export async function hfasync(words, variables = {}) {
    const { stdout } = await promisify(execFile)(process.env.HFASYNC_PROGRAM, words, {
        env: { ...process.env, ...variables },
    });
    return stdout.trimEnd();
}
