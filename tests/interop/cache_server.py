#!/usr/bin/env python3
"""The cache server of examples/ between an embedded Hub and other clients: cache_server.py HFASYNC HFASYNC_CACHE

The reference client and the program download through it; the Hub's record of requests says what it asked for, then
the Hub goes away. Ends with a line that says how many checks passed.
"""
import atexit
import concurrent.futures
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

if len(sys.argv) != 3:
    sys.exit("usage: cache_server.py HFASYNC HFASYNC_CACHE")
PROGRAM, CACHE = (os.path.abspath(path) for path in sys.argv[1:])
WORK = Path(tempfile.mkdtemp(prefix="hfasync-cache-"))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)
for name in [name for name in os.environ if name.startswith(("HF_", "HUGGING"))]:
    del os.environ[name]
os.environ.update(HF_HOME=str(WORK / "hf"), HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_XET="1", NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost")
sys.dont_write_bytecode = True
running = []


def start(*command):
    """A server, and the JSON object that is its first line."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    running.append(process)
    return process, json.loads(process.stdout.readline())


@atexit.register
def stop_all():
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


(WORK / "users.json").write_text(json.dumps([{"name": "ann", "tokens": ["hf_ann"], "organizations": ["acme"]},
                                             {"name": "bob", "tokens": ["hf_bob"]}]))
HUB, where = start(PROGRAM, "emulator", "--control", "--users", WORK / "users.json")
UPSTREAM = where["endpoint"]
MIRROR, where = start(CACHE, "--folder", WORK / "mirror", "--upstream", UPSTREAM, "--port", 0)
ENDPOINT = where["endpoint"]
os.environ["HF_ENDPOINT"] = UPSTREAM  # of this process, which also uploads; readers of their own get the mirror

import huggingface_hub  # noqa: E402
from huggingface_hub import HfApi  # noqa: E402
from huggingface_hub.utils import HfHubHTTPError, RepositoryNotFoundError  # noqa: E402

from checks import check, passed, raises, same  # noqa: E402

REPOS = {"model": "acme/tiny", "dataset": "acme/data", "space": "acme/app"}
FILES = {"config.json": b'{"model_type": "tiny"}\n', "a b/\u00e9t\u00e9.txt": b"summer\n", "empty.txt": b"",
         "weights.bin": random.Random(1).randbytes(11 << 20)}
LARGE = ("parts.bin", "program.bin")
upstream = HfApi(endpoint=UPSTREAM, token="hf_ann")
mirror = HfApi(endpoint=ENDPOINT, token=False)


def large(name):
    return random.Random(name).randbytes(36 << 20)


def control(method="GET"):
    request = urllib.request.Request(UPSTREAM + "/__emulator/requests", method=method)
    return json.loads(urllib.request.urlopen(request).read())


def bodies():
    """What was fetched of files, and the tokens that were sent along."""
    seen = [one for one in control() if one["method"] == "GET" and "/__emulator/" not in one["target"]]
    return [one for one in seen if "/resolve/" in one["target"] and one["status"] == 200 or one["origin"] == "storage"]


def tokens():
    return {value for one in control() for name, value in one["headers"] if name.lower() == "authorization"}


def seed():
    for kind, repo in REPOS.items():
        upstream.create_repo(repo, repo_type=kind, **({"space_sdk": "static"} if kind == "space" else {}))
        for path, content in FILES.items():
            upstream.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo, repo_type=kind)
    upstream.create_repo("ann/secret", private=True)
    upstream.upload_file(path_or_fileobj=b"mine\n", path_in_repo="a.txt", repo_id="ann/secret")


def same_files(folder, what):
    for path, content in FILES.items():
        same(hashlib.sha256((Path(folder) / path).read_bytes()).hexdigest(), hashlib.sha256(content).hexdigest(),
             f"{what}: {path}")


def snapshot(name, kind="model", api=None, **more):
    return (api or mirror).snapshot_download(REPOS[kind], repo_type=kind, cache_dir=str(WORK / name), **more)


def snapshots():
    for kind in REPOS:
        tree = upstream.list_repo_tree(REPOS[kind], recursive=True, repo_type=kind)
        filled = [entry.path for entry in tree if getattr(entry, "size", 0) > 0]
        check(len(filled) >= len(FILES), f"{filled}")  # an empty one costs no transfer, .gitattributes does
        control("DELETE")
        same_files(snapshot("one", kind), f"first snapshot of a {kind}")
        same(len(bodies()), len(filled), f"one transfer a file of a {kind}")
        control("DELETE")
        same_files(snapshot("two", kind), f"second snapshot of a {kind}")
        same(bodies(), [], f"the second snapshot of a {kind} fetches nothing")
    same(tokens(), set(), "nobody's token")


def at_once():
    upstream.create_repo("acme/cold")
    for i in range(3):
        upstream.upload_file(path_or_fileobj=random.Random(f"cold{i}").randbytes(11 << 20), path_in_repo=f"{i}.bin",
                             repo_id="acme/cold")
    control("DELETE")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: mirror.snapshot_download("acme/cold", cache_dir=str(WORK / f"cold{i}")), range(8)))
    for i in range(8):
        for path in Path(WORK / f"cold{i}").glob("*/snapshots/*/*.bin"):
            check(path.read_bytes() == random.Random(f"cold{path.stem}").randbytes(11 << 20), f"cold {i} {path.name}")
    same(len([one for one in bodies() if one["origin"] == "storage"]), 3, "one transfer for eight clients")


def ranged(target, first, last):
    request = urllib.request.Request(ENDPOINT + target, headers={"Range": f"bytes={first}-{last}"})
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.headers["X-Cache"], answer.read()


def by_parts(name, content):
    """As parallel downloaders ask for a large file; where the parts came from."""
    size, target = 10 << 20, f"/acme/large/resolve/main/{name}"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda at: ranged(target, at, at + size - 1), range(0, len(content), size)))
    check(all(status == 206 for status, _, _ in got), f"{[status for status, _, _ in got]}")
    check(b"".join(body for _, _, body in got) == content, f"the parts of {name}")
    return {where for _, where, _ in got}


def parts():
    """Files above the limit below which a part fetches all: whoever asks for them in parts leaves them here."""
    upstream.create_repo("acme/large")
    for name in LARGE:
        upstream.upload_file(path_or_fileobj=large(name), path_in_repo=name, repo_id="acme/large")
    by_parts("parts.bin", large("parts.bin"))
    command = [PROGRAM, "download", "acme/large", "program.bin", "--cache-dir", str(WORK / "large")]
    done = subprocess.run(command, env={**os.environ, "HF_ENDPOINT": ENDPOINT}, capture_output=True, text=True, check=False)
    same(done.returncode, 0, done.stderr)
    for name in LARGE:  # from the first byte on: it waits for what is still on its way
        check(ranged(f"/acme/large/resolve/main/{name}", 0, len(large(name)) - 1)[2] == large(name), f"all of {name}")
    control("DELETE")
    for name in LARGE:
        same(by_parts(name, large(name)), {"HIT"}, f"{name} again")
        path = mirror.hf_hub_download("acme/large", name, cache_dir=str(WORK / "large again"))
        check(Path(path).read_bytes() == large(name), f"hf_hub_download of {name}")
    same(bodies(), [], "large files are fetched once")


def calls():
    info = mirror.model_info("acme/tiny")
    same((info.id, info.sha), ("acme/tiny", upstream.model_info("acme/tiny").sha), "model_info")
    same(mirror.list_repo_files("acme/tiny"), upstream.list_repo_files("acme/tiny"), "list_repo_files")
    same(sorted(e.path for e in mirror.list_repo_tree("acme/data", repo_type="dataset", recursive=True)),
         sorted(e.path for e in upstream.list_repo_tree("acme/data", repo_type="dataset", recursive=True)), "tree")
    same(mirror.get_paths_info("acme/tiny", ["weights.bin"])[0].lfs.sha256,
         hashlib.sha256(FILES["weights.bin"]).hexdigest(), "get_paths_info")
    check(any(one.id == "acme/tiny" for one in mirror.list_models(search="tiny")), "list_models")
    same(HfApi(endpoint=ENDPOINT, token="hf_bob").whoami()["name"], "bob", "whoami")
    check(mirror.file_exists("acme/tiny", "config.json") and not mirror.file_exists("acme/tiny", "no"), "file_exists")
    path = mirror.hf_hub_download("acme/tiny", "weights.bin", local_dir=str(WORK / "plain"))
    check(Path(path).read_bytes() == FILES["weights.bin"], "hf_hub_download to a folder")
    error = raises(HfHubHTTPError, lambda: HfApi(endpoint=ENDPOINT, token="hf_ann").create_repo("ann/new"), "a write")
    same(error.response.status_code, 405, "refused")
    check("read-only" in str(error), f"in words: {error}")


def secrets():
    ann, bob = HfApi(endpoint=ENDPOINT, token="hf_ann"), HfApi(endpoint=ENDPOINT, token="hf_bob")
    get = {"repo_id": "ann/secret", "filename": "a.txt"}
    same(Path(ann.hf_hub_download(**get, cache_dir=str(WORK / "ann"))).read_bytes(), b"mine\n", "one's own file")
    for other in (bob, mirror):
        raises(RepositoryNotFoundError, lambda: other.hf_hub_download(**get, cache_dir=str(WORK / "other")), "of others")
        raises(RepositoryNotFoundError, lambda: other.model_info("ann/secret"), "info of others")
    kept = [path for path in (WORK / "mirror").rglob("*") if path.is_file() and b"hf_" in path.read_bytes()[:100_000]]
    same([str(path) for path in kept], [], "no token on the disk")


def programs():
    """What people do: HF_ENDPOINT, and nothing else."""
    script = "import sys, huggingface_hub as h; h.snapshot_download('acme/tiny', cache_dir=sys.argv[1])"
    for name, command in {"hfasync": [PROGRAM, "download", "acme/tiny", "--cache-dir"],
                          "python": [sys.executable, "-c", script]}.items():
        done = subprocess.run([*command, str(WORK / name)], env={**os.environ, "HF_ENDPOINT": ENDPOINT},
                              capture_output=True, text=True, check=False)
        same(done.returncode, 0, done.stderr)
        (folder,) = (WORK / name).glob("*/snapshots/*")
        same_files(folder, name)


def asked(target):
    try:
        with urllib.request.urlopen(ENDPOINT + target) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def without_upstream():
    global ENDPOINT, mirror
    HUB.terminate()
    HUB.wait()
    same_files(snapshot("three"), "without the upstream")
    MIRROR.terminate()
    same(MIRROR.wait(timeout=30), 0, "SIGTERM ends it in order")
    same(list((WORK / "mirror" / "partial").iterdir()), [], "nothing half done is left")
    _, where = start(CACHE, "--folder", WORK / "mirror", "--upstream", UPSTREAM, "--port", 0, "--branch-ttl", 0)
    ENDPOINT = where["endpoint"]
    mirror = HfApi(endpoint=ENDPOINT, token=False)
    same_files(snapshot("four"), "after a restart without the upstream")
    check(by_parts("parts.bin", large("parts.bin")) <= {"HIT", "STALE"}, "a large file, by parts")
    status, headers, content = asked("/acme/tiny/resolve/main/config.json")
    same((status, headers["X-Cache"], content), (200, "STALE", FILES["config.json"]), "marked")
    status, headers, _ = asked("/acme/other/resolve/main/config.json")
    same(status, 504, "unknown")
    check("cannot be reached" in headers["X-Error-Message"], headers["X-Error-Message"])
    _, _, metrics = asked("/metrics")
    values = dict(line.rsplit(" ", 1) for line in metrics.decode().splitlines() if not line.startswith("#"))
    check(int(values["hfasync_cache_hits_total"]) > 0 and int(values["hfasync_cache_stale_total"]) > 0, "metrics")
    same(values["hfasync_cache_fetched_bytes_total"], "0", "no byte was fetched")
    running[-1].send_signal(signal.SIGTERM)
    same(running[-1].wait(timeout=30), 0, "SIGTERM again")


started = time.time()
for step in (seed, snapshots, at_once, parts, calls, secrets, programs, without_upstream):
    step()
print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks passed in {time.time() - started:.1f} s")
