// Listings: filters, orders, limits, pages. All repos have the flow's name in theirs, so that others do not count.
import { all, ann, bob, check, hub, nobody, put, refused, rest, same, withRepo } from "./support.mjs";

export const flows = {};
const names = (entries) => entries.map((entry) => entry.name);
const sorted = (entries) => names(entries).sort();

/** Repos with these cards, as [owner/name, lines] in order. */
async function withCards(cards, type, work) {
    if (cards.length === 0) return work();
    const [[id, card], ...others] = cards;
    const [owner, name] = id.split("/");
    await withRepo(
        name,
        async (repo) => {
            await put(repo, { "README.md": `---\n${card}\n---\n# Title\n` });
            await withCards(others, type, work);
        },
        { type, owner },
    );
}

flows["search.models"] = async () => {
    const one = "acme/search-models-one",
        two = "acme/search-models-two",
        own = "ann/search-models-own";
    await withCards(
        [
            [
                one,
                "language: [en, fr]\nlicense: mit\nlibrary_name: timm\npipeline_tag: image-classification\ntags: [flowing]",
            ],
            [two, "language: de\npipeline_tag: fill-mask\ntags: [flowing]"],
            [own, "license: mit\nlibrary_name: spacy"],
        ],
        "model",
        async () => {
            await rest("PUT", `/api/models/${two}/settings`, { gated: "auto" });
            await rest("POST", `/api/models/${own}/like`);
            for (const token of ["hf_ann", "hf_bob"]) await rest("POST", `/api/models/${two}/like`, undefined, token);
            const found = (search, more = {}) =>
                all(hub.listModels({ ...ann, search: { query: "search-models", ...search }, ...more }));
            same(sorted(await found()), [one, two, own], "all");
            same(names(await found({ owner: "ann" })), [own], "author");
            same(sorted(await found({ owner: "acme" })), [one, two], "another author");
            same(sorted(await found({ tags: ["flowing"] })), [one, two], "tag");
            same(names(await found({ tags: ["flowing", "license:mit"] })), [one], "two tags");
            same(names(await found({ tags: ["en", "fr"] })), [one], "languages");
            same(names(await found({ tags: ["spacy"] })), [own], "library");
            same(names(await found({ task: "fill-mask" })), [two], "task");
            same(names(await found({ query: "models-TWO" })), [two], "text, whatever its case");
            same(await found({ owner: "bob" }), [], "of nobody");
            same((await found({}, { limit: 2 })).length, 2, "limit");
            same(names(await found({}, { sort: "likes" })).length, 3, "an order");
            const rows = await found(
                { query: "search-models-t" },
                { additionalFields: ["author", "tags", "cardData", "sha", "filePaths"] },
            );
            same(
                rows.map((row) => [
                    row.name,
                    row.author,
                    row.task,
                    row.gated,
                    row.likes,
                    row.private,
                    row.cardData.language,
                ]),
                [[two, "acme", "fill-mask", "auto", 2, false, "de"]],
                "a row",
            );
            check(
                rows[0].tags.includes("flowing") &&
                    rows[0].sha.length === 40 &&
                    rows[0].filePaths.includes("README.md"),
                "its fields",
            );
            check(rows[0].updatedAt instanceof Date && Date.now() - rows[0].updatedAt < 600_000, "its date");
            same(
                (await all(hub.listModels({ ...nobody, search: { query: "search-models" } }))).length,
                3,
                "without a token",
            );
            await refused(() => found({}, { sort: "colour" }), 400, "no such order");
        },
    );
};

flows["search.datasets"] = async () => {
    const books = "acme/search-datasets-books",
        logs = "acme/search-datasets-logs",
        own = "ann/search-datasets-own";
    await withCards(
        [
            [books, "language: [en]\ntask_categories: [question-answering]\nsize_categories: n<1K\ntags: [flowing]"],
            [logs, "language: [de, fr]\nsize_categories: 1M<n<10M\ntags: [flowing]"],
            [own, "license: mit"],
        ],
        "dataset",
        async () => {
            const found = (search, more = {}) =>
                all(hub.listDatasets({ ...ann, search: { query: "search-datasets", ...search }, ...more }));
            same(sorted(await found()), [books, logs, own], "all");
            same(names(await found({ owner: "ann" })), [own], "author");
            same(names(await found({ tags: ["language:de"] })), [logs], "language");
            same(names(await found({ tags: ["task_categories:question-answering"] })), [books], "task");
            same(names(await found({ tags: ["size_categories:n<1K"] })), [books], "size");
            same(sorted(await found({ tags: ["flowing"] })), [books, logs], "tag");
            same(names(await found({ query: "datasets-LOGS" })), [logs], "text, whatever its case");
            same((await found({}, { limit: 1 })).length, 1, "limit");
            const [row] = await found(
                { query: "search-datasets-books" },
                { additionalFields: ["author", "tags", "cardData", "createdAt"] },
            );
            same(
                [row.author, row.cardData.size_categories, row.downloads, row.gated],
                ["acme", "n<1K", 0, false],
                "a row",
            );
            check(row.tags.includes("language:en"), "its tags");
            await refused(() => found({}, { sort: "colour" }), 400, "no such order");
        },
    );
};

flows["search.spaces"] = async () => {
    const one = "acme/search-spaces-one",
        two = "ann/search-spaces-two";
    await withCards(
        [
            [one, "sdk: static\ntitle: One\nmodels: [acme/m]\ndatasets: [acme/d]\ntags: [flowing]"],
            [two, "sdk: static\ntitle: Two"],
        ],
        "space",
        async () => {
            const found = (search, more = {}) =>
                all(hub.listSpaces({ ...ann, search: { query: "search-spaces", ...search }, ...more }));
            same(sorted(await found()), [one, two], "all");
            same(names(await found({ owner: "ann" })), [two], "author");
            same(names(await found({ tags: ["flowing"] })), [one], "tag");
            same(names(await found({ query: "spaces-TWO" })), [two], "text");
            await rest("POST", `/api/spaces/${two}/like`);
            same((await found({}, { sort: "likes" })).length, 2, "an order");
            const [row] = await found(
                { query: "search-spaces-one" },
                { additionalFields: ["author", "cardData", "models", "datasets", "sha"] },
            );
            same(
                [row.author, row.sdk, row.cardData.title, row.models, row.datasets],
                ["acme", "static", "One", ["acme/m"], ["acme/d"]],
                "a row",
            );
            same((await found({ query: "search-spaces-two" }))[0].likes, 1, "likes");
            await refused(() => found({}, { sort: "colour" }), 400, "no such order");
        },
    );
};

flows["search.pages"] = async () => {
    // The client asks for 500 a page.
    const repos = [...Array(505).keys()].map((i) => `acme/search-pages-${String(i).padStart(3, "0")}`);
    const inTurns = async (work) => {
        const left = [...repos];
        await Promise.all(
            [...Array(8)].map(async () => {
                for (let repo = left.shift(); repo; repo = left.shift()) await work(repo);
            }),
        );
    };
    await inTurns((repo) => hub.createRepo({ ...ann, repo }));
    try {
        const found = await all(hub.listModels({ ...bob, search: { query: "search-pages", owner: "acme" } }));
        same(sorted(found), repos, "each once");
        same(
            (await all(hub.listModels({ ...ann, search: { query: "search-pages" }, limit: 503 }))).length,
            503,
            "a limit beyond a page",
        );
        let seen = 0;
        for await (const _ of hub.listModels({ ...ann, search: { query: "search-pages" } })) if (++seen === 3) break;
        same(seen, 3, "a listing that is left");
    } finally {
        await inTurns((repo) => hub.deleteRepo({ ...ann, repo }));
    }
    same(await all(hub.listModels({ ...ann, search: { query: "search-pages" } })), [], "all are gone");
};
