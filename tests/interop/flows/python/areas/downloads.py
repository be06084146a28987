"""Files and whole repos, into the cache and into folders. The newer versions play these with Xet switched on (xet_on)."""
import contextlib
import hashlib
import os
import random
import shutil
import time
from pathlib import Path

import huggingface_hub
from flow import (ENDPOINT, VERSION, HfApi, TransportError, ann, apart, check, commit, flow, home, http, nobody, raises, repo,
                  same, work)
from hub import LFS_BYTES, MIB, Watched, content_of, fault, hurried, sha
from huggingface_hub import HfFileSystem, constants, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

FILES = {"root.txt": b"root\n", "a/b/nested é.txt": b"nested\n", "empty.txt": b"",
         "config.json": b'{"a": 1}', "weights.bin": random.Random(1).randbytes(50_000)}
BIG = random.Random("downloads").randbytes(LFS_BYTES)


@contextlib.contextmanager
def xet_on():
    """Downloads of the newer versions may use Xet inside this, as they do by default; uploads never do."""
    if VERSION < (1,):
        yield
        return
    import hf_xet  # noqa: F401
    from huggingface_hub.utils._runtime import is_xet_available
    constants.HF_HUB_DISABLE_XET = False
    try:
        check(is_xet_available(), "hf_xet is there and in use")
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = True


def digest(content):
    return hashlib.sha256(content).hexdigest()


def git_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def folder_of(name, kind="model", cache=None):
    return Path(cache or constants.HF_HUB_CACHE) / f"{kind}s--{name.replace('/', '--')}"


@flow("downloads.file")
def file():
    for kind in ("model", "dataset", "space"):
        with repo(kind=kind, files=FILES) as name, xet_on():
            first = nobody.repo_info(name, repo_type=kind).sha
            ann.create_tag(name, tag="v1", repo_type=kind)
            last = commit(name, {"root.txt": b"changed\n"}, kind=kind).oid
            ann.create_branch(name, branch="dev/x", revision=first, repo_type=kind)
            for revision, commit_id, root in ((None, last, b"changed\n"), ("v1", first, b"root\n"), (first, first, b"root\n"),
                                              ("dev/x", first, b"root\n")):
                for path, content in {**FILES, "root.txt": root}.items():
                    got = Path(nobody.hf_hub_download(name, path, revision=revision, repo_type=kind))
                    what = f"{kind}, {path} at {revision}"
                    same(got, folder_of(name, kind) / "snapshots" / commit_id / path, f"{what}: where it is")
                    same(got.read_bytes(), content, f"{what}: its bytes")
                    blob = digest(content) if path == "weights.bin" else git_id(content)
                    same(got.resolve(), folder_of(name, kind).resolve() / "blobs" / blob, f"{what}: its blob")
                    check(os.readlink(got).startswith("../"), f"{what}: a relative link")
            refs = {str(p.relative_to(folder_of(name, kind) / "refs")): p.read_text()
                    for p in (folder_of(name, kind) / "refs").rglob("*") if p.is_file()}
            same(refs, {"main": last, "v1": first, "dev/x": first}, f"{kind}: refs")
            same(len(list((folder_of(name, kind) / "blobs").iterdir())), 6, f"{kind}: each content once, and nothing else")
            with Watched() as seen:
                nobody.hf_hub_download(name, "weights.bin", repo_type=kind)
            same(seen.fetches, [], f"{kind}: what is there is not fetched again")
            with Watched() as seen:
                nobody.hf_hub_download(name, "weights.bin", revision=first, repo_type=kind)
            same(seen.all, [], f"{kind}: and by commit not even asked for")
            with Watched() as seen:
                nobody.hf_hub_download(name, "weights.bin", repo_type=kind, force_download=True)
            same(len(seen.fetches), 1, f"{kind}: when forced it is")
            got = nobody.hf_hub_download(name, "nested é.txt", subfolder="a/b", repo_type=kind)
            same(Path(got).read_bytes(), b"nested\n", f"{kind}: in a subfolder")


def download_apart(name):
    """In a process of its own, whose environment does not name Xet: as a user's process does it."""
    if VERSION >= (1,):
        from huggingface_hub.utils._runtime import is_xet_available
        check(is_xet_available(), "hf_xet is in use by default")
    return [sha(nobody.hf_hub_download(name, path)) for path in ("big.bin", "root.txt")]


def newer_calls(name, kind, content):
    """What only the newer versions have."""
    with Watched() as seen:
        planned = nobody.snapshot_download(name, repo_type=kind, cache_dir=work() / "dry", dry_run=True)
        same({one.filename: one.file_size for one in planned if one.filename in content and one.filename != "root.txt"},
             {path: len(body) for path, body in content.items() if path != "root.txt"}, f"{kind}: a dry run")
        check(all(one.will_download for one in planned), f"{kind}: it says what would come")
    same((seen.fetches, list((work() / "dry").glob("*/blobs/*"))), ([], []), f"{kind}: and fetches nothing")
    checked = nobody.verify_repo_checksums(name, repo_type=kind)
    same((checked.mismatches, list(checked.missing_paths), checked.checked_count), ([], [], len(content) + 1),
         f"{kind}: the checksums of what came")
    damaged = next(path for path in folder_of(name, kind).glob("snapshots/*/config.json"))
    blob, before = damaged.resolve(), damaged.read_bytes()
    blob.write_bytes(b'{"a": 2}')
    same([bad["path"] for bad in nobody.verify_repo_checksums(name, repo_type=kind).mismatches], ["config.json"],
         f"{kind}: a damaged file is found")
    blob.write_bytes(before)


@flow("downloads.snapshot")
def snapshot():
    content = {**FILES, "big.bin": BIG}
    for kind in ("model", "dataset"):
        with repo(kind=kind, files=content) as name, xet_on():
            head = nobody.repo_info(name, repo_type=kind).sha
            got = Path(nobody.snapshot_download(name, repo_type=kind))
            same(got, folder_of(name, kind) / "snapshots" / head, f"{kind}: where it is")
            found = content_of(got)
            check(found.pop(".gitattributes", None), f"{kind}: with .gitattributes")
            same(found, {path: digest(body) for path, body in content.items()}, f"{kind}: byte by byte")
            with Watched() as seen:
                same(Path(nobody.snapshot_download(name, repo_type=kind)), got, f"{kind}: again")
            same(seen.fetches, [], f"{kind}: which fetches nothing")
            later = commit(name, {"root.txt": b"changed\n"}, kind=kind).oid
            with Watched() as seen:
                newer = Path(nobody.snapshot_download(name, repo_type=kind, max_workers=2))
            same((newer.name, (newer / "root.txt").read_bytes(), (got / "root.txt").read_bytes()), (later, b"changed\n", b"root\n"),
                 f"{kind}: a newer head lies beside it")
            same(len(seen.fetches), 1, f"{kind}: and only what changed is fetched")
            if VERSION >= (1,):
                newer_calls(name, kind, content)
            older = nobody.snapshot_download(name, repo_type=kind, revision=head, cache_dir=work() / f"older-{kind}")
            same((Path(older).name, (Path(older) / "root.txt").read_bytes()), (head, b"root\n"), f"{kind}: at a commit")
    with repo(files={"big.bin": BIG, "root.txt": b"r"}) as name:
        home(fresh=True)
        same(apart(download_apart, name, HF_HUB_DISABLE_XET="0"), [digest(BIG), digest(b"r")], "by a process of its own")


@flow("downloads.patterns")
def patterns():
    paths = ["a.json", "b.bin", "sub/c.json", "sub/d.txt", "sub/deep/e.json", "Sub/f.json"]
    with repo(files={path: path.encode() for path in paths}) as name, xet_on():
        for number, (allow, ignore, wanted) in enumerate((
                ("*.json", None, ["a.json", "sub/c.json", "sub/deep/e.json", "Sub/f.json"]),
                (["sub/*"], None, ["sub/c.json", "sub/d.txt", "sub/deep/e.json"]),
                ("sub/", None, ["sub/c.json", "sub/d.txt", "sub/deep/e.json"]),
                (["*.json", "*.bin"], ["sub/*"], ["a.json", "b.bin", "Sub/f.json"]),
                (None, ["*.json", ".gitattributes"], ["b.bin", "sub/d.txt"]),
                ("?.bin", None, ["b.bin"]),
                ("[ab].*", None, ["a.json", "b.bin"]))):
            cache = work() / f"cache-{number}"
            got = nobody.snapshot_download(name, allow_patterns=allow, ignore_patterns=ignore, cache_dir=cache)
            same(sorted(content_of(got)), sorted(wanted), f"allow {allow}, ignore {ignore}")
        nobody.snapshot_download(name, allow_patterns="sub/*", ignore_patterns=["*.txt"], local_dir=work() / "plain")
        same(sorted(content_of(work() / "plain")), ["sub/c.json", "sub/deep/e.json"], "into a folder")
        nobody.snapshot_download(name, allow_patterns="none", cache_dir=work() / "none")
        same(list((folder_of(name, cache=work() / "none")).glob("snapshots/*/*")), [], "nothing matches")


@flow("downloads.local_dir")
def local_dir():
    with repo(files={**FILES, "big.bin": BIG}) as name, xet_on():
        plain = work() / "plain"
        head = nobody.model_info(name).sha
        same(nobody.snapshot_download(name, local_dir=plain), str(plain), "where it is")
        wanted = {path: digest(body) for path, body in {**FILES, "big.bin": BIG}.items()}
        found = content_of(plain)
        found.pop(".gitattributes")
        same(found, wanted, "byte by byte")
        check(not any(p.is_symlink() for p in plain.rglob("*")), "plain files")
        check(not folder_of(name).joinpath("blobs").exists(), "nothing of it is in the cache")
        for path, content in FILES.items():
            told = (plain / ".cache/huggingface/download" / f"{path}.metadata").read_text().splitlines()
            same(told[:2], [head, digest(content) if path == "weights.bin" else git_id(content)], f"the record of {path}")
            check(abs(float(told[2]) - time.time()) < 300, f"its time: {told[2]}")
        same((plain / ".cache/huggingface/.gitignore").read_text(), "*", "git passes the records over")
        with Watched() as seen:
            nobody.snapshot_download(name, local_dir=plain)
        same(seen.fetches, [], "again: no bytes are asked for")
        commit(name, {"root.txt": b"changed\n"})
        with Watched() as seen:
            nobody.snapshot_download(name, local_dir=plain)
        same((len(seen.fetches), (plain / "root.txt").read_bytes()), (1, b"changed\n"), "what changed in the repo comes again")
        (plain / "config.json").unlink()
        with Watched() as seen:
            same(nobody.hf_hub_download(name, "config.json", local_dir=plain), str(plain / "config.json"), "a single file")
        same((len(seen.fetches), (plain / "config.json").read_bytes()), (1, b'{"a": 1}'), "what was deleted comes again")
        (plain / "weights.bin").write_bytes(b"mine")
        os.utime(plain / "weights.bin", (time.time() + 60,) * 2)
        nobody.snapshot_download(name, local_dir=plain)
        same(sha(plain / "weights.bin"), wanted["weights.bin"], "what was changed in the folder comes again")
        shutil.rmtree(plain / ".cache")
        with Watched() as seen:
            nobody.hf_hub_download(name, "big.bin", local_dir=plain)
        same((seen.fetches, sha(plain / "big.bin")), ([], wanted["big.bin"]),
             "without its record an LFS file is known by its SHA-256")


def offline_apart(name, head):
    """With HF_HUB_OFFLINE=1."""
    api = HfApi()
    same(Path(api.hf_hub_download(name, "root.txt")).read_bytes(), b"root\n", "offline: a file")
    same(Path(api.snapshot_download(name, allow_patterns="root.txt")).name, head, "offline: a snapshot")
    error = raises(LocalEntryNotFoundError, lambda: api.hf_hub_download(name, "weights.bin"), "offline: a file that is not there")
    check("local" in str(error), f"offline: {error}")
    raises(LocalEntryNotFoundError, lambda: api.hf_hub_download(name, "root.txt", revision="dev"), "offline: another revision")
    raises(LocalEntryNotFoundError, lambda: api.snapshot_download("ann/none"), "offline: another repo")
    raises(ConnectionError, lambda: api.model_info(name), "offline: no question goes out")


@flow("downloads.offline")
def offline():
    with repo(files=FILES) as name, xet_on():
        head = nobody.model_info(name).sha
        raises(LocalEntryNotFoundError, lambda: nobody.hf_hub_download(name, "root.txt", local_files_only=True), "an empty cache")
        raises(LocalEntryNotFoundError, lambda: nobody.snapshot_download(name, local_files_only=True), "no snapshot")
        path = nobody.hf_hub_download(name, "root.txt")
        with Watched() as seen:
            same(nobody.hf_hub_download(name, "root.txt", local_files_only=True), path, "a file that is there")
            same(nobody.hf_hub_download(name, "root.txt", local_files_only=True, revision=head), path, "by its commit")
            same(Path(nobody.snapshot_download(name, local_files_only=True, allow_patterns="root.txt")).name, head,
                 "the snapshot")
            raises(LocalEntryNotFoundError, lambda: nobody.hf_hub_download(name, "weights.bin", local_files_only=True),
                   "another file")
            raises(LocalEntryNotFoundError, lambda: nobody.hf_hub_download(name, "root.txt", revision="dev", local_files_only=True),
                   "another revision")
            plain = work() / "plain"
            raises(LocalEntryNotFoundError, lambda: nobody.hf_hub_download(name, "root.txt", local_dir=plain, local_files_only=True),
                   "an empty folder")
            if VERSION >= (1,):
                same(nobody.resolve_revision(name, local_files_only=True).resolved, head, "the commit of a branch")
            apart(offline_apart, name, head, HF_HUB_OFFLINE="1", HF_HUB_DISABLE_XET="0")
        same(seen.all, [], "and nothing was asked")
        same(nobody.hf_hub_download(name, "root.txt", local_dir=plain), str(plain / "root.txt"), "a folder is filled")
        with Watched() as seen:
            same(nobody.hf_hub_download(name, "root.txt", local_dir=plain, local_files_only=True), str(plain / "root.txt"),
                 "and used")
        same(seen.all, [], "without a question")
    away = HfApi(endpoint="http://127.0.0.1:9", token=False)  # where nobody listens
    with hurried():
        same(away.hf_hub_download(name, "root.txt"), path, "a Hub that is not reached: what is there is used")
        raises(LocalEntryNotFoundError, lambda: away.hf_hub_download(name, "weights.bin"), "and what is not is named")


@flow("downloads.missing")
def missing():
    with repo(files={"a.txt": b"a"}) as name, xet_on():
        head = nobody.model_info(name).sha
        error = raises(EntryNotFoundError, lambda: nobody.hf_hub_download(name, "sub/none.txt"), "a file", 404)
        check("sub/none.txt" in str(error), f"it is named: {error}")
        check((folder_of(name) / ".no_exist" / head / "sub/none.txt").is_file(), ".no_exist has it")
        same((folder_of(name) / "refs/main").read_text(), head, "and the ref is known")
        same(try_to_load_from_cache(name, "sub/none.txt"), huggingface_hub._CACHED_NO_EXIST, "so the cache knows it")
        same(try_to_load_from_cache(name, "other.txt"), None, "and nothing of another")
        raises(EntryNotFoundError, lambda: nobody.hf_hub_download(name, "none.txt", local_dir=work() / "plain"),
               "into a folder", 404)
        error = raises(RevisionNotFoundError, lambda: nobody.hf_hub_download(name, "a.txt", revision="none"), "a revision", 404)
        check("none" in str(error), f"it is named: {error}")
        raises(RevisionNotFoundError, lambda: nobody.hf_hub_download(name, "a.txt", revision="1" * 40), "a commit", 404)
        raises(RevisionNotFoundError, lambda: nobody.snapshot_download(name, revision="none"), "a snapshot's revision", 404)
        for api, status in ((ann, 404), (nobody, 401)):
            raises(RepositoryNotFoundError, lambda: api.hf_hub_download("ann/none", "a.txt"), "a repo", status)
            raises(RepositoryNotFoundError, lambda: api.snapshot_download("ann/none"), "a snapshot's repo", status)
        raises(RepositoryNotFoundError, lambda: ann.hf_hub_download(name, "a.txt", repo_type="dataset"), "of another type", 404)
        same(nobody.snapshot_download(name, allow_patterns="a.txt"), str(folder_of(name) / "snapshots" / head),
             "what is there comes")


@flow("downloads.resume")
def resume():
    content = random.Random("long").randbytes(25 * MIB)  # the client writes pieces of 10 MiB
    with repo(files={"long.bin": content}) as name, xet_on():
        for number, into in enumerate(({}, {"local_dir": str(work() / "plain")})):
            home(fresh=True)
            broken = []
            with fault(method="GET", origin="storage", path="*", action="close", at=21 * MIB), Watched() as seen, hurried():
                try:
                    got = nobody.hf_hub_download(name, "long.bin", **into)
                except TransportError as error:  # the oldest version gives up, and goes on when it is called again
                    broken.append(error)
                    got = nobody.hf_hub_download(name, "long.bin", **into)
            check(VERSION < (1,) or not broken, f"{into}: a newer version goes on by itself: {broken}")
            same(sha(got), digest(content), f"{into}: its bytes")
            asked = [dict((key.lower(), value) for key, value in r["headers"]).get("range") for r in seen.requests
                     if r["origin"] == "storage" and r["method"] == "GET"]
            same(asked, [None, f"bytes={20 * MIB}-"], f"{into}: it went on where it stood")
            check(seen.sent < 27 * MIB, f"{into}: {seen.sent} bytes in all")


@flow("downloads.range")
def ranges():
    with repo(files={"text.txt": b"0123456789", "big.bin": BIG}) as name, xet_on():
        system = HfFileSystem(endpoint=ENDPOINT, token=False)
        for path, content in (("text.txt", b"0123456789"), ("big.bin", BIG)):
            for start, end in ((0, 1), (3, 7), (len(content) - 4, len(content)), (0, len(content)), (5, 5)):
                with Watched() as seen, system.open(f"{name}/{path}", cache_type="none") as opened:
                    opened.seek(start)
                    same(opened.read(end - start), content[start:end], f"{path}, {start} to {end}")
                check(seen.sent < end - start + 20_000, f"{path}, {start} to {end}: {seen.sent} bytes are sent")
            with system.open(f"{name}/{path}", block_size=4) as opened:
                opened.seek(-3, os.SEEK_END)
                same(opened.read(), content[-3:], f"the end of {path}")
            url = huggingface_hub.hf_hub_url(name, path, endpoint=ENDPOINT)
            follow = {} if VERSION < (1,) else {"follow_redirects": True}
            answer = http.get(url, headers={"Range": "bytes=-3", "Accept-Encoding": "identity"}, **follow)
            same((answer.status_code, answer.content), (206, content[-3:]), f"a suffix of {path}")
            same(answer.headers["content-range"], f"bytes {len(content) - 3}-{len(content) - 1}/{len(content)}",
                 "what it says it is")
            answer = http.get(url, headers={"Range": f"bytes={len(content)}-"}, **follow)
            same(answer.status_code, 416, f"behind the end of {path}")
