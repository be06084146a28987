"""Many processes of both clients want the same bytes at once: one of them fetches them, all get them."""
import random
import signal
import subprocess
import sys

from beside import folder_of
from flow import VERSION, flow, repo, same, until, work
from hub import PROGRAM, Watched, content_of, control, fault, sha
from huggingface_hub import scan_cache_dir

BIG, SIZE = "weights/one.bin", 24 << 20
FILES = {BIG: random.Random("one").randbytes(SIZE),
         **{f"d{i % 3}/f{i}.txt": random.Random(i).randbytes(1000 + i * 5000) for i in range(12)}}
EACH = 16  # of both clients
FETCH = """import sys
from huggingface_hub import hf_hub_download, snapshot_download
print("ready", flush=True)
sys.stdin.readline()
repo, cache, *names = sys.argv[1:]
print(hf_hub_download(repo, *names, cache_dir=cache) if names else snapshot_download(repo, cache_dir=cache))
"""


def start_hfasync(name, cache, *paths):
    words = [PROGRAM, "download", name, *paths, "--cache-dir", str(cache), "--quiet"]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start_python(name, cache, *paths):
    """It imports the client, says so, and waits for a line."""
    words = [sys.executable, "-c", FETCH, name, str(cache), *paths]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready(processes):
    for process in processes:
        same(process.stdout.readline(), "ready\n", "a Python process starts")
    return processes


def go(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def paths_of(processes):
    """Where each of them says that the bytes are."""
    paths = []
    for process in processes:
        out, err = process.communicate(timeout=100)
        same(process.returncode, 0, f"exit status of {process.args[:3]}: {err}")
        paths.append(out.strip().splitlines()[-1])
    return paths


def race(each, name, cache, *paths):
    """All at once. The paths that they print."""
    pythons = ready([start_python(name, cache, *paths) for _ in range(each)])
    hfasyncs = []
    for process in pythons:
        hfasyncs.append(start_hfasync(name, cache, *paths))
        go(process)
    return paths_of(pythons + hfasyncs)


def bodies(seen):
    """GETs of a file's bytes; a redirect to the storage is none."""
    return [r for r in seen.fetches if r[0] == "storage" or not r[2].endswith(BIG)]


def check_cache(name, cache, killed=False):
    same(scan_cache_dir(cache).warnings, [], "warnings of scan_cache_dir")
    left = [p.name for p in (folder_of(cache, name) / "blobs").iterdir() if len(p.name) not in (40, 64)]
    if killed and VERSION >= (1,):  # each of its downloads has a partial file of its own, and takes up nobody else's
        left = [found for found in left if not found.endswith(".incomplete")]
    same(left, [], "what is left in blobs/")


def one_file(name):
    cache = work() / "file"
    # The first answer is late: meanwhile all the others come and find the lock taken.
    with fault(method="GET", origin="storage", path="*", action="delay", delay_ms=2000), Watched() as seen:
        paths = race(EACH, name, cache, BIG)
    same(len(set(paths)), 1, f"one path for all of {len(paths)}")
    same(sha(paths[0]), sha(work() / "seed"), "its bytes")
    same(len(bodies(seen)), 1, f"transfers of {len(paths)} processes: {bodies(seen)}")
    check_cache(name, cache)


def one_snapshot(name):
    cache = work() / "snapshot"
    with fault(method="GET", path="*", origin="storage", action="delay", delay_ms=1000), Watched() as seen:
        paths = race(EACH // 2, name, cache)
    same(len(set(paths)), 1, f"one folder for all of {len(paths)}")
    found = content_of(paths[0])
    same(sorted(found), sorted([*FILES, ".gitattributes"]), "its files")
    same(found[BIG], sha(work() / "seed"), "its bytes")
    same(len(bodies(seen)), len(found), f"transfers of {len(paths)} processes: {sorted(bodies(seen))}")
    check_cache(name, cache)


def wait_for_body():
    """Until the Hub has begun to send the file."""
    until(lambda: any(r["origin"] == "storage" and r["method"] == "GET" for r in control("GET", "requests")),
          "the body is asked for", 60)


def killed_on_the_way(name, first, rest):
    """The holder of the lock is killed with half the file: another one goes on."""
    cache = work() / f"killed-{first.__name__}"
    blobs = folder_of(cache, name) / "blobs"
    with fault(method="GET", origin="storage", path="*", action="stall", at=SIZE // 2):
        control("DELETE", "requests")
        others = [(start, start(name, cache, BIG) if start is start_python else None) for start in rest]
        ready([process for _, process in others if process])
        victim = first(name, cache, BIG)
        if first is start_python:
            go(ready([victim])[0])
        wait_for_body()
        others = [process or start(name, cache, BIG) for start, process in others]
        for process in others:
            if process.stdin:
                go(process)
        # Both write in pieces of at most 10 MiB: with so much there, the stall is near.
        until(lambda: sum(p.stat().st_size for p in blobs.glob("*.incomplete")) >= SIZE // 2 - (10 << 20),
              "half of it is written", 60)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        paths = paths_of(others)
    same(len(set(paths)), 1, "one path for all that are left")
    same(sha(paths[0]), sha(work() / "seed"), "its bytes")
    answered = [r for r in control("GET", "requests") if r["origin"] == "storage" and r["method"] == "GET"]
    same(len(answered), 2, f"transfers after a kill: {answered}")
    check_cache(name, cache, killed=True)


@flow("cache.many_processes", seconds=300)
def many_processes():
    (work() / "seed").write_bytes(FILES[BIG])
    with repo(owner="acme", files=FILES) as name:
        one_file(name)
        one_snapshot(name)
        killed_on_the_way(name, start_hfasync, [start_python, start_hfasync] * 3)
        killed_on_the_way(name, start_python, [start_hfasync, start_python] * 3)
