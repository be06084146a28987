"""The cache tools of hfasync and of this client on the same folders: they scan, delete and repair what both have downloaded."""
import hashlib
import json
import re
import shutil
import subprocess
from datetime import datetime, timezone

from beside import fetch, folder_of, put
from flow import VERSION, ann, check, commit, flow, nobody, raises, repo, same, work
from hub import PROGRAM, HfasyncError, hfasync
from huggingface_hub import scan_cache_dir
from huggingface_hub.utils import CacheNotFound

NONE = "0" * 40
FILES = {"a/same.txt": b"same in all\n", "copy.txt": b"same in all\n"}


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


def words_of(warnings):
    """Newer versions of this client know a fourth kind of repos, and name a wrong one in other words."""
    if VERSION < (1,):
        return sorted(map(str, warnings))
    return sorted(re.sub(r"^Repo type must be .*, found `\w+?s?` \((.*)\)\.$", r"Repo type of \1", str(w)) for w in warnings)


def python_scan(cache):
    info = scan_cache_dir(cache)
    repos = {}
    for found in info.repos:
        revisions = {}
        for revision in found.revisions:
            files = {str(f.file_path): (f.file_name, str(f.blob_path), f.size_on_disk, milliseconds(f.blob_last_accessed),
                                        milliseconds(f.blob_last_modified)) for f in revision.files}
            revisions[revision.commit_hash] = (str(revision.snapshot_path), revision.size_on_disk, sorted(revision.refs),
                                               milliseconds(revision.last_modified), files)
        repos[str(found.repo_path)] = (found.repo_id, found.repo_type, found.size_on_disk, found.nb_files,
                                       milliseconds(found.last_accessed), milliseconds(found.last_modified), revisions)
    return info.size_on_disk, repos, words_of(info.warnings)


def hfasync_scan(cache):
    info = json.loads(hfasync("cache", "scan", "--json", "--dir", cache))
    repos = {}
    for found in info["repos"]:
        revisions = {}
        for revision in found["revisions"]:
            files = {f["file_path"]: (f["file_name"], f["blob_path"], f["size_on_disk"], of_text(f["blob_last_accessed"]),
                                      of_text(f["blob_last_modified"])) for f in revision["files"]}
            revisions[revision["commit_hash"]] = (revision["snapshot_path"], revision["size_on_disk"], revision["refs"],
                                                  of_text(revision["last_modified"]), files)
        repos[found["repo_path"]] = (found["repo_id"], found["repo_type"], found["size_on_disk"], found["nb_files"],
                                     of_text(found["last_accessed"]), of_text(found["last_modified"]), revisions)
    return info["size_on_disk"], repos, words_of(info["warnings"])


def same_scan(cache, what):
    theirs, mine = python_scan(cache), hfasync_scan(cache)
    same(mine[2], theirs[2], f"{what}: warnings")
    same(set(mine[1]), set(theirs[1]), f"{what}: repos")
    for path, found in theirs[1].items():
        same(mine[1][path][:6], found[:6], f"{what}: {path}")
        same(set(mine[1][path][6]), set(found[6]), f"{what}: revisions of {path}")
        for revision, entry in found[6].items():
            same(mine[1][path][6][revision], entry, f"{what}: {revision} of {path}")
    same(mine[0], theirs[0], f"{what}: size")
    return theirs


# --- a cache that both have filled

def make_revisions(tools, rows):
    first = put(tools, b"one\n")
    ann.create_branch(tools, branch="dev/x")
    second = put(tools, b"two, longer\n")
    dev = put(tools, b"three\n", "dev/x")
    ann.create_tag(tools, tag="v1", revision=second)
    commit(rows, {"changing/x \u00e9.txt": b"1\n"}, "dataset", create_pr=True)
    return first, second, dev


def fill(cache, tools, rows, demo, first):
    nobody.snapshot_download(tools, revision=first, cache_dir=cache)  # detached: by commit there is no ref
    fetch(tools, "--cache-dir", cache)
    nobody.hf_hub_download(tools, "changing/x \u00e9.txt", revision="v1", cache_dir=cache)
    fetch(tools, "--revision", "dev/x", "--cache-dir", cache)
    fetch(rows, "--repo-type", "dataset", "--revision", "refs/pr/1", "--cache-dir", cache)
    nobody.snapshot_download(rows, repo_type="dataset", cache_dir=cache)
    fetch(demo, "a/same.txt", "--repo-type", "space", "--cache-dir", cache)


def copy(cache, name):
    target = work() / name
    shutil.copytree(cache, target, symlinks=True)
    return target


def scans(cache, tools, rows, first, second, dev):
    _, repos, warnings = same_scan(cache, "both clients' cache")
    same(warnings, [], "warnings")
    same(len(repos), 3, "repos")
    cached = repos[str(folder_of(cache, tools))]
    same({c: r[2] for c, r in cached[6].items()}, {first: [], second: ["main", "v1"], dev: ["dev/x"]}, "refs of the revisions")
    check(cached[2] < sum(r[1] for r in cached[6].values()), "what revisions share counts once")
    check(any(r[2] == ["refs/pr/1"] for r in repos[str(folder_of(cache, rows, "dataset"))][6].values()), "a ref with slashes")


# --- damages

def broken_link(at):
    next((at / "blobs").iterdir()).unlink()


def stray_snapshot(at):
    (at / "snapshots" / "stray").write_text("x")


def no_snapshots(at):
    shutil.rmtree(at / "snapshots")


def refs_is_file(at):
    shutil.rmtree(at / "refs")
    (at / "refs").write_text("x")


def ref_to_nothing(at):
    (at / "refs" / "it's").write_text(NONE)


def ref_with_newline(at):
    (at / "refs" / "main").write_text((at / "refs" / "main").read_text() + "\n")


def empty_ref(at):
    (at / "refs" / "empty").write_text("")


def only_blobs(at):
    for folder in (at / "snapshots").iterdir():
        shutil.rmtree(folder)
        folder.mkdir()


def plain_files(at):
    for path in list((at / "snapshots").rglob("*")):
        if path.is_symlink():
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)
    shutil.rmtree(at / "blobs")
    (at / "blobs").mkdir()


def strangers(at):
    (at / "snapshots" / ".DS_Store").write_text("x")
    (at / "refs" / ".DS_Store").write_text("x")
    (at / "blobs" / "abc.incomplete").write_text("x")
    (at / "stray").write_text("x")
    (at.parent / "file").write_text("x")
    for name in ("folder", "papers--x", "models--empty"):
        (at.parent / name).mkdir()
    (next((at / "snapshots").glob("*/")) / "own.txt").write_text("not of the Hub")


def damages(cache, tools):
    """Each way to be corrupted is found by both, in the same words."""
    for damage in (broken_link, stray_snapshot, no_snapshots, refs_is_file, ref_to_nothing, ref_with_newline, empty_ref,
                   only_blobs,
                   plain_files, strangers):
        at = copy(cache, damage.__name__)
        damage(folder_of(at, tools))
        warnings = same_scan(at, damage.__name__)[2]
        check(bool(warnings) == (damage not in (only_blobs, plain_files)), f"{damage.__name__}: {warnings}")
        shutil.rmtree(at)
    tagged = copy(cache, "tagged")
    (tagged / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    same(hfasync_scan(tagged)[2], [], "the tag of newer clients is no stranger")
    raises(CacheNotFound, lambda: scan_cache_dir(work() / "none"), "Python without a cache")
    check("Cache directory not found" in str(raises(HfasyncError, lambda: hfasync_scan(work() / "none"), "none")), "its message")


# --- deletions

def contents(cache):
    """Files and links without what only one of the clients keeps by commit, and without locks."""
    names = (p.relative_to(cache) for p in cache.rglob("*") if p.is_symlink() or p.is_file())
    return sorted(str(name) for name in names if not {".locks", "trees", ".no_exist"} & set(name.parts))


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, text=True, check=False, capture_output=True)


def deletions(cache, first, second, dev):
    """The same plan, and the same cache after it."""
    others = [r.commit_hash for found in scan_cache_dir(cache).repos for r in found.revisions if found.repo_type == "dataset"]
    for number, commits in enumerate(([first], [second], [first, dev], [first, second, dev], [second, *others], [NONE, dev])):
        mine, theirs = copy(cache, f"mine-{number}"), copy(cache, f"theirs-{number}")
        strategy = scan_cache_dir(mine).delete_revisions(*commits)
        done = run("cache", "delete", "--dry-run", "--json", "--dir", mine, *commits)
        plan = json.loads(done.stdout)
        for field in ("blobs", "refs", "repos", "snapshots"):
            same(plan[field], sorted(map(str, getattr(strategy, field))), f"plan {number}: {field}")
        same(plan["expected_freed_size"], strategy.expected_freed_size, f"plan {number}: size")
        same(plan["not_found"], [], f"plan {number}: hashes that are not there are not asked for")
        same(done.returncode, int(NONE in commits), f"plan {number}: exit status")
        run("cache", "delete", "--yes", "--dir", mine, *commits)
        scan_cache_dir(theirs).delete_revisions(*commits).execute()
        same(contents(mine), contents(theirs), f"deletion {number}")
        same_scan(mine, f"after deletion {number}")
        hfasync("cache", "verify", "--quiet", "--dir", mine)
        for at in (mine, theirs):
            shutil.rmtree(at)


# --- repairs

def repairs(cache, tools, first):
    """What hfasync finds and takes out, Python fetches again."""
    at = copy(cache, "repair")
    blob = next(p for p in (folder_of(at, tools) / "blobs").iterdir() if not p.name.endswith(".incomplete"))
    digest = hashlib.sha256(blob.read_bytes()).hexdigest()
    blob.write_bytes(b"x" * blob.stat().st_size)
    raises(HfasyncError, lambda: hfasync("cache", "verify", "--quiet", "--dir", at), "a damaged blob")
    raises(HfasyncError, lambda: hfasync("cache", "verify", "--quiet", "--delete-bad", "--dir", at), "it is taken out")
    check(not blob.exists(), "it is gone")
    same(scan_cache_dir(at).warnings, [], "Python's scan of the rest")
    for revision in (first, "main", "dev/x"):
        nobody.snapshot_download(tools, revision=revision, cache_dir=at)
    same(hashlib.sha256(blob.read_bytes()).hexdigest(), digest, "Python has fetched it again")
    hfasync("cache", "verify", "--quiet", "--dir", at)


# --- a store beside the repos

def shared_store(cache, tools, rows, first):
    """Newer versions of this client keep what came through Xet once for all repos, in blobs/ beside them."""
    from huggingface_hub.utils._shared_blobs import publish_blob_to_shared_store
    at, content = copy(cache, "shared"), FILES["copy.txt"]
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    for folder in (folder_of(at, tools), folder_of(at, rows, "dataset")):
        check(publish_blob_to_shared_store(blob_path=str(folder / "blobs" / blob), xet_hash="ab" * 32, cache_dir=str(at),
                                           expected_size=len(content)), "a blob goes into the store")
    theirs, mine = python_scan(at), hfasync_scan(at)
    same((mine[2], theirs[2]), ([], []), "no warnings")
    same(mine[0], theirs[0], "what two repos share counts once")
    same({path: found[:4] for path, found in mine[1].items()}, {path: found[:4] for path, found in theirs[1].items()},
         "the repos")
    path = fetch(tools, "copy.txt", "--revision", first, "--cache-dir", at, HF_HUB_OFFLINE="1")
    with open(path, "rb") as file:
        same(file.read(), content, "hfasync finds it there")
    hfasync("cache", "verify", "--quiet", "--dir", at)
    commits = [c for p, found in theirs[1].items() if p == str(folder_of(at, tools)) for c in found[6]]
    run("cache", "delete", "--yes", "--dir", at, *commits)
    path = nobody.hf_hub_download(rows, "copy.txt", repo_type="dataset", cache_dir=at, local_files_only=True)
    with open(path, "rb") as file:
        same(file.read(), content, "the other repo has it still when one is deleted")
    same((scan_cache_dir(at).warnings, hfasync_scan(at)[2]), ([], []), "and nothing is broken")


@flow("cache.scan")
def scan():
    cache = work() / "cache"
    with repo("tools", files=FILES) as tools, repo("rows", "dataset", files=FILES) as rows, \
            repo("demo", "space", files=FILES) as demo:
        commits = make_revisions(tools, rows)
        fill(cache, tools, rows, demo, commits[0])
        scans(cache, tools, rows, *commits)
        damages(cache, tools)
        deletions(cache, *commits)
        repairs(cache, tools, commits[0])
        if VERSION >= (1, 33):
            shared_store(cache, tools, rows, commits[0])
