"""One client has filled a cache or a folder, the other uses it: hfasync and this client take turns."""
import contextlib
import hashlib
import pathlib

from beside import HAS_TREES, TOKEN, error_of, fetch, folder_of, make_tree, noise, put, shape_of
from flow import VERSION, ann, check, commit, flow, nobody, raises, repo, same, work
from hub import LFS_BYTES, MULTIPART_BYTES, Watched, content_of, hfasync, hfasync_api, sha
from huggingface_hub import _CACHED_NO_EXIST, scan_cache_dir, try_to_load_from_cache
from huggingface_hub._local_folder import get_local_download_paths, read_download_metadata
from huggingface_hub.utils import EntryNotFoundError, LocalEntryNotFoundError

BIG = "weights/big.bin"
FILES = {"root.txt": b"root\n", "a/b/nested \u00e9.txt": b"nested\n", "empty.txt": b"", "config.json": b'{"a": 1}',
         BIG: noise("big", LFS_BYTES)}
OFFLINE = {"HF_HUB_OFFLINE": "1"}
get, snapshot = nobody.hf_hub_download, nobody.snapshot_download


@contextlib.contextmanager
def revisions():
    """A repo whose `v1` has FILES; `dev/x` and `main` go on from there, each its own way. -> (its name, the commit of v1)"""
    with repo(owner="acme", files=FILES) as name:
        first = ann.model_info(name).sha
        ann.create_tag(name, tag="v1")
        ann.create_branch(name, branch="dev/x")
        put(name, b"root of dev\n", "dev/x", "root.txt")
        put(name, b"root of main\n", path="root.txt")
        yield name, first


def wanted(first):
    """(revision, file, sha256) for the downloads of both sides."""
    digest = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
    return [("main", "root.txt", hashlib.sha256(b"root of main\n").hexdigest()),
            ("dev/x", "root.txt", hashlib.sha256(b"root of dev\n").hexdigest()),
            *((revision, path, digest[path]) for revision, path in
              [("main", "a/b/nested \u00e9.txt"), ("main", "empty.txt"), ("main", BIG), ("v1", "root.txt"),
               (first, "config.json"), (first, BIG)])]


# --- single files

def read_by_python(name, cache, files, paths):
    with Watched() as seen:
        for (revision, path, digest), there in zip(files, paths):
            found = get(name, path, revision=revision, cache_dir=cache, local_files_only=True)
            same((found, sha(found)), (there, digest), f"Python's {path} at {revision}")
            same(try_to_load_from_cache(name, path, cache_dir=cache, revision=revision), there, f"try_to_load_from_cache {path}")
    same(seen.all, [], "requests of local_files_only")
    with Watched() as seen:
        for (revision, path, _), there in zip(files, paths):
            same(get(name, path, revision=revision, cache_dir=cache), there, f"Python online, {path}")
    same(seen.fetches, [], "Python fetches nothing that hfasync has cached")


def read_by_hfasync(name, cache, files, paths):
    with Watched() as seen:
        for environment, only in (({}, True), (OFFLINE, False)):
            for (revision, path, digest), there in zip(files, paths):
                found = hfasync_api("hf_hub_download", environment, repo_id=name, filename=path, revision=revision,
                                    cache_dir=cache,
                                    local_files_only=only)
                same((found, sha(found)), (there, digest), f"hfasync's {path} at {revision}, {environment}")
    same(seen.all, [], "requests of local_files_only and HF_HUB_OFFLINE")
    with Watched() as seen:
        for (revision, path, _), there in zip(files, paths):
            same(fetch(name, path, "--revision", revision, "--cache-dir", cache), there, f"hfasync online, {path}")
    same(seen.fetches, [], "hfasync fetches nothing that Python has cached")


# --- snapshots

def snapshots(name, mine, theirs):
    for revision in ("main", "v1", "dev/x"):
        path = fetch(name, "--revision", revision, "--cache-dir", mine)
        same(snapshot(name, revision=revision, cache_dir=mine, local_files_only=True), path, f"snapshot of {revision}")
        their_path = snapshot(name, revision=revision, cache_dir=theirs)
        same(content_of(path), content_of(their_path), f"content of the snapshot of {revision}")
        same(set(content_of(path)), {*FILES, ".gitattributes"}, "the files of the snapshot")
        for environment, only in (({}, True), (OFFLINE, False)):
            same(hfasync_api("snapshot_download", environment, repo_id=name, revision=revision, cache_dir=theirs,
                             local_files_only=only),
                 their_path, f"hfasync's snapshot of {revision}, {environment}")
        same(fetch(name, "--revision", revision, "--cache-dir", theirs, **OFFLINE), their_path, "hfasync download, offline")
        with Watched() as seen:
            same(snapshot(name, revision=revision, cache_dir=mine), path, f"Python's snapshot of {revision}, online")
            same(fetch(name, "--revision", revision, "--cache-dir", theirs), their_path,
                 f"hfasync's snapshot of {revision}, online")
        same(seen.fetches, [], "nothing is fetched again")
        if HAS_TREES:
            same(seen.having("GET", "/tree/"), [], "nor listed: the other has kept the listing")
    same(shape_of(mine), shape_of(theirs), "the caches of snapshots")


def scans(name, mine, theirs, first):
    found = [scan_cache_dir(cache) for cache in (mine, theirs)]
    for scan in found:
        same(scan.warnings, [], "warnings of scan_cache_dir")
        (cached,) = scan.repos
        same((cached.repo_id, cached.repo_type, set(cached.refs)), (name, "model", {"main", "v1", "dev/x"}), "the scanned repo")
        check({first, ann.model_info(name).sha} <= {r.commit_hash for r in cached.revisions}, "the scanned revisions")
    same(found[0].size_on_disk, found[1].size_on_disk, "size of the caches")


def caches(name, first):
    mine, theirs = work() / "by-hfasync", work() / "by-python"
    files = wanted(first)
    paths = [fetch(name, path, "--revision", revision, "--cache-dir", mine) for revision, path, _ in files]
    read_by_python(name, mine, files, paths)
    their_paths = [get(name, path, revision=revision, cache_dir=theirs) for revision, path, _ in files]
    read_by_hfasync(name, theirs, files, their_paths)
    same(shape_of(mine), shape_of(theirs), "the caches of single files")
    snapshots(name, mine, theirs)
    scans(name, mine, theirs, first)


# --- what is not there

def absences(name):
    mine, theirs, last = work() / "no-hfasync", work() / "no-python", ann.model_info(name).sha
    for path in ("no.txt", "no/such \u00e9.json"):
        here = dict(repo_id=name, filename=path)
        same(error_of("hf_hub_download", cache_dir=mine, **here), "EntryNotFoundError", "hfasync's error")
        for revision in ("main", last):
            check(try_to_load_from_cache(name, path, cache_dir=mine, revision=revision) is _CACHED_NO_EXIST,
                  "Python reads hfasync's marker")
        raises(LocalEntryNotFoundError, lambda: get(name, path, cache_dir=mine, local_files_only=True), "not there")
        raises(EntryNotFoundError, lambda: get(name, path, cache_dir=theirs), "Python's error")
        same(error_of("hf_hub_download", local_files_only=True, cache_dir=theirs, **here), "LocalEntryNotFoundError",
             "hfasync with Python's marker")
        before = shape_of(theirs)
        same(error_of("hf_hub_download", cache_dir=theirs, **here), "EntryNotFoundError", "hfasync asks again")
        same(shape_of(theirs), before, "hfasync leaves Python's marker")
    same(shape_of(mine), shape_of(theirs), "the markers of both")
    check(any("/.no_exist/" in path for path in shape_of(mine)), "there are markers")
    fetch(name, "root.txt", "--cache-dir", mine)
    same(scan_cache_dir(mine).warnings, [], "a scan of a cache with markers")


# --- a dataset at refs/pr/1: a kind with a prefix, and a ref with slashes

def pull_request():
    with repo("rows", "dataset", "acme") as name:
        made = commit(name, {"data/train.csv": b"x\n1\n"}, "dataset", create_pr=True)
        mine, theirs, here = work() / "pr-hfasync", work() / "pr-python", dict(repo_id=name, repo_type="dataset",
                                                                               revision="refs/pr/1")
        path = fetch(name, "--repo-type", "dataset", "--revision", made.pr_revision, "--cache-dir", mine)
        their_path = snapshot(cache_dir=theirs, **here)
        same(shape_of(mine), shape_of(theirs), "the caches of a pull request")
        for cache, expected in ((mine, path), (theirs, their_path)):
            same(snapshot(local_files_only=True, cache_dir=cache, **here), expected, "Python's snapshot of a pull request")
            same(hfasync_api("snapshot_download", OFFLINE, cache_dir=cache, **here), expected,
                 "hfasync's snapshot of a pull request")


# --- half a file

def partial_files(name):
    """Half a file that one has left is gone on with by the other, not begun again."""
    etag, half = hashlib.sha256(FILES[BIG]).hexdigest(), FILES[BIG][:LFS_BYTES // 2]
    ours = {"cache": lambda at: fetch(name, BIG, "--cache-dir", at), "plain": lambda at: fetch(name, BIG, "--local-dir", at)}
    reference = {"cache": lambda at: get(name, BIG, cache_dir=at), "plain": lambda at: get(name, BIG, local_dir=at)}
    for who, fetches in (("hfasync", ours), ("python", reference)):
        cache, plain = work() / f"half-{who}", work() / f"half-plain-{who}"
        partials = {"cache": folder_of(cache, name) / "blobs" / f"{etag}.incomplete",
                    "plain": get_local_download_paths(plain, BIG).incomplete_path(etag)}
        for kind, at in (("cache", cache), ("plain", plain)):
            partials[kind].parent.mkdir(parents=True, exist_ok=True)
            partials[kind].write_bytes(half)
            with Watched() as seen:
                path = fetches[kind](at)
            same(sha(path), etag, f"{who} completes the half in a {kind}")
            check(LFS_BYTES // 2 <= seen.sent < LFS_BYTES * 3 // 4, f"{who} fetched {seen.sent} bytes for half, {kind}")
            check(not partials[kind].exists(), f"{who} leaves no partial file in a {kind}")


# --- plain folders

def plain_folders(name):
    mine, theirs = work() / "plain-hfasync", work() / "plain-python"
    for path in FILES:
        same(get(name, path, local_dir=theirs), str(theirs / path), "Python's path")
        same(fetch(name, path, "--local-dir", mine), str(mine / path), "hfasync's path")
        ours, reference = (read_download_metadata(folder, path) for folder in (mine, theirs))
        check(ours is not None, f"Python reads hfasync's metadata of {path}")
        same((ours.commit_hash, ours.etag), (reference.commit_hash, reference.etag), f"metadata of {path}")
    same(content_of(mine), content_of(theirs), "content of the plain folders")
    ignored = pathlib.Path(".cache/huggingface/.gitignore")
    same((mine / ignored).read_bytes(), (theirs / ignored).read_bytes(), ".gitignore")
    with Watched() as seen:
        for path in FILES:
            same(get(name, path, local_dir=mine), str(mine / path), "Python in hfasync's folder")
            same(fetch(name, path, "--local-dir", theirs), str(theirs / path), "hfasync in Python's")
            same(hfasync_api("hf_hub_download", OFFLINE, repo_id=name, filename=path, local_dir=theirs), str(theirs / path),
                 "offline")
    same(seen.fetches, [], "fetches in the other's folder")

    put(name, b"newer\n", path="root.txt")
    for who, folder, change in (("hfasync", theirs, lambda: fetch(name, "--local-dir", theirs, "--exclude", ".gitattributes")),
                                ("Python", mine, lambda: snapshot(name, local_dir=mine, ignore_patterns=".gitattributes"))):
        with Watched() as seen:
            change()
        same(len(seen.fetches), 1, f"{who} fetches what changed, {seen.fetches}")
        same((folder / "root.txt").read_bytes(), b"newer\n", "what changed")


# --- uploads by hfasync, read by this client

def uploads():
    tree = make_tree(work() / "up",
                     {"a.txt": b"a" * 100, "d/\u00e9 1.txt": b"1", "d/empty.txt": b"", "small.safetensors": noise("s", 3000),
                                     "mid.dat": noise("mid", LFS_BYTES), "huge.bin": noise("huge", MULTIPART_BYTES)})
    with repo("up", owner="acme") as name:
        with Watched() as seen:
            url = hfasync("upload", name, tree, "--commit-message", "By hfasync", "--quiet", **TOKEN)
        check(len([r for r in seen.all if r[0] == "storage" and r[1] == "PUT"]) > 3, "huge.bin went up in parts")
        made = ann.list_repo_commits(name)[0]
        check(made.title == "By hfasync" and made.commit_id in url, f"the commit of {url}")
        found = content_of(snapshot(name))
        found.pop(".gitattributes")
        same(found, content_of(tree), "a folder that hfasync has uploaded")
        entry = ann.get_paths_info(name, "huge.bin")[0]
        same((entry.size, entry.lfs and entry.lfs.sha256), (MULTIPART_BYTES, sha(tree / "huge.bin")), "huge.bin is LFS")
        hfasync("upload", name, tree / "mid.dat", "x/one \u00e9.dat", "--quiet", **TOKEN)
        same(sha(get(name, "x/one \u00e9.dat")), sha(tree / "mid.dat"), "a file that hfasync has uploaded")


@flow("cache.read_by_the_other")
def read_by_the_other():
    with revisions() as (name, first):
        caches(name, first)
        absences(name)
        pull_request()
        if VERSION < (1,):  # later on each download of this client has a partial file of its own, which it shares with nobody
            partial_files(name)
        plain_folders(name)
    uploads()
