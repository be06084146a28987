"""What the flows with hfasync beside this client share: both work on the same folders."""
import json
import os
import pathlib
import random

from flow import VERSION, ann
from hub import HfasyncError, hfasync, hfasync_api

HAS_TREES = VERSION >= (1, 33)  # this client, too, keeps the listings of commits in trees/
TOKEN = {"HF_TOKEN": "hf_ann"}


def noise(seed, size):
    return random.Random(seed).randbytes(size)


def fetch(*words, **environment):
    """hfasync download; the path that it prints."""
    return hfasync("download", *words, "--quiet", **environment)


def error_of(method, environment=None, **arguments):
    """The type of the exception that a call of hfasync ends with."""
    try:
        result = hfasync_api(method, environment, **arguments)
    except HfasyncError as error:
        described = json.loads(str(error).splitlines()[-1])
        return described.get("error", described)["type"]
    raise AssertionError(f"hfasync {method} {arguments} gave {result}")


def folder_of(cache, name, kind="model"):
    return pathlib.Path(cache) / f"{kind}s--{name.replace('/', '--')}"


def shape_of(cache):
    """All that both clients keep in a cache: names, sizes and links. Left out are locks, the tag that newer versions of this
    client put into a cache's root, and the listings in trees/, which old versions have not."""
    shape = {}
    for path in pathlib.Path(cache).rglob("*"):
        name = str(path.relative_to(cache))
        if path.is_dir() or name.startswith(".locks") or name == "CACHEDIR.TAG":
            continue
        if path.parent.name == "trees" and not HAS_TREES:
            continue
        if path.is_symlink():
            shape[name] = "-> " + os.readlink(path)
        elif "/refs/" in name:
            shape[name] = path.read_text()
        elif path.parent.name == "trees":
            shape[name] = json.loads(path.read_text())
        else:
            shape[name] = path.stat().st_size
    return shape


def make_tree(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def put(name, content, branch="main", path="changing/x \u00e9.txt", **more):
    """A commit of one file. -> its id"""
    return ann.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=name, revision=branch, **more).oid
