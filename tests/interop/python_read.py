#!/usr/bin/env python3
"""The reference client's read calls (huggingface_hub) against the embedded Hub, whose users and papers are those of
read_users.json: python_read.py [ENDPOINT]

Without arguments it takes HF_ENDPOINT, as `hfasync emulator --users read_users.json -- python python_read.py` sets it.
Ends with a line that says how many checks passed; any failure is a traceback and exit status 1.
"""
import atexit
import json
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HF_ENDPOINT", "")
if not ENDPOINT:
    sys.exit("usage: python_read.py ENDPOINT, or HF_ENDPOINT in the environment")
WORK = Path(tempfile.mkdtemp(prefix="hfasync-python-"))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)
os.environ.update(HF_ENDPOINT=ENDPOINT, HF_HOME=str(WORK / "hf"), HF_HUB_DISABLE_PROGRESS_BARS="1",
                  HF_HUB_DISABLE_TELEMETRY="1")
os.environ.pop("HF_TOKEN", None)

import huggingface_hub  # noqa: E402
from huggingface_hub import CommitOperationAdd, HfApi  # noqa: E402
from huggingface_hub.utils import (BadRequestError, EntryNotFoundError, GatedRepoError, HfHubHTTPError,  # noqa: E402
                                   RepositoryNotFoundError, RevisionNotFoundError)

from checks import check, passed, raises, same  # noqa: E402

ann, bob, nobody = (HfApi(endpoint=ENDPOINT, token=token) for token in ("hf_ann", "hf_bob", False))


def ids(items):
    return [item.id for item in items]


def safetensors(header):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


def make(repo, card, kind="model", files=(), **more):
    ann.create_repo(repo, repo_type=kind, **more)
    content = f"---\n{card}\n---\n# Title\nSee https://arxiv.org/abs/1810.04805\n".encode()
    ann.create_commit(repo, [CommitOperationAdd("README.md", content)] + [CommitOperationAdd(p, c) for p, c in files],
                      commit_message="Files", repo_type=kind)


def models():
    header = {"a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}}
    make("acme/one", "language: [en, fr]\nlicense: mit\nlibrary_name: timm\npipeline_tag: image-classification\n"
         "datasets: [squad]\ntags: [spacy]\ninference: warm\nco2_eq_emissions: {emissions: 12.5}\nbase_model: acme/two",
         files=[("model.safetensors", safetensors(header)),
                ("config.json", b'{"architectures": ["BertForMaskedLM"], "model_type": "bert"}')])
    make("acme/two", "language: de\npipeline_tag: fill-mask")
    make("ann/secret", "license: mit", private=True)
    ann.update_repo_settings("acme/one", gated="auto")
    every = ["acme/one", "acme/two", "ann/secret"]
    same(ids(ann.list_models()), every, "list_models")
    same(ids(bob.list_models()), every[:2], "private ones are hidden")
    same(ids(nobody.list_models()), every[:2], "and from nobody")
    for arguments in ({"filter": "timm"}, {"filter": ("timm", "en")}, {"gated": True}, {"inference": "warm"},
                      {"library": "timm"}, {"language": ["en", "fr"]}, {"model_name": "ONE"},
                      {"task": "image-classification"}, {"trained_dataset": "squad"}, {"tags": ["spacy", "region:us"]},
                      {"search": "acme/o"}, {"pipeline_tag": "image-classification"}, {"tags": "arxiv:1810.04805", "search": "one"},
                      {"emissions_thresholds": (1, 100), "cardData": True}):
        same(ids(ann.list_models(**arguments)), ["acme/one"], f"list_models {arguments}")
    same(ids(ann.list_models(author="ann")), ["ann/secret"], "author")
    same(ids(ann.list_models(gated=False)), every[1:], "not gated")
    same(ids(ann.list_models(sort="created_at", direction=-1)), every[::-1], "sort")
    same(ids(ann.list_models(sort="created_at", limit=2)), every[:2], "limit")
    raises(BadRequestError, lambda: ids(ann.list_models(sort="colour")), "a wrong sort")
    raises(HfHubHTTPError, lambda: ids(HfApi(endpoint=ENDPOINT, token="hf_wrong").list_models()), "a wrong token", 401)
    row = next(ann.list_models(search="one", full=True, cardData=True, fetch_config=True))
    check(row.sha and row.siblings and row.card_data.license == "mit" and row.config["model_type"] == "bert", "full rows")
    info = ann.model_info("acme/one", files_metadata=True, securityStatus=True)
    same((info.safetensors.parameters, info.safetensors.total), ({"F32": 12}, 12), "safetensors")
    same(info.transformers_info.auto_model, "AutoModelForMaskedLM", "transformers_info")
    check(info.security_repo_status["scansDone"] and all(s.size is not None for s in info.siblings), "metadata")
    expanded = ann.model_info("acme/two", expand=["childrenModelCount", "trendingScore", "gated", "downloadsAllTime"])
    same((expanded.childrenModelCount, expanded.trending_score, expanded.gated), (1, 0, False), "expand")
    everything = list(huggingface_hub.hf_api.ExpandModelProperty_T.__args__)
    same(len(ids(ann.list_models(expand=everything))), 3, "every property")
    metadata = ann.get_safetensors_metadata("acme/one")
    same(metadata.parameter_count, {"F32": 12}, "get_safetensors_metadata")
    raises(RepositoryNotFoundError, lambda: bob.model_info("ann/secret"), "private", 404)
    check("timm" in [tag["id"] for tag in ann.get_model_tags()["library"]], "get_model_tags")


def datasets_and_spaces():
    make("acme/books", "language: [en]\ntask_categories: [qa]\nsize_categories: n<1K\nbenchmark: raft\ntags: [fiftyone]",
         "dataset", [("a.csv", b"a")])
    make("acme/logs", "language: de", "dataset")
    for arguments in ({"filter": "language:en"}, {"benchmark": "raft"}, {"dataset_name": "ook"}, {"language": ["en"]},
                      {"size_categories": "n<1K"}, {"tags": "fiftyone"}, {"task_categories": "qa"}, {"search": "books"}):
        same(ids(ann.list_datasets(**arguments)), ["acme/books"], f"list_datasets {arguments}")
    check(next(ann.list_datasets(full=True)).card_data.task_categories == ["qa"], "full rows")
    properties = list(huggingface_hub.hf_api.ExpandDatasetProperty_T.__args__)
    same(ids(ann.list_datasets(expand=properties)), ["acme/books", "acme/logs"], "every property")
    same(len(ann.dataset_info("acme/books", files_metadata=True).siblings), 3, "dataset_info")
    check("language" in ann.get_dataset_tags(), "get_dataset_tags")

    make("acme/demo", "sdk: gradio\nmodels: [acme/two]\ndatasets: [acme/books]", "space", space_sdk="gradio")
    make("acme/plain", "sdk: static", "space", space_sdk="static")
    for arguments in ({"models": "acme/two"}, {"datasets": ["acme/books"]}, {"linked": True}, {"filter": "gradio"},
                      {"search": "demo"}):
        same(ids(ann.list_spaces(**arguments)), ["acme/demo"], f"list_spaces {arguments}")
    properties = list(huggingface_hub.hf_api.ExpandSpaceProperty_T.__args__)
    same(ids(ann.list_spaces(expand=properties)), ["acme/demo", "acme/plain"], "every property")
    same(ann.space_info("acme/demo").models, ["acme/two"], "space_info")
    same(ann.model_info("acme/two").spaces, ["acme/demo"], "Spaces of a model")


def users_and_papers():
    ann.like("acme/one")
    ann.like("acme/one")
    ann.like("acme/books", repo_type="dataset")
    bob.like("acme/one")
    likes = ann.list_liked_repos()
    same((likes.total, likes.models, likes.datasets), (2, ["acme/one"], ["acme/books"]), "list_liked_repos")
    same([u.username for u in nobody.list_repo_likers("acme/one")], ["ann", "bob"], "list_repo_likers")
    ann.unlike("acme/one")
    same(nobody.model_info("acme/one").likes, 1, "unlike")
    raises(HfHubHTTPError, lambda: nobody.like("acme/one"), "like without a token", 401)
    raises(RepositoryNotFoundError, lambda: bob.like("ann/secret"), "like of a hidden repo", 404)
    user = bob.get_user_overview("ann")
    same((user.fullname, user.details, user.is_following), ("Ann 安", "ML & more", True), "get_user_overview")
    same((user.num_models, user.num_likes, user.num_followers, user.num_papers, user.num_upvotes), (0, 1, 2, 1, 107), "counts")
    same(user.orgs[0].fullname, "Acme, Inc.", "organisations")
    raises(HfHubHTTPError, lambda: ann.get_user_overview("none"), "an unknown user", 404)
    same([u.username for u in ann.list_user_followers("ann")], ["bob", "eve"], "list_user_followers")
    same([u.username for u in ann.list_user_following("ann")], ["bob"], "list_user_following")
    same([u.username for u in ann.list_organization_members("acme")], ["ann"], "list_organization_members")
    same(ids(ann.list_papers()), ["2407.21783", "hep-th/9711200"], "list_papers")
    same(ids(ann.list_papers(query="größe #1")), ["2407.21783"], "list_papers by words")
    paper = ann.paper_info("2407.21783")
    same((paper.title, paper.authors, paper.upvotes), ("The Herd of Models", ["Ann", "Li 李"], 107), "paper_info")
    same(paper.submitted_by.username, "bob", "who submitted it")
    same(ann.paper_info("hep-th/9711200").title, "Old", "an old id")
    raises(HfHubHTTPError, lambda: ann.paper_info("0000.0"), "no paper", 404)


def repos():
    check(ann.repo_exists("acme/one") and not bob.repo_exists("ann/secret"), "repo_exists")
    ann.auth_check("acme/one")
    raises(GatedRepoError, lambda: bob.auth_check("acme/one"), "gated", 403)
    raises(GatedRepoError, lambda: nobody.file_exists("acme/one", "README.md"), "gated for nobody", 401)
    raises(RepositoryNotFoundError, lambda: bob.auth_check("ann/secret"), "private", 404)
    same(ann.repo_info("acme/books", repo_type="dataset").id, "acme/books", "repo_info")
    branch, path = "ünï/#1%20a+b&c", "w é#1/mö?%+&.txt"
    ann.create_branch("acme/two", branch=branch)
    ann.upload_file(path_or_fileobj=b"x", path_in_repo=path, repo_id="acme/two", revision=branch)
    check(ann.file_exists("acme/two", path, revision=branch) and not ann.file_exists("acme/two", path), "file_exists")
    check(path in [s.rfilename for s in ann.model_info("acme/two", revision=branch).siblings], "a branch's files")
    same([e.path for e in ann.get_paths_info("acme/two", [path, "none"], revision=branch)], [path], "get_paths_info")
    check(ann.revision_exists("acme/two", branch) and not ann.revision_exists("acme/two", "refs/pr/1"), "revision_exists")
    request = ann.create_commit("acme/two", [CommitOperationAdd("pr.txt", b"pr")], commit_message="PR", create_pr=True)
    check("pr.txt" in ann.list_repo_files("acme/two", revision=request.pr_revision), "refs/pr/1")
    same(ann.model_info("acme/two", revision="refs/pr/1").sha, request.oid, "its head")
    refs = ann.list_repo_refs("acme/two", include_pull_requests=True)
    same((sorted(b.name for b in refs.branches), len(refs.pull_requests)), (["main", branch], 1), "list_repo_refs")
    same(len(ann.list_repo_commits("acme/two", revision=branch)), 3, "list_repo_commits")
    raises(RevisionNotFoundError, lambda: ann.list_repo_commits("acme/two", revision="none"), "no revision", 404)
    raises(EntryNotFoundError, lambda: list(ann.list_repo_tree("acme/two", "none")), "no folder", 404)
    url = huggingface_hub.hf_hub_url("acme/two", path, revision=branch, endpoint=ENDPOINT)
    same(ann.get_hf_file_metadata(url=url).size, 1, "get_hf_file_metadata")
    before = ann.model_info("acme/one").downloads
    ann.hf_hub_download("acme/one", "config.json")
    same(ann.model_info("acme/one").downloads, before + 1, "a download counts")
    ann.move_repo("acme/two", "ann/moved")
    same(ann.model_info("acme/two").id, "ann/moved", "a renamed repo")


models()
datasets_and_spaces()
users_and_papers()
repos()
print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks passed")
