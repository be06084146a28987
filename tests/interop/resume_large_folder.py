#!/usr/bin/env python3
"""One client's upload_large_folder, killed half-way, is finished by the other: resume_large_folder.py HFASYNC

hfasync and the reference client (huggingface_hub) take turns: one is killed with SIGKILL while the embedded Hub holds a
request of it, the other goes on in the same folder. What was uploaded is not uploaded again, what was committed and
recorded is not committed again. It runs itself below `hfasync emulator`.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

SMALL, LARGE = 170, 5  # 75 regular files fill a commit; .bin files are LFS whatever they weigh


def outside(program):
    work = Path(tempfile.mkdtemp(prefix="hfasync-resume-"))
    try:
        return subprocess.run([program, "emulator", "--quiet", "--control", "--", sys.executable, __file__, program, str(work)],
                              check=False).returncode
    finally:
        shutil.rmtree(work, ignore_errors=True)


def upload_by_python(repo, tree):
    """What the killed process of the reference does."""
    import huggingface_hub
    from huggingface_hub import _upload_large_folder
    _upload_large_folder.WAITING_TIME_IF_NO_TASKS = 0.05  # 10 s otherwise: only its speed changes
    huggingface_hub.HfApi().upload_large_folder(repo_id=repo, folder_path=tree, repo_type="model", num_workers=2,
                                                print_report=False)


if len(sys.argv) == 2:
    sys.exit(outside(os.path.abspath(sys.argv[1])))
sys.dont_write_bytecode = True  # nothing is left beside the sources
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1")
if len(sys.argv) == 4 and sys.argv[1] == "--python":
    sys.exit(upload_by_python(*sys.argv[2:]))
if len(sys.argv) != 3:
    sys.exit("usage: resume_large_folder.py HFASYNC")
WORK = Path(sys.argv[2])

import huggingface_hub  # noqa: E402
from huggingface_hub import HfApi, snapshot_download  # noqa: E402
from huggingface_hub._local_folder import read_upload_metadata  # noqa: E402

from checks import check, passed, same  # noqa: E402
from both import ENDPOINT, PROGRAM, Watched, content_of, control, sha  # noqa: E402


def by_hfasync(repo, tree):
    return [PROGRAM, "upload-large-folder", repo, str(tree), "--repo-type", "model", "--no-report", "--no-bars",
            "--num-workers", "2"]


def by_python(repo, tree):
    return [sys.executable, __file__, "--python", repo, str(tree)]


def faults(rule=None):
    request = urllib.request.Request(ENDPOINT + "/__emulator/faults", method="POST" if rule else "DELETE",
                                     data=json.dumps(rule).encode() if rule else None)
    with urllib.request.urlopen(request) as answer:
        answer.read()


# Where the first one is killed: (name, method, part of the target, path for the fault script, skip, byte of the body)
STOPS = [("its first upload modes", "POST", "/preupload/", "*/preupload/*", 0, None),
         ("its second upload modes", "POST", "/preupload/", "*/preupload/*", 1, 100),
         ("its third PUT", "PUT", "/repos/", "*", 2, 500),
         ("its first commit", "POST", "/commit/", "*/commit/*", 0, 1000),
         ("its second commit", "POST", "/commit/", "*/commit/*", 1, 1000)]


def connections():
    """Of the embedded Hub, whose child this is."""
    folder, found = f"/proc/{os.getppid()}/fd", 0
    for fd in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{fd}").startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return found


def kill_at(command, stop):
    """Runs it until the Hub holds that request. Returns what the Hub has answered when all is quiet again."""
    name, method, part, path, skip, at = stop
    quiet = connections()
    faults({"method": method, "path": path, "skip": skip, "action": "stall", **({"upload": True, "at": at} if at else {})})
    control("DELETE")
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 120
        while True:
            if sum(r["method"] == method and part in r["target"] for r in control("GET")) > skip:
                break
            check(child.poll() is None, f"it ended before {name}")
            check(time.monotonic() < deadline, f"it never came to {name}")
    finally:
        child.kill()
        child.communicate()
        faults()
    while connections() > quiet:  # a commit that was sent may still land
        check(time.monotonic() < deadline, f"the Hub never ends with {name}")
    return control("GET")


def record(tree, name):
    """None for a record that the reference was killed in the middle of writing; it cannot read that itself."""
    text = (tree / ".cache/huggingface/upload" / f"{name}.metadata")
    if text.exists() and text.read_text().count("\n") < 7:
        return None
    return read_upload_metadata(tree, name)


def make_tree(name):
    tree = WORK / name
    tree.mkdir()
    for i in range(SMALL):
        (tree / f"{i}.txt").write_bytes(f"{name} {i}\n".encode() * (1 + i % 7))
    for i in range(LARGE):
        (tree / f"{i}.bin").write_bytes(random.Random(f"{name}{i}").randbytes(40_000 + i))
    return tree


def stored(requests, tree):
    """Files whose content a PUT has brought to the storage."""
    oids = {sha(path): path.name for path in tree.glob("*.bin")}
    return [name for oid, name in oids.items() for r in requests
            if r["method"] == "PUT" and r["status"] == 200 and oid in r["target"]]


def committed(requests):
    return [r for r in requests if r["method"] == "POST" and "/commit/" in r["target"] and r["status"] == 200]


def one_resumes_the_other(api, first, second, stop, number):
    what = f"{first.__name__}, killed at {stop[0]}, then {second.__name__}"
    repo = f"acme/resume-{number}"
    tree = make_tree(f"tree-{number}")
    before = kill_at(first(repo, tree), stop)
    records = {p.name: record(tree, p.name) for p in tree.iterdir() if p.is_file()}
    check(first is by_python or None not in records.values(), f"{what}: hfasync leaves whole records")
    recorded = {name for name, known in records.items() if known and known.is_committed}
    uploaded = {name for name, known in records.items() if known and known.is_uploaded}
    check(recorded or stop[0] != "its second commit", f"{what}: files are recorded as committed")

    control("DELETE")
    done = subprocess.run(second(repo, tree), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    same(done.returncode, 0, f"{what}: {done.stdout}{done.stderr}")
    after = control("GET")
    sent = stored(after, tree)
    check(not uploaded & set(sent), f"{what}: {uploaded & set(sent)} were uploaded again")
    same(sorted(stored(before, tree) + sent), sorted(p.name for p in tree.glob("*.bin")), f"{what}: each LFS file is stored once")
    most = 1 + -(-2 * (SMALL - len(recorded)) // 150)  # 75 regular files fill one, of the reference at least
    check(1 <= len(committed(after)) <= most, f"{what}: {len(committed(after))} commits for the rest")
    if second is by_hfasync:  # it looks whether a commit landed before the kill; the reference commits again
        same(len(api.list_repo_commits(repo)) - 1, len(committed(before) + committed(after)),
             f"{what}: each commit changed something")
    if recorded:  # what was committed is not in the commits that followed: they are smaller
        rest = sum(p.stat().st_size for p in tree.glob("*.txt") if p.name not in recorded)
        most = rest * 4 // 3 + 250 * (SMALL + LARGE - len(recorded)) + 1000
        check(sum(r["body_bytes"] for r in committed(after)) < most, f"{what}: only the rest is committed")

    for path in tree.iterdir():
        if path.is_file():
            metadata = read_upload_metadata(tree, path.name)
            same((metadata.size, metadata.is_committed), (path.stat().st_size, True), f"{what}: metadata of {path.name}")
    down = Path(snapshot_download(repo, cache_dir=WORK / "back"))
    found = content_of(down)
    found.pop(".gitattributes", None)
    same(found, content_of(tree), f"{what}: what arrived")
    shutil.rmtree(WORK / "back")

    with Watched() as seen:  # and the first one finds it done
        subprocess.run(first(repo, tree), stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=True)
    same(seen.having("PUT", "") + seen.having("POST", "/preupload/") + seen.having("POST", "/commit/"), [], f"{what}: all done")


def main():
    started = time.time()
    api = HfApi()
    number = 0
    for stop in STOPS:
        for first, second in ((by_hfasync, by_python), (by_python, by_hfasync)):
            number += 1
            one_resumes_the_other(api, first, second, stop, number)
    print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks passed in {time.time() - started:.1f} s")


main()
