"""upload_large_folder: a folder that one client has begun is ended by the other.

One is killed with SIGKILL while the Hub holds a request of it, the other goes on in the same folder: what was uploaded is not
uploaded again, what was committed and recorded is not committed again."""
import os
import shutil
import subprocess
import sys
import time

from beside import TOKEN, make_tree, noise
from flow import VERSION, ann, check, flow, name_of_repo, nobody, same, until, work
from hub import LFS_BYTES, MULTIPART_BYTES, PROGRAM, Watched, content_of, control, fault, sha

SMALL, LARGE = 100, 5  # more regular files than a commit takes; .bin files are LFS whatever they weigh
LEAST = 75 if VERSION < (1,) else 20  # regular files of a commit, unless they are the last ones; newer versions begin small
ENVIRONMENT = {**os.environ, **TOKEN}
# This client waits for 10 s between two looks for work: only its speed changes.
UPLOAD = """import sys, warnings
warnings.simplefilter("ignore")
from huggingface_hub import HfApi, _upload_large_folder
_upload_large_folder.WAITING_TIME_IF_NO_TASKS = 0.05
HfApi().upload_large_folder(repo_id=sys.argv[1], folder_path=sys.argv[2], repo_type="model", num_workers=2, print_report=False)
"""


def by_python(name, tree):
    return [sys.executable, "-c", UPLOAD, name, str(tree)]


def by_hfasync(name, tree):
    return [PROGRAM, "upload-large-folder", name, str(tree), "--repo-type", "model", "--no-report", "--no-bars",
            "--num-workers", "2"]


def run(command, what):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False,
                          env=ENVIRONMENT)
    same(done.returncode, 0, f"{what}: {done.stdout}{done.stderr}")


def arrived(name, tree, what):
    back = work() / "back"
    found = content_of(nobody.snapshot_download(name, cache_dir=back))
    found.pop(".gitattributes", None)
    same(found, content_of(tree), what)
    shutil.rmtree(back)


def nothing_left_to_do(command, what):
    with Watched() as seen:
        run(command, what)
    same(seen.having("PUT", "") + seen.having("POST", "/preupload/") + seen.having("POST", "/commit/"), [],
         f"{what}: nothing is left to do")


# --- whole uploads

def whole(name, first, second):
    """`first` uploads; `second` finds it done; then a file that is uploaded but not committed is only committed."""
    from huggingface_hub._local_folder import get_local_upload_paths, read_upload_metadata
    what = f"{first.__name__}, then {second.__name__}"
    tree = make_tree(work() / name.replace("/", "-"), {
        "a.txt": b"a" * 100, "d/\u00e9 1.txt": b"1", "d/empty.txt": b"", "small.safetensors": noise(name, 3000),
        "mid.dat": noise(name + "mid", LFS_BYTES), "huge.bin": noise(name + "huge", MULTIPART_BYTES)})
    run(first(name, tree), what)
    arrived(name, tree, f"{what}: what arrived")
    for path, digest in content_of(tree).items():
        metadata = read_upload_metadata(tree, path)
        mode = "lfs" if (tree / path).suffix in {".bin", ".dat", ".safetensors"} else "regular"
        same((metadata.size, metadata.should_ignore, metadata.upload_mode, metadata.is_committed, metadata.is_uploaded),
             ((tree / path).stat().st_size, False, mode, True, mode == "lfs"), f"{what}: upload metadata of {path}")
        same(metadata.sha256, digest, f"{what}: sha256 of {path}")
        check(abs(time.time() - metadata.timestamp) < 600, "its time")
    head = ann.model_info(name).sha
    nothing_left_to_do(second(name, tree), what)
    same(ann.model_info(name).sha, head, f"{what}: no new commit")

    ann.delete_file("huge.bin", name)
    metadata = read_upload_metadata(tree, "huge.bin")
    metadata.is_committed = False
    metadata.save(get_local_upload_paths(tree, "huge.bin"))
    with Watched() as seen:
        run(second(name, tree), what)
    same(seen.having("PUT", ""), [], f"{what}: nothing is uploaded again")
    same(len(seen.having("POST", "/commit/")), 1, f"{what}: one commit")
    check(read_upload_metadata(tree, "huge.bin").is_committed, f"{what}: it is committed")
    arrived(name, tree, f"{what}: the folder that the other finished")


# --- killed on the way

# Where the first one is killed: (name, method, part of the target, path for the fault script, skip, byte of the body)
STOPS = [("its first upload modes", "POST", "/preupload/", "*/preupload/*", 0, None),
         ("its second upload modes", "POST", "/preupload/", "*/preupload/*", 1, 100),
         ("its third PUT", "PUT", "/repos/", "*", 2, 500),
         ("its first commit", "POST", "/commit/", "*/commit/*", 0, 1000),
         ("its second commit", "POST", "/commit/", "*/commit/*", 1, 1000)]


def connections():
    """Of the embedded Hub, whose child the driver is."""
    folder, found = f"/proc/{os.getppid()}/fd", 0
    for fd in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{fd}").startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return found


def kill_at(command, stop):
    """Runs it until the Hub holds that request. Returns what the Hub has answered when all is quiet again."""
    where, method, part, path, skip, at = stop
    quiet = connections()
    with fault(method=method, path=path, skip=skip, action="stall", **({"upload": True, "at": at} if at else {})):
        control("DELETE", "requests")
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 env=ENVIRONMENT)
        try:
            def is_there():
                if child.poll() is not None:
                    raise AssertionError(f"it ended before {where}: {child.communicate()[0]}")
                return sum(r["method"] == method and part in r["target"] for r in control("GET", "requests")) > skip
            until(is_there, f"it comes to {where}", 60)
        finally:
            child.kill()
            child.communicate()
    until(lambda: connections() <= quiet, f"the Hub ends with {where}", 60)  # a commit that was sent may still land
    return control("GET", "requests")


def record(tree, path):
    """None for a record that this client was killed in the middle of writing; it cannot read that itself."""
    from huggingface_hub._local_folder import read_upload_metadata
    text = tree / ".cache/huggingface/upload" / f"{path}.metadata"
    if text.exists() and text.read_text().count("\n") < 7:
        return None
    return read_upload_metadata(tree, path)


def stored(requests, tree):
    """Files whose content a PUT has brought to the storage."""
    oids = {sha(path): path.name for path in tree.glob("*.bin")}
    return [path for oid,
            path in oids.items() for r in requests if r["method"] == "PUT" and r["status"] == 200 and oid in r["target"]]


def committed(requests):
    return [r for r in requests if r["method"] == "POST" and "/commit/" in r["target"] and r["status"] == 200]


def one_ends_the_other(name, first, second, stop):
    what = f"{first.__name__}, killed at {stop[0]}, then {second.__name__}"
    tree = make_tree(work() / name.replace("/", "-"), {
        **{f"{i}.txt": f"{name} {i}\n".encode() * (1 + i % 7) for i in range(SMALL)},
        **{f"{i}.bin": noise(f"{name}{i}", 40_000 + i) for i in range(LARGE)}})
    before = kill_at(first(name, tree), stop)
    records = {p.name: record(tree, p.name) for p in tree.iterdir() if p.is_file()}
    check(first is by_python or None not in records.values(), f"{what}: hfasync leaves whole records")
    recorded = {path for path, known in records.items() if known and known.is_committed}
    uploaded = {path for path, known in records.items() if known and known.is_uploaded}
    check(recorded or stop[0] != "its second commit", f"{what}: files are recorded as committed")

    control("DELETE", "requests")
    run(second(name, tree), what)
    after = control("GET", "requests")
    sent = stored(after, tree)
    check(not uploaded & set(sent), f"{what}: {uploaded & set(sent)} were uploaded again")
    same(sorted(stored(before, tree) + sent), sorted(p.name for p in tree.glob("*.bin")), f"{what}: each LFS file is stored once")
    most = 1 + -(-(SMALL - len(recorded)) // LEAST)
    check(1 <= len(committed(after)) <= most, f"{what}: {len(committed(after))} commits for the rest")
    if second is by_hfasync:  # it looks whether a commit landed before the kill; this client commits again
        same(len(ann.list_repo_commits(name)) - 1, len(committed(before) + committed(after)),
             f"{what}: each commit changed something")
    if recorded:  # what was committed is not in the commits that followed: they are smaller
        rest = sum(p.stat().st_size for p in tree.glob("*.txt") if p.name not in recorded)
        most = rest * 4 // 3 + 250 * (SMALL + LARGE - len(recorded)) + 1000
        check(sum(r["body_bytes"] for r in committed(after)) < most, f"{what}: only the rest is committed")
    for path in (p for p in tree.iterdir() if p.is_file()):
        known = record(tree, path.name)
        same((known.size, known.is_committed), (path.stat().st_size, True), f"{what}: metadata of {path.name}")
    arrived(name, tree, f"{what}: what arrived")
    nothing_left_to_do(first(name, tree), what)


@flow("uploads.large_folder_metadata", seconds=400)
def large_folder_metadata():
    number = 0

    def play(part, *arguments):
        nonlocal number
        name = name_of_repo(str(number := number + 1), "acme")
        try:
            part(name, *arguments)
        finally:
            ann.delete_repo(name, missing_ok=True)

    turns = [(by_python, by_hfasync)]
    if VERSION < (1,):  # newer versions write a line more; hfasync goes on in the form that it finds, and begins in the old one
        turns.append((by_hfasync, by_python))
    for first, second in turns:
        play(whole, first, second)
        for stop in STOPS:
            play(one_ends_the_other, first, second, stop)
