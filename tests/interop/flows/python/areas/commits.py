"""Commits: what is in them, how it is stored, what they refuse."""
import datetime
import hashlib
import io
import random
import time
from pathlib import Path

from flow import ENDPOINT, HttpError, ann, bob, check, commit, flow, nobody, raises, repo, same, work
from hub import LFS_BYTES, MULTIPART_BYTES, Watched, sha
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError

TINY = {"text.txt": "größer\r\nline\n".encode(), "empty.txt": b"", "binary.dat": bytes(range(256)) * 4,
        "folder/in/folder/deep.json": b'{"a": 1}', "with space é/ünï &+#%20.txt": b"odd names", "日本/語.txt": "安".encode()}


def noise(seed, size):
    return random.Random(f"commits {seed}").randbytes(size)  # no other flow has stored it before


def read(name, path, **more):
    return Path(nobody.hf_hub_download(name, path, **more)).read_bytes()


def files(name, **more):
    return sorted(set(nobody.list_repo_files(name, **more)) - {".gitattributes"})


def entries(name, kind="model", **more):
    return {entry.path: entry for entry in nobody.list_repo_tree(name, recursive=True, repo_type=kind, **more)}


@flow("commits.regular")
def regular():
    for kind in ("model", "dataset", "space"):
        with repo(kind=kind) as name:
            done = ann.create_commit(name, [CommitOperationAdd(path, content) for path, content in TINY.items()],
                                     commit_message="Several", commit_description="things\n\nand more", repo_type=kind)
            same((len(done.oid), done.commit_message, done.commit_description), (40, "Several", "things\n\nand more"),
                 f"{kind}: made")
            prefix = "" if kind == "model" else f"{kind}s/"
            same(done.commit_url, f"{ENDPOINT}/{prefix}{name}/commit/{done.oid}", f"{kind}: where it is shown")
            same(nobody.repo_info(name, repo_type=kind).sha, done.oid, f"{kind}: it is the head")
            same(sorted(set(files(name, repo_type=kind)) - {"README.md"}), sorted(TINY), f"{kind}: its files")  # a Space is made with one
            listed = entries(name, kind)
            for path, content in TINY.items():
                same(read(name, path, repo_type=kind), content, f"{kind}: {path}")
                git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
                same((listed[path].size, listed[path].blob_id, listed[path].lfs), (len(content), git, None),
                     f"{kind}: {path} listed")
    with repo() as name:
        local = work() / "local.txt"
        local.write_bytes(b"from a path")
        ann.upload_file(path_or_fileobj=str(local), path_in_repo="path.txt", repo_id=name)
        ann.upload_file(path_or_fileobj=io.BytesIO(b"from a file object"), path_in_repo="object.txt", repo_id=name,
                        commit_message="One more")
        done = ann.upload_file(path_or_fileobj=b"first", path_in_repo="path.txt", repo_id=name)
        same(read(name, "path.txt"), b"first", "a file is written over")
        same(read(name, "object.txt"), b"from a file object", "and the other stays")
        same([c.title for c in nobody.list_repo_commits(name)][1], "One more", "its title")
        same(done.oid, nobody.model_info(name).sha, "the last one is the head")
        raises(HttpError, lambda: commit(name, {"x": b"x"}, by=bob), "by somebody else", 403)
        raises(HttpError, lambda: commit(name, {"x": b"x"}, by=HfApi(token="hf_ann_reads")), "with a token that only reads", 403)
        for path in ("../x", "a/../x", ".git/config"):
            raises((HttpError, ValueError), lambda: commit(name, {path: b"x"}), f"a path such as {path}")
        same(files(name), ["object.txt", "path.txt"], "nothing of it is there")


def same_lfs(name, path, content, **more):
    entry = nobody.get_paths_info(name, path, **more)[0]
    digest = hashlib.sha256(content).hexdigest()
    check(entry.lfs is not None, f"{path} is LFS")
    same((entry.size, entry.lfs.size, entry.lfs.sha256), (len(content), len(content), digest), f"{path}: what is told of it")
    got = nobody.hf_hub_download(name, path, **more)
    same((Path(got).stat().st_size, sha(got)), (len(content), digest), f"{path} comes back")


@flow("commits.lfs")
def lfs():
    big, named = noise("big", LFS_BYTES), noise("named", 5000)
    with repo() as name:
        local = work() / "big.dat"
        local.write_bytes(big)
        with Watched() as seen:
            ann.upload_file(path_or_fileobj=str(local), path_in_repo="in/big.txt", repo_id=name)  # by its size
        puts = [r for r in seen.requests if r["origin"] == "storage" and r["method"] == "PUT"]
        same([r["body_bytes"] for r in puts], [LFS_BYTES], "one PUT to the storage")
        commit(name, {"named.bin": named, "small.txt": b"no LFS"})  # by .gitattributes
        same_lfs(name, "in/big.txt", big)
        same_lfs(name, "named.bin", named)
        same(nobody.get_paths_info(name, "small.txt")[0].lfs, None, "a small text is none")
        commit(name, {".gitattributes": b"*.own filter=lfs diff=lfs merge=lfs -text\n"})
        commit(name, {"x.own": b"ours", "y.bin": b"no more"})
        same_lfs(name, "x.own", b"ours")
        same(nobody.get_paths_info(name, "y.bin")[0].lfs, None, ".gitattributes of the repo decides")
        with repo("other", kind="dataset") as other:
            commit(other, {"copy.bin": named}, kind="dataset")
            same_lfs(other, "copy.bin", named, repo_type="dataset")


@flow("commits.multipart")
def multipart():
    content = noise("huge", MULTIPART_BYTES)
    local = work() / "huge.bin"
    local.write_bytes(content)
    with repo() as name:
        with Watched() as seen:
            ann.upload_file(path_or_fileobj=str(local), path_in_repo="huge.bin", repo_id=name)
        parts = [r["body_bytes"] for r in seen.requests if r["origin"] == "storage" and r["method"] == "PUT"]
        check(len(parts) > 1, f"it is sent in parts: {parts}")
        same(sum(parts), MULTIPART_BYTES, "each byte once")
        same_lfs(name, "huge.bin", content)


@flow("commits.copy_and_delete")
def copy_and_delete():
    weights = noise("weights", 3000)
    with repo(files={"w.bin": weights, "a.txt": b"text", "old/1.txt": b"1", "old/2.txt": b"2", "gone.txt": b"gone"}) as name:
        before = nobody.model_info(name).sha
        done = ann.create_commit(name, [
            CommitOperationAdd("x/one.txt", b"one"), CommitOperationAdd("x/two.bin", b"two"),
            CommitOperationCopy("w.bin", "copies/w.bin"), CommitOperationCopy("a.txt", "copies/a.txt"),
            CommitOperationDelete("gone.txt"), CommitOperationDelete("old/")], commit_message="All at once")
        same(files(name), ["a.txt", "copies/a.txt", "copies/w.bin", "w.bin", "x/one.txt", "x/two.bin"], "files")
        same((read(name, "copies/w.bin"), read(name, "copies/a.txt")), (weights, b"text"), "copies")
        listed = entries(name)
        same((listed["copies/w.bin"].lfs.sha256, listed["copies/a.txt"].blob_id),
             (listed["w.bin"].lfs.sha256, listed["a.txt"].blob_id), "the copies are the same objects")
        same(len(nobody.list_repo_commits(name)), 3, "in one commit")
        ann.create_commit(name, [CommitOperationCopy("old/1.txt", "back/1.txt", src_revision=before),
                                 CommitOperationCopy("w.bin", "back/w.bin", src_revision=before)], commit_message="From the past")
        same((read(name, "back/1.txt"), read(name, "back/w.bin")), (b"1", weights), "copies of an older revision")
        head = ann.create_commit(name, [CommitOperationDelete("w.bin"), CommitOperationAdd("w.bin", weights + b"!")],
                                 commit_message="Deleted and added").oid
        same(read(name, "w.bin"), weights + b"!", "deleted and added is written over")
        raises(EntryNotFoundError, lambda: ann.create_commit(name, [CommitOperationCopy("none.txt", "y.txt")], commit_message="x"),
               "a copy of what is not there")
        raises(EntryNotFoundError, lambda: ann.create_commit(name, [CommitOperationDelete("none.txt")], commit_message="x"),
               "a delete of what is not there")
        same(nobody.model_info(name).sha, head, "what was refused changed nothing")
        check(done.oid != head, "commits differ")


@flow("commits.delete")
def delete():
    content = {f"{folder}{name}": b"x" for folder in ("", "a/", "a/b/", "c/") for name in ("1.txt", "2.txt", "1.bin", "2.bin")}
    with repo(files=content) as name:
        left = set(content)
        done = ann.delete_file("1.txt", name, commit_message="A file")
        left.remove("1.txt")
        same(set(files(name)), left, "a file")
        same(nobody.model_info(name).sha, done.oid, "its commit")
        raises(EntryNotFoundError, lambda: ann.delete_file("1.txt", name), "twice", 404)
        ann.delete_folder("a/b", name)
        left = {path for path in left if not path.startswith("a/b/")}
        same(set(files(name)), left, "a folder")
        raises(EntryNotFoundError, lambda: ann.delete_folder("a/b", name), "a folder twice", 404)
        ann.delete_files(name, ["*.bin", "c/"], commit_message="Several")
        left = {path for path in left if not path.endswith(".bin") and not path.startswith("c/")}
        same(set(files(name)), left, "several by patterns")
        same(left, {"2.txt", "a/1.txt", "a/2.txt"}, "what is left")
        same([c.title for c in nobody.list_repo_commits(name)][::2], ["Several", "A file", "initial commit"], "titles")
        raises(HttpError, lambda: bob.delete_file("2.txt", name), "by somebody else", 403)


@flow("commits.stale_parent")
def stale_parent():
    with repo(files={"a.txt": b"1"}) as name:
        parent = nobody.model_info(name).sha
        head = commit(name, {"a.txt": b"2"}, parent_commit=parent).oid
        for stale in (parent, "0" * 40):
            raises(HttpError, lambda: commit(name, {"b.txt": b"b", "b.bin": b"b"}, parent_commit=stale), f"a parent {stale}", 412)
        raises(HttpError, lambda: ann.delete_file("a.txt", name, parent_commit=parent), "of a delete", 412)
        same((nobody.model_info(name).sha, files(name)), (head, ["a.txt"]), "nothing is written")
        ann.create_branch(name, branch="dev", revision=parent)
        raises(HttpError, lambda: commit(name, {"b.txt": b"b"}, revision="dev", parent_commit=head),
               "the head of another branch", 412)
        done = commit(name, {"b.txt": b"b"}, revision="dev", parent_commit=parent)
        same(nobody.model_info(name, revision="dev").sha, done.oid, "the right one is taken")
        raises(ValueError, lambda: commit(name, {"x": b"x"}, parent_commit="short"), "what is no commit")


@flow("commits.unchanged")
def unchanged():
    weights = noise("weights", 2000)
    with repo(files={"a.txt": b"same", "w.bin": weights}) as name:
        head = nobody.model_info(name).sha
        same(commit(name, {"a.txt": b"same"}).oid, head, "a regular file")
        same(commit(name, {"w.bin": weights}).oid, head, "an LFS file")
        same(commit(name, {"a.txt": b"same", "w.bin": weights}).oid, head, "both")
        same(ann.upload_file(path_or_fileobj=b"same", path_in_repo="a.txt", repo_id=name).oid, head, "upload_file")
        same(len(nobody.list_repo_commits(name)), 2, "no commit was made")
        done = commit(name, {"a.txt": b"same", "b.txt": b"new"})
        check(done.oid != head, "with a change there is one")
        same((read(name, "a.txt"), read(name, "b.txt")), (b"same", b"new"), "which has both")


@flow("commits.history")
def history():
    started = datetime.datetime.fromtimestamp(int(time.time()), datetime.timezone.utc)
    with repo() as name:
        oids = [commit(name, {"n.txt": b"%d" % n}, message=f"No. {n} é & <b>", commit_description=f"about {n}").oid
                for n in range(56)]
        listed = nobody.list_repo_commits(name)
        same([c.commit_id for c in listed[:-1]], oids[::-1], "newest first, over more than a page")
        same([c.title for c in listed[:2]], ["No. 55 é & <b>", "No. 54 é & <b>"], "titles")
        same([c.message.strip() for c in listed[:2]], ["about 55", "about 54"], "messages")
        same((listed[-1].title, listed[-1].message, listed[0].authors), ("initial commit", "", ["ann"]),
             "the first, and the author")
        dates = [c.created_at for c in listed]
        check(dates == sorted(dates, reverse=True) and started <= dates[-1] <= dates[0], "dates")
        check(dates[0] <= datetime.datetime.now(datetime.timezone.utc), "not in the future")
        same(listed[0].formatted_title, None, "no HTML when not asked for")
        formatted = nobody.list_repo_commits(name, formatted=True)[0]
        check("&lt;b&gt;" in formatted.formatted_title and formatted.formatted_message is not None, "HTML")
        ann.create_branch(name, branch="dev", revision=oids[2])
        own = commit(name, {"dev.txt": b"dev"}, revision="dev").oid
        same([c.commit_id for c in nobody.list_repo_commits(name, revision="dev")][:4], [own, *oids[2::-1]], "of a branch")
        same(len(nobody.list_repo_commits(name, revision=oids[9])), 11, "of a commit")
        raises(HttpError, lambda: nobody.list_repo_commits(name, revision="none"), "of a revision that is not there", 404)
