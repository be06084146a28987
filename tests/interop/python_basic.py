#!/usr/bin/env python3
"""The reference client (huggingface_hub) against the embedded Hub: python_basic.py [ENDPOINT TOKEN]

Without arguments it takes HF_ENDPOINT and HF_TOKEN, as `hfasync emulator -- python python_basic.py` sets them.

Creates, uploads (small, LFS, multipart, folder, large folder), lists, downloads, compares, deletes. Ends with a
line that says how many checks passed; any failure is a traceback and exit status 1. Nothing is left out silently.
"""
import atexit
import hashlib
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

given = sys.argv[1:] or [os.environ.get(name, "") for name in ("HF_ENDPOINT", "HF_TOKEN")]
if len(given) != 2 or not all(given):
    sys.exit("usage: python_basic.py ENDPOINT TOKEN, or HF_ENDPOINT and HF_TOKEN in the environment")
ENDPOINT, TOKEN = given
WORK = Path(tempfile.mkdtemp(prefix="hfasync-python-"))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)
os.environ.update(HF_ENDPOINT=ENDPOINT, HF_HOME=str(WORK / "hf"), HF_HUB_DISABLE_PROGRESS_BARS="1",
                  HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_XET="1")
os.environ.pop("HF_TOKEN", None)

import huggingface_hub  # noqa: E402
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi  # noqa: E402
from huggingface_hub.utils import (EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError,  # noqa: E402
                                   RevisionNotFoundError)

from checks import check, passed, raises  # noqa: E402

MIB = 1 << 20
LFS_BYTES, MULTIPART_BYTES = 11 * MIB, 70 * MIB  # above the Hub's 10 MiB and the embedded Hub's 64 MiB


def sha(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
    return digest.hexdigest()


def files_of(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file() and ".cache" not in p.parts)


def same_folders(a, b, what):
    check(files_of(a) == files_of(b), f"{what}: names {files_of(a)} {files_of(b)}")
    for name in files_of(a):
        check(sha(a / name) == sha(b / name), f"{what}: {name}")


def make_tree(folder, count, seed):
    rng = random.Random(seed)
    for i in range(count):
        path = folder / f"d{i % 5}" / f"été {i}.txt" if i % 3 else folder / f"f{i}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(rng.randrange(0, 5000)))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "small.safetensors").write_bytes(rng.randbytes(3000))
    (folder / "big.txt").write_bytes(rng.randbytes(LFS_BYTES))


def basics(api, who, repo):
    url = api.create_repo(repo)
    check(url.repo_id == repo, "create_repo gives the id")
    check(api.create_repo(repo, exist_ok=True).repo_id == repo, "create_repo exist_ok")
    error = raises(HfHubHTTPError, lambda: api.create_repo(repo), "create_repo twice")
    check(error.response.status_code == 409, "409")
    check(api.repo_exists(repo) and not api.repo_exists(repo + "-none"), "repo_exists")
    check(".gitattributes" in api.list_repo_files(repo), "initial commit")

    info = api.upload_file(path_or_fileobj=b"hello", path_in_repo="a/hello.txt", repo_id=repo)
    check(len(info.oid) == 40 and info.commit_url.startswith(ENDPOINT), "upload_file")
    check(api.model_info(repo).sha == info.oid, "head")
    path = api.hf_hub_download(repo, "a/hello.txt")
    check(Path(path).read_bytes() == b"hello" and info.oid in path, "hf_hub_download")
    check(api.file_exists(repo, "a/hello.txt") and not api.file_exists(repo, "a/no.txt"), "file_exists")
    raises(EntryNotFoundError, lambda: api.hf_hub_download(repo, "no.txt"), "missing entry")
    raises(RevisionNotFoundError, lambda: api.hf_hub_download(repo, "a/hello.txt", revision="no"), "missing revision")
    raises(RepositoryNotFoundError, lambda: api.model_info(repo + "-none"), "missing repo")
    check(api.upload_file(path_or_fileobj=b"hello", path_in_repo="a/hello.txt", repo_id=repo).oid == info.oid,
          "an unchanged file makes no commit")


def lfs(api, repo):
    for name, size in (("w.bin", 5000), ("big.dat", LFS_BYTES), ("huge.bin", MULTIPART_BYTES)):
        local = WORK / name
        local.write_bytes(random.Random(name).randbytes(size))
        api.upload_file(path_or_fileobj=str(local), path_in_repo=name, repo_id=repo)
        entry = api.get_paths_info(repo, name)[0]
        check(entry.size == size and entry.lfs is not None and entry.lfs.sha256 == sha(local), f"{name} is LFS")
        check(sha(api.hf_hub_download(repo, name)) == sha(local), f"{name} comes back")
    meta = huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(repo, "huge.bin"), token=TOKEN)
    check(meta.size == MULTIPART_BYTES and meta.etag == sha(WORK / "huge.bin"), "metadata of an LFS file")


def commits(api, repo):
    head = api.model_info(repo).sha
    operations = [CommitOperationAdd("x/one.txt", b"1"), CommitOperationAdd("x/two.txt", b"2"),
                  CommitOperationCopy("w.bin", "copies/w.bin"), CommitOperationDelete("a/hello.txt")]
    done = api.create_commit(repo, operations, commit_message="Several", commit_description="things", parent_commit=head)
    names = api.list_repo_files(repo)
    check({"x/one.txt", "x/two.txt", "copies/w.bin"} <= set(names) and "a/hello.txt" not in names, "create_commit")
    error = raises(HfHubHTTPError, lambda: api.create_commit(repo, [CommitOperationAdd("y", b"y")], commit_message="stale",
                                                             parent_commit=head), "stale parent")
    check(error.response.status_code == 412, "412")
    api.delete_folder("x", repo)
    check(not any(name.startswith("x/") for name in api.list_repo_files(repo)), "delete_folder")
    history = api.list_repo_commits(repo)
    check(any(c.commit_id == done.oid and c.title == "Several" and c.message.strip() == "things" for c in history), "history")
    request = api.create_commit(repo, [CommitOperationAdd("pr.txt", b"pr")], commit_message="A PR", create_pr=True)
    check(request.pr_revision == "refs/pr/1" and "pr.txt" not in api.list_repo_files(repo), "pull request")
    check("pr.txt" in api.list_repo_files(repo, revision="refs/pr/1"), "its branch")


def refs(api, repo):
    api.create_branch(repo, branch="dev/é")
    api.create_tag(repo, tag="v1", tag_message="one")
    api.upload_file(path_or_fileobj=b"dev", path_in_repo="dev.txt", repo_id=repo, revision="dev/é")
    all_refs = api.list_repo_refs(repo, include_pull_requests=True)
    check({b.name for b in all_refs.branches} == {"main", "dev/é"}, "branches")
    check([t.name for t in all_refs.tags] == ["v1"] and len(all_refs.pull_requests) == 1, "tags and pull requests")
    check(Path(api.hf_hub_download(repo, "dev.txt", revision="dev/é")).read_bytes() == b"dev", "download from a branch")
    raises(HfHubHTTPError, lambda: api.create_branch(repo, branch="dev/é"), "branch exists")
    api.create_branch(repo, branch="dev/é", exist_ok=True)
    api.delete_branch(repo, branch="dev/é")
    api.delete_tag(repo, tag="v1")
    check(not api.revision_exists(repo, "dev/é") and not api.revision_exists(repo, "v1"), "deleted refs")


def folders(api, owner):
    repo = f"{owner}/python-folder"
    api.create_repo(repo, repo_type="dataset", private=True)
    tree = WORK / "tree"
    make_tree(tree, 60, 1)
    api.upload_folder(repo_id=repo, folder_path=str(tree), repo_type="dataset", path_in_repo="in", commit_message="Folder")
    listed = {e.path: e for e in api.list_repo_tree(repo, recursive=True, repo_type="dataset", path_in_repo="in")
              if hasattr(e, "size")}
    check(sorted(p.removeprefix("in/") for p in listed) == files_of(tree), "list_repo_tree")
    for path, entry in listed.items():
        local = tree / path.removeprefix("in/")
        check(entry.size == local.stat().st_size, f"size of {path}")
    expanded = list(api.list_repo_tree(repo, recursive=True, expand=True, repo_type="dataset"))
    check(all(e.last_commit is not None and e.last_commit.title for e in expanded), "expand")
    down = api.snapshot_download(repo, repo_type="dataset")
    same_folders(tree, Path(down) / "in", "snapshot_download")
    plain = WORK / "plain"
    api.snapshot_download(repo, repo_type="dataset", local_dir=str(plain), allow_patterns="in/d1/*")
    check(files_of(plain) and all(name.startswith("in/d1/") for name in files_of(plain)), "allow_patterns")
    raises(RepositoryNotFoundError, lambda: HfApi(endpoint=ENDPOINT, token=False).dataset_info(repo), "private without token")
    api.delete_repo(repo, repo_type="dataset")
    check(not api.repo_exists(repo, repo_type="dataset"), "delete_repo")


def large_folder(api, owner):
    repo = f"{owner}/python-large"
    tree = WORK / "large"
    make_tree(tree, 150, 2)
    (tree / "huge.bin").write_bytes(random.Random(3).randbytes(MULTIPART_BYTES))
    api.upload_large_folder(repo_id=repo, folder_path=str(tree), repo_type="model", num_workers=4, print_report=False)
    down = Path(api.snapshot_download(repo))
    (down / ".gitattributes").unlink()
    same_folders(tree, down, "upload_large_folder")
    check(any(m.id == repo for m in api.list_models(search="python-large")), "list_models")
    check([m.id for m in api.list_models(author=owner, search="python-large", full=True, limit=1)] == [repo], "list_models full")
    api.delete_repo(repo)


def space(api, owner):
    repo = f"{owner}/python-space"
    api.create_repo(repo, repo_type="space", space_sdk="gradio")
    api.upload_file(path_or_fileobj=b"print()", path_in_repo="app.py", repo_id=repo, repo_type="space")
    check(api.space_info(repo).sdk == "gradio" and any(s.id == repo for s in api.list_spaces(author=owner)), "space")
    check(Path(api.hf_hub_download(repo, "app.py", repo_type="space")).read_bytes() == b"print()", "space file")
    api.delete_repo(repo, repo_type="space")
    raises(RepositoryNotFoundError, lambda: api.delete_repo(repo, repo_type="space"), "delete twice")
    api.delete_repo(repo, repo_type="space", missing_ok=True)


def main():
    started = time.time()
    api = HfApi(endpoint=ENDPOINT, token=TOKEN)
    who = api.whoami()
    check(who["type"] == "user" and who["name"], "whoami")
    raises(Exception, lambda: HfApi(endpoint=ENDPOINT, token="hf_wrong").whoami(), "wrong token")
    owner = who["orgs"][0]["name"] if who["orgs"] else who["name"]
    repo = f"{owner}/python-basic"
    basics(api, who, repo)
    lfs(api, repo)
    commits(api, repo)
    refs(api, repo)
    folders(api, owner)
    large_folder(api, owner)
    space(api, owner)
    api.delete_repo(repo)
    check(not api.repo_exists(repo), "gone")
    print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks passed in {time.time() - started:.1f} s")


main()
