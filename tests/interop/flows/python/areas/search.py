"""Listings of models, datasets and Spaces: what they filter, how they sort, where they end."""
import json
import struct
from concurrent.futures import ThreadPoolExecutor

from compat import children_of, downwards, like, queries_of_datasets, queries_of_models
from flow import ENDPOINT, HfApi, ann, bob, check, commit, flow, name_of_repo, nobody, raises, repo, same
from huggingface_hub import hf_api
from huggingface_hub.utils import BadRequestError, HfHubHTTPError


def ids(items):
    """Those of this flow, in their order: whatever else is on the Hub does not matter."""
    return [item.id for item in items if item.id.split("/")[1].startswith(name_of_repo().split("/")[1])]


def card(text):
    return f"---\n{text}\n---\n# Title\nSee https://arxiv.org/abs/1810.04805\n".encode()


def safetensors(header):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


def finds(call, words, wanted):
    same(ids(call(**words)), wanted, f"{call.__name__}({words})")


def refuses(call, words, kind=BadRequestError, status=400):
    raises(kind, lambda: list(call(**words)), f"{call.__name__}({words})", status)


# --- models

WEIGHTS = safetensors({"a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}})
ONE = "language: [en, fr]\nlicense: mit\nlibrary_name: timm\npipeline_tag: image-classification\ndatasets: [squad]\n" \
      "tags: [spacy]\ninference: warm\nco2_eq_emissions: {{emissions: 12.5}}\nbase_model: {}"


def filters_of_models(one, two, secret):
    every = [one, two, secret]
    same(ids(ann.list_models()), sorted(every), "list_models")
    same(ids(bob.list_models()), sorted(every[:2]), "private ones are hidden")
    same(ids(nobody.list_models()), sorted(every[:2]), "and from nobody")
    for words in ({"filter": "timm"}, {"filter": ("timm", "en")}, {"filter": ["image-classification", "dataset:squad"]},
                  {"filter": "license:mit", "author": "acme"}, {"gated": True}, {"inference": "warm"},
                  {"trained_dataset": "squad"}, {"search": "acme/search-models-o"}, {"search": "MODELS-ONE"},
                  {"pipeline_tag": "image-classification"}, {"filter": "arxiv:1810.04805", "search": "models-one"},
                  {"filter": "spacy"}, {"filter": f"base_model:{two}"},
                  {"emissions_thresholds": (1, 100), "cardData": True}, *queries_of_models("models-one", "squad")):
        finds(ann.list_models, words, [one])
    finds(ann.list_models, {"author": "ann"}, [secret])
    finds(ann.list_models, {"gated": False}, sorted(every[1:]))
    finds(ann.list_models, {"filter": ["timm", "de"]}, [])
    finds(ann.list_models, {"filter": "tim"}, [])
    finds(ann.list_models, {"emissions_thresholds": (100, 200), "cardData": True}, [])
    refuses(ann.list_models, {"sort": "colour"})
    refuses(HfApi(endpoint=ENDPOINT, token="hf_wrong").list_models, {}, HfHubHTTPError, 401)


def sorts_of_models(one, two, secret):
    for api in (ann, bob):
        like(api, two)
    like(ann, one)
    ann.hf_hub_download(one, "config.json")
    commit(two, {"x": b"x"})
    for sort, wanted in (("created_at", [secret, two, one]), ("last_modified", [two, secret, one]), ("likes", [two, one, secret]),
                         ("trending_score", [two, one, secret])):
        finds(ann.list_models, {"sort": sort, **downwards()}, wanted)
        finds(ann.list_models, {"sort": sort, "search": "search-models", "limit": 2, **downwards()}, wanted[:2])
    finds(ann.list_models, {"sort": "created_at"}, [secret, two, one])
    same(next(iter(ann.list_models(sort="downloads", search="search-models", **downwards()))).id, one, "by downloads")
    same(len(list(ann.list_models(search="search-models", limit=1))), 1, "a limit of one")


def rows_of_models(one, two):
    row = next(iter(ann.list_models(search="models-one", full=True, cardData=True, fetch_config=True)))
    check(row.sha and row.siblings and row.card_data.license == "mit" and row.config["model_type"] == "bert", "full rows")
    plain = next(iter(ann.list_models(search="models-one")))
    same((plain.sha, plain.siblings, plain.pipeline_tag, plain.library_name), (None, None, "image-classification", "timm"),
         "short rows")
    info = ann.model_info(one, files_metadata=True, securityStatus=True)
    same((info.safetensors.parameters, info.safetensors.total), ({"F32": 12}, 12), "safetensors")
    same(info.transformers_info.auto_model, "AutoModelForMaskedLM", "transformers_info")
    check(info.security_repo_status["scansDone"] and all(s.size is not None for s in info.siblings), "metadata of files")
    expanded = ann.model_info(two, expand=["childrenModelCount", "trendingScore", "gated", "downloadsAllTime"])
    same((children_of(expanded), expanded.gated), (1, False), "expand")
    same(len(ids(ann.list_models(expand=list(hf_api.ExpandModelProperty_T.__args__)))), 3, "every property that there is")


@flow("search.models")
def models():
    with repo("two", owner="acme", files={"README.md": card("language: de\npipeline_tag: fill-mask")}) as two:
        files = {"README.md": card(ONE.format(two)), "model.safetensors": WEIGHTS,
                 "config.json": b'{"architectures": ["BertForMaskedLM"], "model_type": "bert"}'}
        with repo("one", owner="acme", files=files) as one, \
                repo("secret", private=True, files={"README.md": card("license: mit")}) as secret:
            ann.update_repo_settings(one, gated="auto")
            filters_of_models(one, two, secret)
            rows_of_models(one, two)
    with repo("one", owner="acme", files={"config.json": b"{}"}) as one, repo("two") as two, repo("three", private=True) as three:
        sorts_of_models(one, two, three)


# --- datasets

@flow("search.datasets")
def datasets():
    books = card("language: [en]\nlicense: cc-by-4.0\ntask_categories: [qa]\ntask_ids: [extractive-qa]\nsize_categories: n<1K\n"
                 "benchmark: raft\ntags: [fiftyone]\nlanguage_creators: [found]\nmultilinguality: monolingual")
    with repo("books", "dataset", "acme", files={"README.md": books, "a.csv": b"a"}) as one, \
            repo("logs", "dataset", files={"README.md": card("language: de")}) as two:
        same(ids(nobody.list_datasets()), [one, two], "list_datasets")
        for words in ({"filter": "language:en"}, {"filter": ["license:cc-by-4.0", "fiftyone"]}, {"dataset_name": "ook"},
                      {"language": ["en"]}, {"language": "en", "task_categories": ["qa"]}, {"size_categories": "n<1K"},
                      {"task_categories": "qa"}, {"task_ids": "extractive-qa"}, {"language_creators": "found"},
                      {"multilinguality": "monolingual"}, {"search": "books"}, {"author": "acme"}, *queries_of_datasets()):
            finds(ann.list_datasets, words, [one])
        finds(ann.list_datasets, {"language": "fr"}, [])
        finds(ann.list_datasets, {"gated": True}, [])
        finds(ann.list_datasets, {"sort": "created_at", **downwards()}, [two, one])
        finds(ann.list_datasets, {"sort": "last_modified", "search": "search-datasets", "limit": 1, **downwards()}, [two])
        refuses(ann.list_datasets, {"sort": "colour"})
        like(bob, one, "dataset")
        finds(ann.list_datasets, {"sort": "likes", **downwards()}, [one, two])
        ann.hf_hub_download(two, "README.md", repo_type="dataset")
        finds(ann.list_datasets, {"sort": "downloads", **downwards()}, [two, one])
        row = next(iter(ann.list_datasets(full=True, search="books")))
        check(row.card_data.task_categories == ["qa"] and row.siblings, "full rows")
        same(ids(ann.list_datasets(expand=list(hf_api.ExpandDatasetProperty_T.__args__))), [one, two],
             "every property that there is")
        same(len(ann.dataset_info(one, files_metadata=True).siblings), 3, "dataset_info")


# --- Spaces

@flow("search.spaces")
def spaces():
    with repo("two", owner="acme") as model, repo("books", "dataset", "acme") as rows:
        files = {"README.md": card(f"sdk: gradio\nmodels: [{model}]\ndatasets: [{rows}]\ntags: [mcp]")}
        with repo("demo", "space", "acme", files=files, space_sdk="gradio") as demo, repo("plain", "space") as plain:
            same(ids(nobody.list_spaces()), [demo, plain], "list_spaces")
            for words in ({"models": model}, {"datasets": [rows]}, {"models": model, "datasets": rows}, {"linked": True},
                          {"filter": "gradio"}, {"filter": ["gradio", "mcp"]}, {"search": "demo"}, {"author": "acme"}):
                finds(ann.list_spaces, words, [demo])
            finds(ann.list_spaces, {"models": f"{model}-none"}, [])
            finds(ann.list_spaces, {"sort": "created_at", **downwards()}, [plain, demo])
            finds(ann.list_spaces, {"sort": "last_modified", "search": "search-spaces", "limit": 1, **downwards()}, [plain])
            refuses(ann.list_spaces, {"sort": "downloads"})  # Spaces have none
            like(bob, demo, "space")
            finds(ann.list_spaces, {"sort": "likes", **downwards()}, [demo, plain])
            row = next(iter(ann.list_spaces(full=True, search="demo")))
            check(row.sdk == "gradio" and row.siblings and row.runtime.stage, "full rows")
            same(ids(ann.list_spaces(expand=list(hf_api.ExpandSpaceProperty_T.__args__))), [demo, plain],
                 "every property that there is")
            same(ann.space_info(demo).models, [model], "space_info")
            same(ann.model_info(model).spaces, [demo], "the Spaces of a model")


# --- pages and tags

@flow("search.pages", seconds=300)
def pages():
    count = 1003  # a page has at most 1000
    names = [name_of_repo(f"{number:04}") for number in range(count)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ann.create_repo, names))
        same([m.id for m in ann.list_models(search="search-pages")], names, "each once, in order")
        same([m.id for m in ann.list_models(search="search-pages", sort="created_at", limit=1001)][:1000],
             [m.id for m in ann.list_models(search="search-pages", sort="created_at", limit=1000)], "a limit above a page")
        same(len(list(ann.list_models(search="search-pages", limit=1002))), 1002, "and to the last")
        list(pool.map(ann.delete_repo, names))
    same(list(ann.list_models(search="search-pages")), [], "none is left")


@flow("search.tags")
def tags():
    model = card("language: en\nlicense: mit\nlibrary_name: timm\npipeline_tag: fill-mask\ntags: [search-tags-own]")
    rows = card("language: en\nlicense: mit\ntask_categories: [qa]\nsize_categories: n<1K")
    hidden = card("tags: [search-tags-hidden]")
    with repo("one", files={"README.md": model}), repo("rows", "dataset", files={"README.md": rows}), \
            repo("hidden", private=True, files={"README.md": hidden}):
        found = {kind: [tag["id"] for tag in entries] for kind, entries in ann.get_model_tags().items()}
        check("timm" in found["library"] and "fill-mask" in found["pipeline_tag"], "libraries and tasks of models")
        check("en" in found["language"] and "license:mit" in found["license"], "languages and licences of models")
        check("search-tags-own" in found["other"], "their own")
        check(all("search-tags-hidden" not in entries for entries in found.values()), "without those of private ones")
        (timm,) = [tag for tag in ann.get_model_tags()["library"] if tag["id"] == "timm"]
        same((timm["type"], timm["label"]), ("library", "timm"), "a tag")
        found = {kind: [tag["id"] for tag in entries] for kind, entries in ann.get_dataset_tags().items()}
        for kind, tag in (("language", "language:en"), ("license", "license:mit"), ("task_categories", "task_categories:qa"),
                          ("size_categories", "size_categories:n<1K")):
            check(tag in found[kind], f"{kind} of datasets: {found[kind]}")
