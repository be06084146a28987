// The flows of the JavaScript client; started by flows/play, which says in which environment.
import { appendFileSync } from "node:fs";

import { takeCount } from "./support.mjs";
import { flows as repos } from "./repos.mjs";
import { flows as commits } from "./commits.mjs";
import { flows as downloads } from "./downloads.mjs";
import { flows as files } from "./files.mjs";
import { flows as search } from "./search.mjs";
import { flows as others } from "./others.mjs";

console.debug = () => {}; // the client tells of each file there
const only = new RegExp(process.env.HFASYNC_FLOWS_ONLY ?? "");
for (const [name, flow] of Object.entries({ ...repos, ...commits, ...downloads, ...files, ...search, ...others })) {
    if (!only.test(name)) continue;
    const result = { flow: name, passed: true };
    takeCount();
    try {
        await flow();
    } catch (error) {
        result.passed = false;
        result.error = error.message;
        console.error(`${name}: ${error.stack}`, error.data ?? "", error.cause ?? "");
    }
    result.checks = takeCount();
    appendFileSync(process.env.HFASYNC_FLOW_RESULTS, JSON.stringify(result) + "\n");
}
