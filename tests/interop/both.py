"""The two clients under one roof: run hfasync, watch what the Hub answers, compare what is on the disk."""
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

MIB = 1 << 20
PROGRAM = sys.argv[1]
ENDPOINT = os.environ["HF_ENDPOINT"]


class HfasyncError(Exception):
    pass


def run(*words, offline=False):
    """The last line that hfasync prints."""
    done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **({"HF_HUB_OFFLINE": "1"} if offline else {})})
    if done.returncode != 0:
        raise HfasyncError(f"hfasync {' '.join(map(str, words))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def call(method, offline=False, **arguments):
    texts = {k: str(v) if isinstance(v, Path) else v for k, v in arguments.items()}
    return json.loads(run("api", method, "--args", json.dumps({"args": texts}), offline=offline))


def error_of(method, offline=False, **arguments):
    """The type of the exception that the call ends with."""
    try:
        result = call(method, offline, **arguments)
    except HfasyncError as error:
        described = json.loads(str(error).splitlines()[-1])
        return described.get("error", described)
    raise AssertionError(f"hfasync {method} {arguments} gave {result}")


def control(method):
    with urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/__emulator/requests", method=method)) as answer:
        return json.load(answer)


class Watched:
    """The requests that the Hub and its storage answered inside a `with`."""

    def __enter__(self):
        control("DELETE")
        return self

    def __exit__(self, *_):
        answered = control("GET")
        self.all = [(r["origin"], r["method"], r["target"]) for r in answered]
        self.sent = sum(r["sent_bytes"] for r in answered)

    @property
    def fetches(self):
        return [r for r in self.all if r[1] == "GET" and (r[0] == "storage" or "/resolve/" in r[2])]

    def having(self, method, part):
        return [r for r in self.all if r[1] == method and part in r[2]]


def sha(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
    return digest.hexdigest()


def content_of(folder):
    return {str(p.relative_to(folder)): sha(p) for p in Path(folder).rglob("*") if p.is_file() and ".cache" not in p.parts}


def shape_of(cache):
    """All that both clients keep in a cache: names, sizes and links, without locks. Only hfasync keeps listings in trees/."""
    shape = {}
    for path in Path(cache).rglob("*"):
        name = str(path.relative_to(cache))
        if path.is_dir() or name.startswith(".locks") or path.parent.name == "trees":
            continue
        if path.is_symlink():
            shape[name] = "-> " + os.readlink(path)
        else:
            shape[name] = path.read_text() if "/refs/" in name else path.stat().st_size
    return shape
