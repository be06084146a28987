"""Repos: made, hidden, renamed, gated, described."""
import datetime
import time

from flow import ENDPOINT, VERSION, HttpError, ann, bob, check, commit, flow, name_of_repo, nobody, raises, repo, same, work
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

KINDS = ("model", "dataset", "space")


def lists(api, kind, **more):
    return [row.id for row in getattr(api, f"list_{kind}s")(**more)]


@flow("repos.create_and_delete")
def create_and_delete():
    for kind in KINDS:
        name, more = name_of_repo(), {"space_sdk": "gradio"} if kind == "space" else {}
        prefix = {"model": "", "dataset": "datasets/", "space": "spaces/"}[kind]
        check(not ann.repo_exists(name, repo_type=kind), f"{kind}: not there yet")
        url = ann.create_repo(name, repo_type=kind, **more)
        same((url.repo_id, url.repo_type, str(url)), (name, kind, f"{ENDPOINT}/{prefix}{name}"), f"{kind}: its URL")
        raises(HttpError, lambda: ann.create_repo(name, repo_type=kind, **more), f"{kind}: a second create", 409)
        same(ann.create_repo(name, repo_type=kind, exist_ok=True, **more).repo_id, name, f"{kind}: exist_ok")
        check(ann.repo_exists(name, repo_type=kind), f"{kind}: it is there")
        check(".gitattributes" in ann.list_repo_files(name, repo_type=kind), f"{kind}: with its first file")
        same([c.title for c in ann.list_repo_commits(name, repo_type=kind)], ["initial commit"], f"{kind}: in its first commit")
        same(lists(nobody, kind, author="ann", search="repos-create-and-delete"), [name], f"{kind}: listed")
        raises(HttpError, lambda: bob.delete_repo(name, repo_type=kind), f"{kind}: deleted by somebody else", 403)
        ann.delete_repo(name, repo_type=kind)
        check(not ann.repo_exists(name, repo_type=kind), f"{kind}: gone")
        raises(RepositoryNotFoundError, lambda: ann.delete_repo(name, repo_type=kind), f"{kind}: deleted twice", 404)
        ann.delete_repo(name, repo_type=kind, missing_ok=True)
        same(lists(nobody, kind, author="ann", search="repos-create-and-delete"), [], f"{kind}: listed no more")
    name = name_of_repo(owner="acme")
    same(ann.create_repo(name).repo_id, name, "below an organisation")
    ann.delete_repo(name)
    raises(HttpError, lambda: bob.create_repo(name), "by who is no member", 403)
    raises(HttpError, lambda: nobody.create_repo(name), "without a token", 401)
    ann.create_repo("repos-without-owner")
    check(ann.repo_exists("ann/repos-without-owner"), "a name without owner is one's own")
    ann.delete_repo("repos-without-owner")
    check(not ann.repo_exists("ann/repos-without-owner"), "and is deleted so")


@flow("repos.private")
def private():
    for kind in KINDS:
        with repo(kind=kind, private=True, files={"a.txt": b"secret"}) as name:
            info = ann.repo_info(name, repo_type=kind)
            same((info.id, info.private), (name, True), f"{kind}: for its owner")
            same(lists(ann, kind, author="ann"), [name], f"{kind}: listed for its owner")
            with open(ann.hf_hub_download(name, "a.txt", repo_type=kind), "rb") as file:
                same(file.read(), b"secret", f"{kind}: its owner reads it")
            for who, api, status in (("another", bob, 404), ("nobody", nobody, 401)):
                what = f"{kind}: for {who}"
                raises(RepositoryNotFoundError, lambda: api.repo_info(name, repo_type=kind), what, status)
                raises(RepositoryNotFoundError, lambda: api.list_repo_files(name, repo_type=kind), f"{what}, files", status)
                raises(RepositoryNotFoundError, lambda: api.hf_hub_download(name, "a.txt", repo_type=kind, cache_dir=work() / who),
                       f"{what}, a download")
                check(not api.repo_exists(name, repo_type=kind), f"{what}, exists")
                same(lists(api, kind, author="ann"), [], f"{what}, listing")
    with repo(owner="acme", private=True) as name:
        same(ann.model_info(name).private, True, "a private repo of an organisation")
        raises(RepositoryNotFoundError, lambda: bob.model_info(name), "is hidden from who is no member", 404)


@flow("repos.move")
def move():
    old, new = name_of_repo("old"), name_of_repo("new", owner="acme")
    with repo("old", files={"a/b.txt": b"moves along"}) as name:
        same(name, old, "its name")
        head = ann.model_info(old).sha
        raises(HttpError, lambda: bob.move_repo(old, new), "by somebody else", 403)
        ann.move_repo(old, new)
        try:
            for name in (old, new):
                same((ann.model_info(name).id, ann.model_info(name).sha), (new, head), f"info by {name}")
                same(sorted(nobody.list_repo_files(name)), [".gitattributes", "a/b.txt"], f"files by {name}")
                with open(nobody.hf_hub_download(name, "a/b.txt", force_download=True), "rb") as file:
                    same(file.read(), b"moves along", f"a download by {name}")
                check(nobody.file_exists(name, "a/b.txt"), f"file_exists by {name}")
                same([c.commit_id for c in nobody.list_repo_commits(name)][0], head, f"commits by {name}")
                check(nobody.repo_exists(name), f"repo_exists by {name}")
            same((lists(ann, "model", search="repos-move")), [new], "it is listed once")
            with repo("other") as other:
                raises(HttpError, lambda: ann.move_repo(other, new), "to a name that is taken")
        finally:
            ann.delete_repo(new)
    check(not ann.repo_exists(new), "gone")
    raises(HttpError, lambda: ann.move_repo(old, new), "a repo that is not there")


@flow("repos.settings")
def settings():
    with repo(files={"a.txt": b"a"}) as name:
        for api in (ann, bob, nobody):
            api.auth_check(name)
        raises(HttpError, lambda: bob.update_repo_settings(name, private=True), "by somebody else", 403)
        ann.update_repo_settings(name, private=True)
        same(ann.model_info(name).private, True, "private")
        ann.auth_check(name)
        raises(RepositoryNotFoundError, lambda: bob.auth_check(name), "private for another", 404)
        raises(RepositoryNotFoundError, lambda: nobody.auth_check(name), "private for nobody", 401)
        ann.update_repo_settings(name, private=False)
        same(nobody.model_info(name).private, False, "public again")
        for gate in ("auto", "manual"):
            ann.update_repo_settings(name, gated=gate)
            same(nobody.model_info(name).gated, gate, f"gated {gate}")
            ann.auth_check(name)
            raises(GatedRepoError, lambda: bob.auth_check(name), "gated for another", 403)
            raises(GatedRepoError, lambda: nobody.auth_check(name), "gated for nobody", 401)
            raises(GatedRepoError, lambda: bob.hf_hub_download(name, "a.txt"), "its files", 403)
            raises(GatedRepoError, lambda: nobody.file_exists(name, "a.txt"), "whether a file is there", 401)
            same(len(nobody.list_repo_files(name)), 2, "their names are told")
        ann.update_repo_settings(name, gated=False)
        same(nobody.model_info(name).gated, False, "open again")
        bob.auth_check(name)
        raises(ValueError, lambda: ann.update_repo_settings(name, gated="maybe"), "a gate that there is not")
        if VERSION >= (2,):
            ann.auth_check(name, write=True)
            raises(HttpError, lambda: bob.auth_check(name, write=True), "who may write", 403)
    with repo(kind="dataset") as name:
        ann.update_repo_settings(name, private=True, gated="auto", repo_type="dataset")
        info = ann.dataset_info(name)
        same((info.private, info.gated), (True, "auto"), "both in one call")


CARD = b"""---
language: [en, fr]
license: mit
library_name: timm
pipeline_tag: image-classification
datasets: [squad]
tags: [mine]
---
# Title
See https://arxiv.org/abs/1810.04805
"""


@flow("repos.info")
def info():
    started = datetime.datetime.fromtimestamp(int(time.time()), datetime.timezone.utc)
    files = {"README.md": CARD, "config.json": b'{"architectures": ["BertForMaskedLM"], "model_type": "bert"}',
             "weights.bin": b"w" * 1000}
    with repo(files=files) as name:
        first = ann.list_repo_commits(name)[-1].commit_id
        info = nobody.model_info(name)
        same((info.id, info.author, info.private, info.gated, info.disabled), (name, "ann", False, False, False), "a model")
        same(sorted(s.rfilename for s in info.siblings), sorted([".gitattributes", *files]), "its files")
        check(started <= info.created_at <= info.last_modified, f"its dates: {info.created_at}, {info.last_modified}")
        check({"timm", "mine", "license:mit", "en", "fr", "dataset:squad", "arxiv:1810.04805", "image-classification"}
              <= set(info.tags), f"its tags: {info.tags}")
        same((info.pipeline_tag, info.library_name, info.downloads, info.likes), ("image-classification", "timm", 0, 0),
             "its task")
        same((info.card_data.license, info.card_data.language, info.card_data.datasets), ("mit", ["en", "fr"], ["squad"]), "card")
        same((info.config["model_type"], info.transformers_info.auto_model), ("bert", "AutoModelForMaskedLM"), "its config")
        same(info.sha, ann.list_repo_commits(name)[0].commit_id, "its head")
        same([s.size for s in info.siblings], [None] * 4, "without sizes when not asked for")
        sizes = {s.rfilename: s for s in ann.model_info(name, files_metadata=True).siblings}
        same((sizes["README.md"].size, sizes["README.md"].lfs, sizes["weights.bin"].size), (len(CARD), None, 1000), "sizes")
        same((sizes["weights.bin"].lfs.size, len(sizes["weights.bin"].lfs.sha256)), (1000, 64), "an LFS file")
        check(ann.model_info(name, securityStatus=True).security_repo_status["scansDone"], "the scan's state")
        past = ann.model_info(name, revision=first)
        same((past.sha, [s.rfilename for s in past.siblings]), (first, [".gitattributes"]), "at a commit")
        ann.create_branch(name, branch="dev/é")
        head = commit(name, {"dev.txt": b"dev"}, revision="dev/é").oid
        dev = ann.model_info(name, revision="dev/é")
        same((dev.sha, "dev.txt" in [s.rfilename for s in dev.siblings]), (head, True), "of a branch")
        few = ann.model_info(name, expand=["downloadsAllTime", "gated", "trendingScore", "sha"])
        same((few.downloads_all_time, few.gated, few.trending_score, few.sha, few.siblings), (0, False, 0, info.sha, None),
             "expand")
        before = info.downloads
        nobody.hf_hub_download(name, "config.json")
        same(ann.model_info(name).downloads, before + 1, "a download is counted")
    card = b"---\nlanguage: [en]\ntask_categories: [question-answering]\npretty_name: Books\n---\n"
    with repo(kind="dataset", files={"README.md": card, "a.csv": b"a"}) as name:
        info = nobody.repo_info(name, repo_type="dataset", files_metadata=True)
        same((info.id, info.author, info.card_data.pretty_name, len(info.siblings)), (name, "ann", "Books", 3), "a dataset")
        check({"language:en", "task_categories:question-answering"} <= set(info.tags), f"its tags: {info.tags}")
    card = b"---\nsdk: gradio\nmodels: [ann/repos-info]\n---\n"
    with repo(kind="space", space_sdk="gradio", files={"README.md": card, "app.py": b"print()"}) as name:
        info = nobody.space_info(name)
        same((info.id, info.sdk, info.models), (name, "gradio", ["ann/repos-info"]), "a Space")
        same(sorted(s.rfilename for s in info.siblings), [".gitattributes", "README.md", "app.py"], "its files")
        check(info.last_modified >= started, "its date")
