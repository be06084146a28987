"""The embedded Hub from outside: what it was asked, faults; and hfasync, the program, beside this client."""
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import time
import urllib.request

from flow import ENDPOINT
from huggingface_hub import file_download
from huggingface_hub.utils import _http

MIB = 1 << 20
LFS_BYTES = 11 * MIB  # above 10 MiB a file is LFS
MULTIPART_BYTES = 70 * MIB  # above 64 MiB it is sent in parts
PROGRAM = os.environ.get("HFASYNC_PROGRAM", "hfasync")


# --- its control routes

def control(method, path, body=None):
    request = urllib.request.Request(f"{ENDPOINT}/__emulator/{path}", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@contextlib.contextmanager
def fault(**rule):
    """Plays a fault inside a `with`: fault(method="GET", path="/api/models/ann/x*", action="status", status=503, times=2)."""
    control("POST", "faults", rule)
    try:
        yield
    finally:
        control("DELETE", "faults")


class Watched:
    """The requests that the Hub and its storage have answered inside a `with`."""

    def __enter__(self):
        control("DELETE", "requests")
        return self

    def __exit__(self, *_):
        self.requests = control("GET", "requests")  # with origin, method, target, status, body_bytes, sent_bytes, headers
        self.all = [(r["origin"], r["method"], r["target"]) for r in self.requests]
        self.sent = sum(r["sent_bytes"] for r in self.requests)

    @property
    def fetches(self):
        """Those for the bytes of files."""
        return [r for r in self.all if r[1] == "GET" and (r[0] == "storage" or "/resolve/" in r[2])]

    def having(self, method, part):
        return [r for r in self.all if r[1] == method and part in r[2]]


class _Hurry:
    """`time`, whose sleeps are short."""

    def __getattr__(self, name):
        return getattr(time, name)

    @staticmethod
    def sleep(seconds):
        time.sleep(min(seconds, 0.02))


@contextlib.contextmanager
def hurried(*more):
    """The waits of the client's retries, and of those modules, are short inside this; nothing else changes."""
    modules = [module for module in (_http, file_download, *more) if hasattr(module, "time")]
    for module in modules:
        module.time = _Hurry()
    try:
        yield
    finally:
        for module in modules:
            module.time = time


# --- hfasync

class HfasyncError(Exception):
    pass


def hfasync(*words, **environment):
    """The last line that the program prints; it has this process's HF_HOME and HF_ENDPOINT."""
    done = subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        raise HfasyncError(f"hfasync {' '.join(map(str, words))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def hfasync_api(method, environment=None, **arguments):
    """The result of a method of its API."""
    plain = {name: str(value) if isinstance(value, pathlib.Path) else value for name, value in arguments.items()}
    return json.loads(hfasync("api", method, "--args", json.dumps({"args": plain}), **(environment or {})))


# --- files

def sha(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
    return digest.hexdigest()


def content_of(folder):
    """Name -> SHA-256 of the files below a folder, without what a client keeps in .cache."""
    return {str(p.relative_to(folder)): sha(p) for p in sorted(pathlib.Path(folder).rglob("*"))
            if p.is_file() and ".cache" not in p.relative_to(folder).parts}
