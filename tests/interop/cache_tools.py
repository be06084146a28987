#!/usr/bin/env python3
"""hfasync's cache tools against the reference's on the same folders: cache_tools.py HFASYNC, below `hfasync emulator`.

Both clients fill one cache; both scan it, and plan and carry out deletions in it. Every field must agree.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is left beside the sources
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_VERBOSITY="critical")

import huggingface_hub  # noqa: E402
from huggingface_hub import HfApi, hf_hub_download, scan_cache_dir, snapshot_download  # noqa: E402
from huggingface_hub.utils import CacheNotFound  # noqa: E402

from checks import check, passed, raises, same  # noqa: E402
from both import PROGRAM, HfasyncError, run  # noqa: E402

WORK = Path(tempfile.mkdtemp(prefix="hfasync-cache-")).resolve()
NONE = "0" * 40


# --- the two scans in one shape

class Millis(float):
    """Python's times are floats of seconds, hfasync's JSON has milliseconds: equal as far as both can tell."""

    def __eq__(self, other):
        return abs(self - other) <= 1

    def __ne__(self, other):
        return not self == other

    __hash__ = None


def milliseconds(seconds):
    return Millis(seconds * 1000)


def of_text(text):
    return Millis(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp() * 1000)


def python_scan(cache):
    info = scan_cache_dir(cache)
    repos = {}
    for repo in info.repos:
        revisions = {}
        for revision in repo.revisions:
            files = {str(f.file_path): (f.file_name, str(f.blob_path), f.size_on_disk, milliseconds(f.blob_last_accessed),
                                        milliseconds(f.blob_last_modified)) for f in revision.files}
            revisions[revision.commit_hash] = (str(revision.snapshot_path), revision.size_on_disk, sorted(revision.refs),
                                               milliseconds(revision.last_modified), files)
        repos[str(repo.repo_path)] = (repo.repo_id, repo.repo_type, repo.size_on_disk, repo.nb_files,
                                      milliseconds(repo.last_accessed), milliseconds(repo.last_modified), revisions)
    return info.size_on_disk, repos, sorted(str(w) for w in info.warnings)


def hfasync_scan(cache):
    info = json.loads(run("cache", "scan", "--json", "--dir", cache))
    repos = {}
    for repo in info["repos"]:
        revisions = {}
        for revision in repo["revisions"]:
            files = {f["file_path"]: (f["file_name"], f["blob_path"], f["size_on_disk"], of_text(f["blob_last_accessed"]),
                                      of_text(f["blob_last_modified"])) for f in revision["files"]}
            revisions[revision["commit_hash"]] = (revision["snapshot_path"], revision["size_on_disk"], revision["refs"],
                                                  of_text(revision["last_modified"]), files)
        repos[repo["repo_path"]] = (repo["repo_id"], repo["repo_type"], repo["size_on_disk"], repo["nb_files"],
                                    of_text(repo["last_accessed"]), of_text(repo["last_modified"]), revisions)
    return info["size_on_disk"], repos, sorted(info["warnings"])


def same_scan(cache, what):
    theirs, mine = python_scan(cache), hfasync_scan(cache)
    same(mine[2], theirs[2], f"{what}: warnings")
    same(set(mine[1]), set(theirs[1]), f"{what}: repos")
    for path, repo in theirs[1].items():
        same(mine[1][path][:6], repo[:6], f"{what}: {path}")
        same(set(mine[1][path][6]), set(repo[6]), f"{what}: revisions of {path}")
        for commit, revision in repo[6].items():
            same(mine[1][path][6][commit], revision, f"{what}: {commit} of {path}")
    same(mine[0], theirs[0], f"{what}: size")
    return theirs


# --- a cache that both have filled

def commit(api, repo, content, branch="main", **more):
    return api.upload_file(path_or_fileobj=content, path_in_repo="changing/x é.txt", repo_id=repo, revision=branch, **more).oid


def make_repos(api):
    for repo, kind in (("acme/tools", "model"), ("acme/rows", "dataset"), ("acme/tiny-space", "space")):
        api.create_repo(repo, repo_type=kind, **({"space_sdk": "static"} if kind == "space" else {}))
        api.upload_file(path_or_fileobj=b"same in all\n", path_in_repo="a/same.txt", repo_id=repo, repo_type=kind)
        api.upload_file(path_or_fileobj=b"same in all\n", path_in_repo="copy.txt", repo_id=repo, repo_type=kind)
    first = commit(api, "acme/tools", b"one\n")
    api.create_branch("acme/tools", branch="dev/x")
    second = commit(api, "acme/tools", b"two, longer\n")
    dev = commit(api, "acme/tools", b"three\n", "dev/x")
    api.create_tag("acme/tools", tag="v1", revision=second)
    commit(api, "acme/rows", b"1\n", repo_type="dataset", create_pr=True)
    return first, second, dev


def fill(cache, first, second):
    snapshot_download("acme/tools", revision=first, cache_dir=cache)  # detached: by commit there is no ref
    run("download", "acme/tools", "--cache-dir", cache, "--quiet")
    hf_hub_download("acme/tools", "changing/x é.txt", revision="v1", cache_dir=cache)
    run("download", "acme/tools", "--revision", "dev/x", "--cache-dir", cache, "--quiet")
    run("download", "acme/rows", "--repo-type", "dataset", "--revision", "refs/pr/1", "--cache-dir", cache, "--quiet")
    snapshot_download("acme/rows", repo_type="dataset", cache_dir=cache)
    run("download", "acme/tiny-space", "a/same.txt", "--repo-type", "space", "--cache-dir", cache, "--quiet")


def copy(cache, name):
    target = WORK / name
    shutil.copytree(cache, target, symlinks=True)
    return target


def scans(cache, first, second, dev):
    sizes, repos, warnings = same_scan(cache, "both clients' cache")
    same(warnings, [], "warnings")
    same(len(repos), 3, "repos")
    tools = repos[str(cache / "models--acme--tools")]
    same({c: r[2] for c, r in tools[6].items()}, {first: [], second: ["main", "v1"], dev: ["dev/x"]}, "refs of the revisions")
    check(tools[2] < sum(r[1] for r in tools[6].values()), "what revisions share counts once")
    rows = repos[str(cache / "datasets--acme--rows")]
    check(any(r[2] == ["refs/pr/1"] for r in rows[6].values()), "a ref with slashes")


def damages(cache):
    """Each way to be corrupted is found by both, in the same words."""
    def broken_link(repo):
        next((repo / "blobs").iterdir()).unlink()

    def stray_snapshot(repo):
        (repo / "snapshots" / "stray").write_text("x")

    def no_snapshots(repo):
        shutil.rmtree(repo / "snapshots")

    def refs_is_file(repo):
        shutil.rmtree(repo / "refs")
        (repo / "refs").write_text("x")

    def ref_to_nothing(repo):
        (repo / "refs" / "it's").write_text(NONE)

    def ref_with_newline(repo):
        (repo / "refs" / "main").write_text((repo / "refs" / "main").read_text() + "\n")

    def empty_ref(repo):
        (repo / "refs" / "empty").write_text("")

    def only_blobs(repo):
        for at in (repo / "snapshots").iterdir():
            shutil.rmtree(at)
            at.mkdir()

    def plain_files(repo):
        for at in list((repo / "snapshots").rglob("*")):
            if at.is_symlink():
                content = at.read_bytes()
                at.unlink()
                at.write_bytes(content)
        shutil.rmtree(repo / "blobs")
        (repo / "blobs").mkdir()

    def strangers(repo):
        (repo / "snapshots" / ".DS_Store").write_text("x")
        (repo / "refs" / ".DS_Store").write_text("x")
        (repo / "blobs" / "abc.incomplete").write_text("x")
        (repo / "stray").write_text("x")
        (repo.parent / "file").write_text("x")
        (repo.parent / "folder").mkdir()
        (repo.parent / "papers--x").mkdir()
        (repo.parent / "models--empty").mkdir()
        (next((repo / "snapshots").glob("*/")) / "own.txt").write_text("not of the Hub")

    for damage in (broken_link, stray_snapshot, no_snapshots, refs_is_file, ref_to_nothing, ref_with_newline, empty_ref,
                   only_blobs, plain_files, strangers):
        at = copy(cache, damage.__name__)
        damage(at / "models--acme--tools")
        warnings = same_scan(at, damage.__name__)[2]
        check(bool(warnings) == (damage not in (only_blobs, plain_files)), f"{damage.__name__}: {warnings}")
        shutil.rmtree(at)
    tagged = copy(cache, "tagged")
    (tagged / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    same(hfasync_scan(tagged)[2], [], "the tag of newer clients is no stranger")
    raises(CacheNotFound, lambda: scan_cache_dir(WORK / "none"), "Python without a cache")
    check("Cache directory not found" in str(raises(HfasyncError, lambda: hfasync_scan(WORK / "none"), "none")), "its message")


def deletions(cache, first, second, dev):
    """The same plan, and the same cache after it."""
    others = [r.commit_hash for repo in scan_cache_dir(cache).repos for r in repo.revisions if repo.repo_type == "dataset"]
    for number, commits in enumerate(([first], [second], [first, dev], [first, second, dev], [second, *others], [NONE, dev])):
        mine, theirs = copy(cache, f"mine-{number}"), copy(cache, f"theirs-{number}")
        strategy = scan_cache_dir(mine).delete_revisions(*commits)
        done = subprocess.run([PROGRAM, "cache", "delete", "--dry-run", "--json", "--dir", mine, *commits], text=True, check=False,
                              capture_output=True)
        plan = json.loads(done.stdout)
        for field in ("blobs", "refs", "repos", "snapshots"):
            same(plan[field], sorted(map(str, getattr(strategy, field))), f"plan {number}: {field}")
        same(plan["expected_freed_size"], strategy.expected_freed_size, f"plan {number}: size")
        same(plan["not_found"], [], f"plan {number}: hashes that are not there are not asked for")
        same(done.returncode, int(NONE in commits), f"plan {number}: exit status")
        subprocess.run([PROGRAM, "cache", "delete", "--yes", "--dir", mine, *commits], check=False, capture_output=True)
        scan_cache_dir(theirs).delete_revisions(*commits).execute()
        left, wanted = contents(mine), contents(theirs)
        same(left, wanted, f"deletion {number}")
        same_scan(mine, f"after deletion {number}")
        run("cache", "verify", "--quiet", "--dir", mine)
        for at in (mine, theirs):
            shutil.rmtree(at)


def contents(cache):
    """Files and links without what only one of the clients keeps by commit, and without locks."""
    keep = lambda name: not any(part in (".locks", "trees", ".no_exist") for part in Path(name).parts)  # noqa: E731
    names = [str(p.relative_to(cache)) for p in cache.rglob("*") if p.is_symlink() or p.is_file()]
    return sorted(filter(keep, names))


def repairs(cache, first):
    """What hfasync finds and takes out, Python fetches again."""
    at = copy(cache, "repair")
    repo = at / "models--acme--tools"
    blob = next(p for p in (repo / "blobs").iterdir() if not p.name.endswith(".incomplete"))
    digest = hashlib.sha256(blob.read_bytes()).hexdigest()
    blob.write_bytes(b"x" * blob.stat().st_size)
    raises(HfasyncError, lambda: run("cache", "verify", "--quiet", "--dir", at), "a damaged blob")
    raises(HfasyncError, lambda: run("cache", "verify", "--quiet", "--delete-bad", "--dir", at), "it is taken out")
    check(not blob.exists(), "it is gone")
    same(scan_cache_dir(at).warnings, [], "Python's scan of the rest")
    for revision in (first, "main", "dev/x"):
        snapshot_download("acme/tools", revision=revision, cache_dir=at)
    same(hashlib.sha256(blob.read_bytes()).hexdigest(), digest, "Python has fetched it again")
    run("cache", "verify", "--quiet", "--dir", at)


def main():
    started = time.time()
    api = HfApi()
    commits = make_repos(api)
    cache = WORK / "cache"
    fill(cache, *commits[:2])
    scans(cache, *commits)
    damages(cache)
    deletions(cache, *commits)
    repairs(cache, commits[0])
    print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks passed in {time.time() - started:.1f} s")


try:
    main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
