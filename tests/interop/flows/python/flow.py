"""What a flow is made of. A module in areas/ says

    from flow import ann, bob, check, flow, nobody, raises, repo, same

    @flow("repos.move")
    def move():
        with repo() as name:                # ann/repos-move: new, empty but for .gitattributes, deleted afterwards
            same(ann.model_info(name).id, name, "its id")

Each flow gets an empty HF_HOME (home()) and an empty folder (work()); both are gone after it. Tokens are never implicit.
"""
import contextlib
import importlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import huggingface_hub
import huggingface_hub.errors
from huggingface_hub import HfApi, constants

HERE = pathlib.Path(__file__).resolve().parent
ENDPOINT = os.environ["HF_ENDPOINT"]
VERSION = tuple(int(part) for part in huggingface_hub.__version__.split("."))
http = importlib.import_module("requests" if VERSION < (1,) else "httpx" if VERSION < (2,) else "httpx2")
CLIENT = f"python-{huggingface_hub.__version__}"

ann, bob, nobody = (HfApi(endpoint=ENDPOINT, token=token) for token in ("hf_ann", "hf_bob", False))

# The client's own errors have one base, but some calls of the oldest version give requests' error as it is; and errors of
# the transport are those of the library below.
if VERSION < (1,):
    HttpError, TransportError = http.HTTPError, http.RequestException
else:
    HttpError, TransportError = huggingface_hub.errors.HfHubHTTPError, http.TransportError

flows = {}  # name -> function
checks = 0  # those that have passed in the flow that is played
_playing = None  # its name
_folder = None  # its folder


def flow(name, seconds=120):
    """Registers a flow of flows.json, and how long it may take."""
    def register(function):
        if name in flows:
            raise ValueError(f"the flow {name} stands twice")
        function.seconds = seconds
        flows[name] = function
        return function
    return register


# --- checks

def check(condition, what):
    global checks
    if not condition:
        raise AssertionError(what)
    checks += 1


def same(got, wanted, what):
    check(got == wanted, f"{what}: {got!r}, not {wanted!r}")


def status_of(error):
    """Of the answer that an error of the client carries; None when it has none."""
    return getattr(getattr(error, "response", None), "status_code", None)


def raises(kind, call, what, status=None):
    """The error that the call ends with; it is of this kind, and carries the status."""
    try:
        result = call()
    except kind as error:
        check(status is None or status_of(error) == status, f"{what}: status {status_of(error)}, not {status}: {error}")
        return error
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}, not {kind}: {error}") from error
    raise AssertionError(f"{what}: no error, but {result!r}")


def until(condition, what, seconds=30):
    """Asks again and again; the first true answer."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            check(True, what)
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


# --- what a flow works with

def work():
    """A folder of this flow's own."""
    return _folder


def home(fresh=False):
    """HF_HOME, of this process and of those that it starts; with `fresh` a new and empty one from now on."""
    if fresh:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="home-", dir=_folder))
        os.environ["HF_HOME"] = str(folder)
        places = {"HF_HOME": folder, "HF_HUB_CACHE": folder / "hub", "HUGGINGFACE_HUB_CACHE": folder / "hub",
                  "HF_ASSETS_CACHE": folder / "assets", "HUGGINGFACE_ASSETS_CACHE": folder / "assets",
                  "HF_TOKEN_PATH": folder / "token", "HF_STORED_TOKENS_PATH": folder / "stored_tokens",
                  "HF_XET_CACHE": folder / "xet"}
        from huggingface_hub.utils import _cache_manager  # has its own copy of the name
        for name, place in places.items():
            for module in (constants, _cache_manager):
                if hasattr(module, name):
                    setattr(module, name, str(place))
    return pathlib.Path(os.environ["HF_HOME"])


def name_of_repo(suffix="", owner="ann"):
    """A name that no other flow takes."""
    return f"{owner}/{_playing.replace('.', '-').replace('_', '-')}{'-' + suffix if suffix else ''}"


@contextlib.contextmanager
def repo(suffix="", kind="model", owner="ann", files=None, **more):
    """A new repo, deleted at the end, whatever the flow has done with it; `files` (path -> bytes) are its second commit."""
    name = name_of_repo(suffix, owner)
    if kind == "space":
        more.setdefault("space_sdk", "static")
    ann.create_repo(name, repo_type=kind, **more)
    try:
        if files:
            commit(name, files, kind=kind)
        yield name
    finally:
        ann.delete_repo(name, repo_type=kind, missing_ok=True)


def commit(name, files, kind="model", message="Files", by=ann, **more):
    """A commit of files (path -> bytes)."""
    operations = [huggingface_hub.CommitOperationAdd(path, content) for path, content in files.items()]
    return by.create_commit(name, operations, commit_message=message, repo_type=kind, **more)


def apart(function, *arguments, **environment):
    """Calls a function of a module in areas/ in a process of its own, with these environment variables (None: without it); its
    checks count here. Arguments and result go through JSON."""
    answer = work() / "apart.json"
    answer.unlink(missing_ok=True)
    variables = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, str(HERE), "--apart", function.__module__, function.__name__, json.dumps(arguments), _playing, str(_folder)],
        env={name: value for name, value in variables.items() if value is not None}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100)
    check(done.returncode == 0, f"{function.__name__} apart, with {environment}: status {done.returncode}\n{done.stdout}")
    told = json.loads(answer.read_text())
    global checks
    checks += told["checks"]
    return told["result"]


# --- for the driver

@contextlib.contextmanager
def playing(name, folder=None):
    """The surroundings of a flow; with `folder` those of a part that is played apart."""
    global checks, _playing, _folder
    checks, _playing = 0, name
    _folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="hfasync-flow-"))
    try:
        if folder is None:
            home(fresh=True)
        yield
    finally:
        if folder is None:
            shutil.rmtree(_folder, ignore_errors=True)
