"""What a repo says about its files."""
import datetime
import hashlib
import json
import struct
import time

import huggingface_hub
from flow import ENDPOINT, HttpError, ann, bob, check, commit, flow, nobody, raises, repo, same
from hub import LFS_BYTES, Watched
from huggingface_hub.errors import (EntryNotFoundError, GatedRepoError, NotASafetensorsRepoError, RepositoryNotFoundError,
                                    RevisionNotFoundError, SafetensorsParsingError)


def git_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def is_file(entry):
    return isinstance(entry, huggingface_hub.hf_api.RepoFile)


@flow("files.tree")
def tree():
    files = {"a.txt": b"a", "in/b.bin": b"bb", "in/deep er/ü.json": b"{}", "other/c.txt": b"ccc"}
    for kind in ("model", "dataset"):
        with repo(kind=kind, files=files) as name:
            started = datetime.datetime.fromtimestamp(int(time.time()) - 60, datetime.timezone.utc)
            top = {entry.path: entry for entry in nobody.list_repo_tree(name, repo_type=kind)}
            same({path: is_file(entry) for path, entry in top.items()},
                 {".gitattributes": True, "a.txt": True, "in": False, "other": False}, f"{kind}: the top")
            same((top["a.txt"].size, top["a.txt"].blob_id, top["a.txt"].lfs, top["a.txt"].last_commit), (1, git_id(b"a"), None, None),
                 f"{kind}: a file")
            check(len(top["in"].tree_id) == 40, f"{kind}: a folder's id")
            below = {entry.path: entry for entry in nobody.list_repo_tree(name, "in", repo_type=kind)}
            same(set(below), {"in/b.bin", "in/deep er"}, f"{kind}: a folder")
            same((below["in/b.bin"].size, below["in/b.bin"].lfs.size, below["in/b.bin"].lfs.sha256),
                 (2, 2, hashlib.sha256(b"bb").hexdigest()), f"{kind}: an LFS file")
            every = [entry.path for entry in nobody.list_repo_tree(name, recursive=True, repo_type=kind)]
            same(sorted(every), sorted([".gitattributes", *files, "in", "in/deep er", "other"]), f"{kind}: recursively")
            commit(name, {"a.txt": b"changed"}, kind=kind, message="Changed é")
            found = {entry.path: entry for entry in nobody.list_repo_tree(name, recursive=True, expand=True, repo_type=kind)}
            same({path: found[path].last_commit.title for path in ("a.txt", "in", "in/deep er/ü.json", ".gitattributes")},
                 {"a.txt": "Changed é", "in": "Files", "in/deep er/ü.json": "Files", ".gitattributes": "initial commit"},
                 f"{kind}: the last commits")
            same(found["a.txt"].last_commit.oid, nobody.repo_info(name, repo_type=kind).sha, f"{kind}: their ids")
            check(all(entry.last_commit.date >= started for entry in found.values()), f"{kind}: their dates")
            check(found["a.txt"].security is not None, f"{kind}: the scan of a file")
            first = nobody.list_repo_commits(name, repo_type=kind)[-1].commit_id
            same([e.path for e in nobody.list_repo_tree(name, revision=first, repo_type=kind)], [".gitattributes"],
                 f"{kind}: at a commit")
            raises(EntryNotFoundError, lambda: list(nobody.list_repo_tree(name, "none", repo_type=kind)),
                   f"{kind}: no folder", 404)
            raises(RevisionNotFoundError, lambda: list(nobody.list_repo_tree(name, revision="none", repo_type=kind)),
                   "no revision", 404)
    many = {f"many/{number:04}.txt": b"%d" % number for number in range(1100)}
    with repo("many", files=many) as name:
        with Watched() as seen:
            paths = [entry.path for entry in nobody.list_repo_tree(name, "many")]
        same(paths, sorted(many), "more entries than a page, each once and in order")
        check(len(seen.all) > 1, f"in {len(seen.all)} pages")
        expanded = list(nobody.list_repo_tree(name, recursive=True, expand=True))
        same((len(expanded), {entry.last_commit.title for entry in expanded}), (1102, {"Files", "initial commit"}),
             "and with commits")
        same(len(nobody.list_repo_files(name)), 1101, "list_repo_files")


@flow("files.paths_info")
def paths_info():
    files = {"a.txt": b"a", "in/b.bin": b"bb", "in/deep/ü &+#%20.json": b"{}"}
    with repo(files=files) as name:
        asked = ["a.txt", "in", "in/b.bin", "in/deep/ü &+#%20.json", "none", "in/none"]
        found = {entry.path: entry for entry in nobody.get_paths_info(name, asked)}
        same({path: is_file(entry) for path, entry in found.items()},
             {"a.txt": True, "in": False, "in/b.bin": True, "in/deep/ü &+#%20.json": True}, "files and folders; unknown ones left out")
        same((found["a.txt"].size, found["a.txt"].blob_id, found["a.txt"].lfs), (1, git_id(b"a"), None), "a file")
        same((found["in/b.bin"].lfs.size, found["in/b.bin"].lfs.sha256), (2, hashlib.sha256(b"bb").hexdigest()), "an LFS file")
        check(len(found["in"].tree_id) == 40 and found["a.txt"].last_commit is None, "a folder's id, and no commits")
        same([e.path for e in nobody.get_paths_info(name, "a.txt")], ["a.txt"], "one path")
        same(nobody.get_paths_info(name, "none"), [], "nothing")
        commit(name, {"a.txt": b"2"}, message="Second")
        told = {e.path: e.last_commit.title for e in nobody.get_paths_info(name, ["a.txt", "in"], expand=True)}
        same(told, {"a.txt": "Second", "in": "Files"}, "with the last commits")
        ann.create_branch(name, branch="dev/é")
        commit(name, {"dev.txt": b"d"}, revision="dev/é")
        same([e.path for e in nobody.get_paths_info(name, ["dev.txt", "none"], revision="dev/é")], ["dev.txt"], "of a branch")
        same(nobody.get_paths_info(name, ["dev.txt"]), [], "and not of main")
        raises(RevisionNotFoundError, lambda: nobody.get_paths_info(name, ["a.txt"], revision="none"), "no revision", 404)
        raises(RepositoryNotFoundError, lambda: ann.get_paths_info("ann/none", ["a.txt"]), "no repo", 404)


@flow("files.exists")
def exists():
    for kind in ("model", "dataset", "space"):
        with repo(kind=kind, files={"a/b é.txt": b"b"}) as name, \
                repo("hidden", kind=kind, private=True, files={"a": b"a"}) as hidden:
            ann.create_tag(name, tag="v1", repo_type=kind)
            head = ann.repo_info(name, repo_type=kind).sha
            commit(name, {"later.txt": b"l"}, kind=kind)
            same([nobody.repo_exists(n, repo_type=kind) for n in (name, hidden, "ann/none")], [True, False, False],
                 f"{kind}: repos")
            same([ann.repo_exists(n, repo_type=kind) for n in (name, hidden)], [True, True], f"{kind}: for their owner")
            same([nobody.revision_exists(name, r, repo_type=kind) for r in ("main", "v1", head, "none", "0" * 40, "refs/pr/1")],
                 [True, True, True, False, False, False], f"{kind}: revisions")
            check(not nobody.revision_exists("ann/none", "main", repo_type=kind), f"{kind}: of no repo")
            same([nobody.file_exists(name, f, repo_type=kind) for f in ("a/b é.txt", "a", "none", "later.txt")],
                 [True, False, False, True], f"{kind}: files")
            same([nobody.file_exists(name, "later.txt", revision=r, repo_type=kind) for r in ("main", "v1", head, "none")],
                 [True, False, False, False], f"{kind}: files at revisions")
            same([api.file_exists(hidden, "a", repo_type=kind) for api in (ann, bob, nobody)], [True, False, False],
                 f"{kind}: hidden")
    with repo("gated", files={"a": b"a"}) as name:
        ann.update_repo_settings(name, gated="auto")
        check(bob.repo_exists(name), "a gated repo exists")
        raises(GatedRepoError, lambda: bob.file_exists(name, "a"), "its files are not told", 403)


@flow("files.metadata")
def metadata():
    big = b"x" * LFS_BYTES
    with repo(files={"in/ü#1.txt": b"regular", "big.bin": big}) as name:
        head = nobody.model_info(name).sha
        for path, content, etag in (("in/ü#1.txt", b"regular", git_id(b"regular")),
                                    ("big.bin", big, hashlib.sha256(big).hexdigest())):
            for revision in (None, head):
                url = huggingface_hub.hf_hub_url(name, path, revision=revision, endpoint=ENDPOINT)
                meta = nobody.get_hf_file_metadata(url=url)
                same((meta.etag, meta.size, meta.commit_hash), (etag, len(content), head), f"{path} at {revision}")
                same(meta.location.startswith(ENDPOINT), path != "big.bin", f"{path}: where it lies: {meta.location}")
        branch = "ünï/#1%20a+b&c"
        ann.create_branch(name, branch=branch, revision=head)
        done = commit(name, {"w é#1/mö?%+&.txt": b"x"}, revision=branch)
        url = huggingface_hub.hf_hub_url(name, "w é#1/mö?%+&.txt", revision=branch, endpoint=ENDPOINT)
        meta = nobody.get_hf_file_metadata(url=url)
        same((meta.size, meta.commit_hash), (1, done.oid), "odd names of branch and file")
        same(huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(name, "big.bin", endpoint=ENDPOINT), token=False).size,
             LFS_BYTES, "without an HfApi")
        url = huggingface_hub.hf_hub_url(name, "none.txt", endpoint=ENDPOINT)
        raises(EntryNotFoundError, lambda: nobody.get_hf_file_metadata(url=url), "a missing file", 404)
        url = huggingface_hub.hf_hub_url(name, "big.bin", revision="none", endpoint=ENDPOINT)
        raises(RevisionNotFoundError, lambda: nobody.get_hf_file_metadata(url=url), "a missing revision", 404)
        ann.update_repo_settings(name, private=True)
        url = huggingface_hub.hf_hub_url(name, "big.bin", endpoint=ENDPOINT)
        raises(RepositoryNotFoundError, lambda: nobody.get_hf_file_metadata(url=url), "of a private repo", 401)
        same(ann.get_hf_file_metadata(url=url).size, LFS_BYTES, "for its owner")
    with repo(kind="dataset", files={"d.csv": b"1,2"}) as name:
        url = huggingface_hub.hf_hub_url(name, "d.csv", repo_type="dataset", endpoint=ENDPOINT)
        same(nobody.get_hf_file_metadata(url=url).etag, git_id(b"1,2"), "of a dataset")


def tensors(**shapes):
    """A safetensors file of zeros; `name="F32 3 4"`."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        dtype, *sizes = shape.split()
        size = 4
        for one in map(int, sizes):
            size *= one
        header[name] = {"dtype": dtype, "shape": list(map(int, sizes)), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)


@flow("files.safetensors")
def safetensors():
    with repo(files={"model.safetensors": tensors(a="F32 3 4", b="I32 5")}) as name:
        whole = nobody.get_safetensors_metadata(name)
        same((whole.sharded, whole.parameter_count, whole.weight_map), (False, {"F32": 12, "I32": 5},
             {"a": "model.safetensors", "b": "model.safetensors"}), "a single file")
        file = nobody.parse_safetensors_file_metadata(name, "model.safetensors")
        same((file.metadata, file.tensors["a"].shape, file.tensors["a"].dtype, tuple(file.tensors["b"].data_offsets)),
             ({"format": "pt"}, [3, 4], "F32", (48, 68)), "its header")
        same(file.tensors["a"].parameter_count, 12, "of a tensor")
        info = nobody.model_info(name, files_metadata=True)
        same((info.safetensors.parameters, info.safetensors.total), ({"F32": 12, "I32": 5}, 17), "what the repo says")
    long = tensors(**{f"layer.{number}.weight": "F32 1" for number in range(3000)})  # a header of more than 100 kB
    with repo("sharded", kind="dataset") as name:
        raises(NotASafetensorsRepoError, lambda: nobody.get_safetensors_metadata(name, repo_type="dataset"), "a repo without")
    index = {"metadata": {"total_size": 12068}, "weight_map": {"a": "m-1.safetensors", **{f"layer.{n}.weight": "m-2.safetensors"
                                                                                         for n in range(3000)}}}
    with repo("sharded", files={"m-1.safetensors": tensors(a="F32 17"), "m-2.safetensors": long,
                                "model.safetensors.index.json": json.dumps(index).encode()}) as name:
        whole = nobody.get_safetensors_metadata(name)
        same((whole.sharded, whole.metadata, whole.parameter_count), (True, {"total_size": 12068}, {"F32": 3017}), "in shards")
        same((sorted(whole.files_metadata), len(whole.weight_map)), (["m-1.safetensors", "m-2.safetensors"], 3001), "their files")
    bad = {"text.safetensors": b"no safetensors", "json.safetensors": struct.pack("<Q", 9) + b"not json!",
           "huge.safetensors": struct.pack("<Q", 1 << 40) + b"{}"}
    with repo("bad", files=bad) as name:
        for path in bad:
            raises((SafetensorsParsingError, HttpError), lambda: nobody.parse_safetensors_file_metadata(name, path),
                   f"{path} is none")
        raises(NotASafetensorsRepoError, lambda: nobody.get_safetensors_metadata(name), "nor is the repo")
        raises(EntryNotFoundError, lambda: nobody.parse_safetensors_file_metadata(name, "none.safetensors"),
               "a missing file", 404)
