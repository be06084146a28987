#!/usr/bin/env python3
"""Sixteen processes, half of them hfasync and half the reference client, want the same bytes: many_processes.py HFASYNC

One of them fetches them, all get them; also when the one that fetches is killed on the way.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

REPO, NAME, SIZE = "acme/shared", "weights/one.bin", 24 << 20
SMALL = 12
EACH = 8  # of both kinds
FETCH_FILE = "import sys\nfrom huggingface_hub import hf_hub_download as get\nprint('ready', flush=True)\nsys.stdin.readline()\n" \
             "print(get(sys.argv[1], sys.argv[2], cache_dir=sys.argv[3]))"
FETCH_ALL = "import sys\nfrom huggingface_hub import snapshot_download as get\nprint('ready', flush=True)\nsys.stdin.readline()\n" \
            "print(get(sys.argv[1], cache_dir=sys.argv[2]))"


def outside(program):
    work = Path(tempfile.mkdtemp(prefix="hfasync-many-"))
    try:
        seed = work / "seed" / REPO
        files = {f"d{i % 3}/f{i}.txt": random.Random(i).randbytes(1000 + i * 5000) for i in range(SMALL)}
        for name, content in {**files, NAME: random.Random("one").randbytes(SIZE)}.items():
            (seed / name).parent.mkdir(parents=True, exist_ok=True)
            (seed / name).write_bytes(content)
        return subprocess.run([program, "emulator", "--quiet", "--control", "--seed", str(work / "seed"), "--", sys.executable,
                               __file__, program, str(work)], check=False).returncode
    finally:
        shutil.rmtree(work, ignore_errors=True)


if len(sys.argv) == 2:
    sys.exit(outside(os.path.abspath(sys.argv[1])))
if len(sys.argv) != 3:
    sys.exit("usage: many_processes.py HFASYNC")
WORK = Path(sys.argv[2])
sys.dont_write_bytecode = True
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1")

from huggingface_hub import scan_cache_dir  # noqa: E402

from checks import check, passed, same  # noqa: E402
from both import ENDPOINT, PROGRAM, Watched, content_of, control, sha  # noqa: E402

SEED = WORK / "seed" / REPO


def fault(**rule):
    request = urllib.request.Request(ENDPOINT + "/__emulator/faults", data=json.dumps(rule).encode(), method="POST",
                                     headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request).read()


def forget_faults():
    urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/__emulator/faults", method="DELETE")).read()


def start_hfasync(cache, *names):
    words = [PROGRAM, "download", REPO, *names, "--cache-dir", str(cache), "--quiet"]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start_python(cache, *names):
    """It has imported the client and waits for a line."""
    words = [sys.executable, "-c", FETCH_FILE if names else FETCH_ALL, REPO, *names, str(cache)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    same(process.stdout.readline(), "ready\n", "a Python process starts")
    return process


def paths_of(processes):
    """Where each of them says that the bytes are."""
    paths = []
    for process in processes:
        out, err = process.communicate(timeout=300)
        same(process.returncode, 0, f"exit status of {process.args[:3]}: {err}")
        paths.append(out.strip().splitlines()[-1])
    return paths


def race(cache, *names):
    """All at once. The paths that they print."""
    pythons = [start_python(cache, *names) for _ in range(EACH)]
    hfasyncs = []
    for process in pythons:
        hfasyncs.append(start_hfasync(cache, *names))
        process.stdin.write("go\n")
        process.stdin.flush()
    return paths_of(pythons + hfasyncs)


def bodies(seen):
    """GETs of a file's bytes: (origin, target); a redirect to the storage is none."""
    return [r for r in seen.fetches if r[0] == "storage" or not r[2].endswith(NAME)]


def check_cache(cache):
    scan = scan_cache_dir(cache)
    same(scan.warnings, [], "warnings of scan_cache_dir")
    left = [p.name for p in (cache / f"models--{REPO.replace('/', '--')}" / "blobs").iterdir() if len(p.name) not in (40, 64)]
    same(left, [], "what is left in blobs/")


def one_file(turn):
    cache = WORK / f"file-{turn}"
    # The first answer is late: meanwhile all the others come and find the lock taken.
    fault(method="GET", origin="storage", path="*", action="delay", delay_ms=1500)
    with Watched() as seen:
        paths = race(cache, NAME)
    forget_faults()
    same(len(set(paths)), 1, f"one path for all of {len(paths)}")
    same(sha(paths[0]), sha(SEED / NAME), "its bytes")
    same(len(bodies(seen)), 1, f"transfers of {len(paths)} processes: {bodies(seen)}")
    check_cache(cache)


def one_snapshot(turn):
    cache = WORK / f"snapshot-{turn}"
    fault(method="GET", path="*", origin="storage", action="delay", delay_ms=1000)
    fault(method="GET", path="*/resolve/*", origin="hub", action="delay", delay_ms=300, times=4)
    with Watched() as seen:
        paths = race(cache)
    forget_faults()
    same(len(set(paths)), 1, f"one folder for all of {len(paths)}")
    found = content_of(paths[0])
    found.pop(".gitattributes", None)
    same(found, content_of(SEED), "its bytes")
    wanted = SMALL + 1 + int(any(r[2].endswith(".gitattributes") for r in bodies(seen)))
    same(len(bodies(seen)), wanted, f"transfers of {len(paths)} processes: {sorted(bodies(seen))}")
    check_cache(cache)


def wait_for_body():
    """Until the Hub has begun to send the file; the request itself is the pause between two looks."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(r["origin"] == "storage" and r["method"] == "GET" for r in control("GET")):
            return
    raise AssertionError("nobody asks for the body")


def killed_on_the_way(first, rest):
    """The holder of the lock is killed with half the file: another one goes on from there."""
    cache = WORK / f"killed-{first.__name__}"
    fault(method="GET", origin="storage", path="*", action="stall", at=SIZE // 2)
    control("DELETE")
    victim = first(cache, NAME)
    if first is start_python:
        victim.stdin.write("go\n")
        victim.stdin.flush()
    wait_for_body()
    others = [start(cache, NAME) for start in rest]
    for process in others:
        if process.stdin:
            process.stdin.write("go\n")
            process.stdin.flush()
    blobs = cache / f"models--{REPO.replace('/', '--')}" / "blobs"
    deadline = time.monotonic() + 60
    # Both write in pieces of at most 10 MiB: with so much there, the stall is near.
    while sum(p.stat().st_size for p in blobs.glob("*.incomplete")) < SIZE // 2 - (10 << 20) and time.monotonic() < deadline:
        control("GET")
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    paths = paths_of(others)
    same(len(set(paths)), 1, "one path for all that are left")
    same(sha(paths[0]), sha(SEED / NAME), "its bytes")
    answered = [r for r in control("GET") if r["origin"] == "storage" and r["method"] == "GET"]
    same(len(answered), 2, f"transfers after a kill: {answered}")
    forget_faults()
    check_cache(cache)


for turn in range(3):
    one_file(turn)
for turn in range(2):
    one_snapshot(turn)
killed_on_the_way(start_hfasync, [start_python, start_hfasync] * 3)
killed_on_the_way(start_python, [start_hfasync, start_python] * 3)
print(f"many_processes: {len(passed)} checks")
