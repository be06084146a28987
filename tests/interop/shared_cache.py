#!/usr/bin/env python3
"""hfasync and the reference client (huggingface_hub) on the same disk: shared_cache.py HFASYNC

What one of them writes (caches, .no_exist markers, plain folders' metadata, upload state) the other must take as its
own, without asking for the bytes again. It makes a folder to seed, then runs itself below `hfasync emulator`.
"""
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
REPO = "acme/shared"
FILES = {"root.txt": b"root\n", "a/b/nested é.txt": b"nested\n", "empty.txt": b"", "config.json": b'{"a": 1}'}
LFS_NAME, LFS_BYTES = "weights/big.bin", 11 * MIB  # above the Hub's 10 MiB
MULTIPART_BYTES = 70 * MIB  # above the embedded Hub's 64 MiB


def noise(seed, size):
    return random.Random(seed).randbytes(size)


def outside(program):
    work = Path(tempfile.mkdtemp(prefix="hfasync-shared-"))
    try:
        seed = work / "seed" / REPO
        for name, content in {**FILES, LFS_NAME: noise("big", LFS_BYTES)}.items():
            (seed / name).parent.mkdir(parents=True, exist_ok=True)
            (seed / name).write_bytes(content)
        return subprocess.run([program, "emulator", "--quiet", "--control", "--seed", str(work / "seed"), "--", sys.executable,
                               __file__, program, str(work)], check=False).returncode
    finally:
        shutil.rmtree(work, ignore_errors=True)


if len(sys.argv) == 2:
    sys.exit(outside(os.path.abspath(sys.argv[1])))
if len(sys.argv) != 3:
    sys.exit("usage: shared_cache.py HFASYNC")
WORK = Path(sys.argv[2])
sys.dont_write_bytecode = True  # nothing is left beside the sources
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1")

import huggingface_hub  # noqa: E402
from huggingface_hub import (_CACHED_NO_EXIST, HfApi, hf_hub_download, scan_cache_dir, snapshot_download,  # noqa: E402
                             try_to_load_from_cache)
from huggingface_hub._local_folder import (get_local_download_paths, get_local_upload_paths,  # noqa: E402
                                           read_download_metadata, read_upload_metadata)
from huggingface_hub.utils import EntryNotFoundError, LocalEntryNotFoundError  # noqa: E402

from checks import check, passed, raises, same  # noqa: E402
from both import Watched, call, content_of, error_of, run, sha, shape_of  # noqa: E402


# --- caches

def make_revisions(api):
    """`v1` is the seed; `dev/x` and `main` go on from there, each its own way."""
    first = api.model_info(REPO).sha
    api.create_tag(REPO, tag="v1")
    api.create_branch(REPO, branch="dev/x")
    api.upload_file(path_or_fileobj=b"root of dev\n", path_in_repo="root.txt", repo_id=REPO, revision="dev/x")
    last = api.upload_file(path_or_fileobj=b"root of main\n", path_in_repo="root.txt", repo_id=REPO).oid
    return first, last


def wanted(first):
    """(revision, file, sha256) for the downloads of both sides."""
    digest = lambda content: hashlib.sha256(content).hexdigest()  # noqa: E731
    big = sha(WORK / "seed" / REPO / LFS_NAME)
    return [("main", "root.txt", digest(b"root of main\n")), ("main", "a/b/nested é.txt", digest(b"nested\n")),
            ("main", "empty.txt", digest(b"")), ("main", LFS_NAME, big), ("v1", "root.txt", digest(b"root\n")),
            ("dev/x", "root.txt", digest(b"root of dev\n")), (first, "config.json", digest(b'{"a": 1}')), (first, LFS_NAME, big)]


def read_by_python(cache, files, paths):
    with Watched() as seen:
        for (revision, name, digest), path in zip(files, paths):
            got = hf_hub_download(REPO, name, revision=revision, cache_dir=cache, local_files_only=True)
            same(got, path, f"Python's path of {name} at {revision}")
            same(sha(got), digest, f"Python's bytes of {name} at {revision}")
            same(try_to_load_from_cache(REPO, name, cache_dir=cache, revision=revision), path, f"try_to_load_from_cache {name}")
    same(seen.all, [], "requests of local_files_only")
    with Watched() as seen:
        for (revision, name, _), path in zip(files, paths):
            same(hf_hub_download(REPO, name, revision=revision, cache_dir=cache), path, f"Python online, {name}")
    same(seen.fetches, [], "Python fetches nothing that hfasync has cached")


def read_by_hfasync(cache, files, paths):
    with Watched() as seen:
        for offline in (False, True):
            for (revision, name, digest), path in zip(files, paths):
                here = dict(repo_id=REPO, filename=name, revision=revision, cache_dir=cache)
                got = call("hf_hub_download", offline, local_files_only=not offline, **here)
                same(got, path, f"hfasync's path of {name} at {revision}, offline={offline}")
                same(sha(got), digest, f"hfasync's bytes of {name} at {revision}")
    same(seen.all, [], "requests of local_files_only and HF_HUB_OFFLINE")
    with Watched() as seen:
        for (revision, name, _), path in zip(files, paths):
            got = run("download", REPO, name, "--revision", revision, "--cache-dir", cache, "--quiet")
            same(got, path, f"hfasync online, {name}")
    same(seen.fetches, [], "hfasync fetches nothing that Python has cached")


def caches(first, last):
    mine, theirs = WORK / "by-hfasync", WORK / "by-python"
    files = wanted(first)
    paths = [run("download", REPO, name, "--revision", revision, "--cache-dir", mine, "--quiet") for revision, name, _ in files]
    read_by_python(mine, files, paths)
    their_paths = [hf_hub_download(REPO, name, revision=revision, cache_dir=theirs) for revision, name, _ in files]
    read_by_hfasync(theirs, files, their_paths)
    same(shape_of(mine), shape_of(theirs), "the caches of single files")

    for revision in ("main", "v1", "dev/x"):
        path = run("download", REPO, "--revision", revision, "--cache-dir", mine, "--quiet")
        same(snapshot_download(REPO, revision=revision, cache_dir=mine, local_files_only=True), path, f"snapshot {revision}")
        their_path = snapshot_download(REPO, revision=revision, cache_dir=theirs)
        same(content_of(path), content_of(their_path), f"content of snapshot {revision}")
        same(set(content_of(path)), {*FILES, LFS_NAME}, "the files of the snapshot")
        for offline in (False, True):
            same(call("snapshot_download", offline, repo_id=REPO, revision=revision, cache_dir=theirs,
                      local_files_only=not offline), their_path, f"hfasync's snapshot of {revision}, offline={offline}")
        path = run("download", REPO, "--revision", revision, "--cache-dir", theirs, "--quiet", offline=True)
        same(path, their_path, "hfasync download, offline")
    same(shape_of(mine), shape_of(theirs), "the caches of snapshots")

    scans = [scan_cache_dir(cache) for cache in (mine, theirs)]
    for scan in scans:
        same(scan.warnings, [], "warnings of scan_cache_dir")
        (repo,) = scan.repos
        same((repo.repo_id, repo.repo_type, set(repo.refs)), (REPO, "model", {"main", "v1", "dev/x"}), "the scanned repo")
        check({first, last} <= {r.commit_hash for r in repo.revisions}, "the scanned revisions")
    same(scans[0].size_on_disk, scans[1].size_on_disk, "size of the caches")
    return mine, theirs


def absences(last):
    mine, theirs = WORK / "no-hfasync", WORK / "no-python"
    for name in ("no.txt", "no/such é.json"):
        here = dict(repo_id=REPO, filename=name)
        same(error_of("hf_hub_download", cache_dir=mine, **here)["type"], "EntryNotFoundError", "hfasync's error")
        check(try_to_load_from_cache(REPO, name, cache_dir=mine) is _CACHED_NO_EXIST, "Python reads hfasync's marker")
        check(try_to_load_from_cache(REPO, name, cache_dir=mine, revision=last) is _CACHED_NO_EXIST, "and by commit")
        raises(LocalEntryNotFoundError, lambda: hf_hub_download(REPO, name, cache_dir=mine, local_files_only=True), "not there")
        raises(EntryNotFoundError, lambda: hf_hub_download(REPO, name, cache_dir=theirs), "Python's error")
        same(error_of("hf_hub_download", local_files_only=True, cache_dir=theirs, **here)["type"], "LocalEntryNotFoundError",
             "hfasync with Python's marker")
        before = shape_of(theirs)
        same(error_of("hf_hub_download", cache_dir=theirs, **here)["type"], "EntryNotFoundError", "hfasync asks again")
        same(shape_of(theirs), before, "hfasync leaves Python's marker")
    same(shape_of(mine), shape_of(theirs), "the markers of both")
    check(any("/.no_exist/" in name for name in shape_of(mine)), "there are markers")
    run("download", REPO, "root.txt", "--cache-dir", mine, "--quiet")
    same(scan_cache_dir(mine).warnings, [], "a scan of a cache with markers")


def pull_request(api):
    """A dataset at refs/pr/1: a type with a prefix, and a ref with slashes."""
    repo = dict(repo_id="acme/rows", repo_type="dataset")
    api.create_repo(**repo)
    api.upload_file(path_or_fileobj=b"x\n1\n", path_in_repo="data/train.csv", create_pr=True, **repo)
    mine, theirs = WORK / "pr-hfasync", WORK / "pr-python"
    path = run("download", "acme/rows", "--repo-type", "dataset", "--revision", "refs/pr/1", "--cache-dir", mine, "--quiet")
    their_path = snapshot_download(revision="refs/pr/1", cache_dir=theirs, **repo)
    same(shape_of(mine), shape_of(theirs), "the caches of a pull request")
    for cache, expected in ((mine, path), (theirs, their_path)):
        here = dict(revision="refs/pr/1", cache_dir=cache, **repo)
        same(snapshot_download(local_files_only=True, **here), expected, "Python's snapshot of a pull request")
        same(call("snapshot_download", True, **here), expected, "hfasync's snapshot of a pull request")


def partial_files():
    """Half a file that one has left in a cache or a plain folder is gone on with by the other, not begun again."""
    whole = (WORK / "seed" / REPO / LFS_NAME).read_bytes()
    etag, half = hashlib.sha256(whole).hexdigest(), whole[:LFS_BYTES // 2]
    ours = {"cache": lambda at: run("download", REPO, LFS_NAME, "--cache-dir", at, "--quiet"),
            "plain": lambda at: run("download", REPO, LFS_NAME, "--local-dir", at, "--quiet")}
    reference = {"cache": lambda at: hf_hub_download(REPO, LFS_NAME, cache_dir=at),
                 "plain": lambda at: hf_hub_download(REPO, LFS_NAME, local_dir=at)}
    for who, fetch in (("hfasync", ours), ("python", reference)):
        cache, plain = WORK / f"half-{who}", WORK / f"half-plain-{who}"
        partials = {"cache": cache / f"models--{REPO.replace('/', '--')}" / "blobs" / f"{etag}.incomplete",
                    "plain": get_local_download_paths(plain, LFS_NAME).incomplete_path(etag)}
        for kind, at in (("cache", cache), ("plain", plain)):
            partials[kind].parent.mkdir(parents=True, exist_ok=True)
            partials[kind].write_bytes(half)
            with Watched() as seen:
                path = fetch[kind](at)
            same(sha(path), etag, f"{who} completes the half in a {kind}")
            check(LFS_BYTES // 2 <= seen.sent < LFS_BYTES * 3 // 4, f"{who} fetched {seen.sent} bytes for half, {kind}")
            check(not partials[kind].exists(), f"{who} leaves no partial file in a {kind}")


# --- plain folders

def plain_folders(api):
    mine, theirs = WORK / "plain-hfasync", WORK / "plain-python"
    names = [*FILES, LFS_NAME]
    for name in names:
        path = run("download", REPO, name, "--local-dir", mine, "--quiet")
        same(hf_hub_download(REPO, name, local_dir=theirs), str(theirs / name), "Python's path")
        same(path, str(mine / name), "hfasync's path")
        ours, reference = (read_download_metadata(folder, name) for folder in (mine, theirs))
        check(ours is not None, f"Python reads hfasync's metadata of {name}")
        same((ours.commit_hash, ours.etag), (reference.commit_hash, reference.etag), f"metadata of {name}")
    same(content_of(mine), content_of(theirs), "content of the plain folders")
    ignored = Path(".cache/huggingface/.gitignore")
    same((mine / ignored).read_bytes(), (theirs / ignored).read_bytes(), ".gitignore")

    with Watched() as seen:
        for name in names:
            same(hf_hub_download(REPO, name, local_dir=mine), str(mine / name), "Python in hfasync's folder")
            same(run("download", REPO, name, "--local-dir", theirs, "--quiet"), str(theirs / name), "hfasync in Python's")
            same(call("hf_hub_download", True, repo_id=REPO, filename=name, local_dir=theirs), str(theirs / name), "offline")
    same(seen.fetches, [], "fetches in the other's folder")

    api.upload_file(path_or_fileobj=b"newer\n", path_in_repo="root.txt", repo_id=REPO)
    with Watched() as seen:
        run("download", REPO, "--local-dir", theirs, "--quiet")
    same(len(seen.fetches), 1, f"hfasync fetches what changed, {seen.fetches}")
    with Watched() as seen:
        snapshot_download(REPO, local_dir=mine)
    same(len(seen.fetches), 1, f"Python fetches what changed, {seen.fetches}")
    same(((mine / "root.txt").read_bytes(), (theirs / "root.txt").read_bytes()), (b"newer\n", b"newer\n"), "what changed")


# --- uploads

def make_tree(name):
    tree = WORK / name
    for path, content in {"a.txt": b"a" * 100, "d/é 1.txt": b"1", "d/empty.txt": b"", "small.safetensors": noise(name, 3000),
                          "mid.dat": noise(name + "mid", LFS_BYTES), "huge.bin": noise(name + "huge", MULTIPART_BYTES)}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    return tree


def read_back(repo, tree, what):
    down = Path(snapshot_download(repo, cache_dir=WORK / "back"))
    found = content_of(down)
    found.pop(".gitattributes", None)
    same(found, content_of(tree), what)
    shutil.rmtree(WORK / "back")


def uploads(api):
    tree = make_tree("up")
    with Watched() as seen:
        url = run("upload", "acme/up", tree, "--commit-message", "By hfasync", "--quiet")
    check(len([r for r in seen.all if r[0] == "storage" and r[1] == "PUT"]) > 3, "huge.bin went up in parts")
    commit = api.list_repo_commits("acme/up")[0]
    check(commit.title == "By hfasync" and commit.commit_id in url, f"the commit of {url}")
    read_back("acme/up", tree, "hfasync upload of a folder")
    entry = api.get_paths_info("acme/up", "huge.bin")[0]
    same((entry.size, entry.lfs and entry.lfs.sha256), (MULTIPART_BYTES, sha(tree / "huge.bin")), "huge.bin is LFS")
    run("upload", "acme/up", tree / "mid.dat", "x/one é.dat", "--quiet")
    path = hf_hub_download("acme/up", "x/one é.dat", cache_dir=WORK / "one")
    same(sha(path), sha(tree / "mid.dat"), "hfasync upload of a file")


def large_by_python(api, repo, tree):
    api.upload_large_folder(repo_id=repo, folder_path=str(tree), repo_type="model", num_workers=2, print_report=False)


def large_by_hfasync(api, repo, tree):
    run("upload-large-folder", repo, tree, "--repo-type", "model", "--no-report", "--no-bars")


def large_folder(api, repo, first, second, names):
    """`first` uploads; `second` finds it done; then a file that is uploaded but not committed is only committed."""
    tree = make_tree(repo.replace("/", "-"))
    first(api, repo, tree)
    read_back(repo, tree, f"{names}: upload_large_folder")
    for name, digest in content_of(tree).items():
        metadata = read_upload_metadata(tree, name)
        mode = "lfs" if (tree / name).suffix in {".bin", ".dat", ".safetensors"} else "regular"
        same((metadata.size, metadata.should_ignore, metadata.upload_mode, metadata.is_committed, metadata.is_uploaded),
             ((tree / name).stat().st_size, False, mode, True, mode == "lfs"), f"{names}: upload metadata of {name}")
        same(metadata.sha256, digest, f"{names}: sha256 of {name}")
        check(abs(time.time() - metadata.timestamp) < 600, "its time")

    head = api.model_info(repo).sha
    with Watched() as seen:
        second(api, repo, tree)
    same(seen.having("PUT", "") + seen.having("POST", "/preupload/") + seen.having("POST", "/commit/"), [], f"{names}: all done")
    same(api.model_info(repo).sha, head, f"{names}: no new commit")

    api.delete_file("huge.bin", repo)
    metadata = read_upload_metadata(tree, "huge.bin")
    metadata.is_committed = False
    metadata.save(get_local_upload_paths(tree, "huge.bin"))
    with Watched() as seen:
        second(api, repo, tree)
    same(seen.having("PUT", ""), [], f"{names}: nothing is uploaded again")
    same(len(seen.having("POST", "/commit/")), 1, f"{names}: one commit")
    check(read_upload_metadata(tree, "huge.bin").is_committed, f"{names}: it is committed")
    read_back(repo, tree, f"{names}: the folder that the other finished")


def main():
    started = time.time()
    api = HfApi()
    first, last = make_revisions(api)
    caches(first, last)
    absences(last)
    pull_request(api)
    partial_files()
    plain_folders(api)
    uploads(api)
    large_folder(api, "acme/large-1", large_by_hfasync, large_by_python, "hfasync, then Python")
    large_folder(api, "acme/large-2", large_by_python, large_by_hfasync, "Python, then hfasync")
    print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks passed in {time.time() - started:.1f} s")


main()
