"""git.object_ids: what the Hub calls blobs, trees, commits and tags is what git computes for the same content."""
import calendar
import hashlib
import time

from hub import Repo, ask
from program import check, folder, git, line, same

ATTRIBUTES = ".gitattributes"


class Scratch:
    """A git repository in which git computes ids from content alone."""

    def __init__(self, where):
        self.where = where
        git(where, "init", "-q", "--bare", ".")

    def blob(self, content):
        return line(self.where, "hash-object", "-w", "--stdin", stdin=content)

    def trees(self, files):
        """Ids of all folders of these files, by path; "" is the root."""
        found = {}

        def make(path):
            entries = []
            prefix = path + "/" if path else ""
            inside = [name[len(prefix):] for name in files if name.startswith(prefix)]
            for name in sorted({name.split("/")[0] for name in inside}):
                whole = prefix + name
                entries.append(f"100644 blob {self.blob(files[whole])}\t{name}" if whole in files
                               else f"040000 tree {make(whole)}\t{name}")
            found[path] = line(self.where, "mktree", "-z", stdin="".join(entry + "\0" for entry in entries).encode())
            return found[path]

        make("")
        return found

    def commit(self, tree, parents, told, email):
        """As the Hub tells of it: title, message, author and date."""
        who = {"NAME": told["authors"][0]["user"], "EMAIL": email, "DATE": seconds(told["date"])}
        words = ["-m", told["title"], *(["-m", told["message"]] if told["message"] else [])]
        return line(self.where, "commit-tree", tree, *[word for parent in parents for word in ("-p", parent)], *words,
                    **{f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()})

    def tag(self, name, commit, told, email, message):
        text = (f"object {commit}\ntype commit\ntag {name}\n"
                f"tagger {told['authors'][0]['user']} <{email}> {seconds(told['date'])}\n\n{message}\n")
        return line(self.where, "mktag", "--strict", stdin=text.encode())


def seconds(date):
    """As git writes a date."""
    check(date.endswith(".000Z"), f"{date} has whole seconds, in UTC")
    return f"{calendar.timegm(time.strptime(date, '%Y-%m-%dT%H:%M:%S.000Z'))} +0000"


def pointer(content):
    """What git-lfs puts into the repo in place of the content."""
    return (f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(content).hexdigest()}\n"
            f"size {len(content)}\n").encode()


def compare_entries(repo, scratch, files, lfs, revision):
    """Ids of all files and folders; the root's id."""
    trees = scratch.trees(files)
    listed = repo.tree(revision)
    same(sorted(listed), sorted([*files, *(path for path in trees if path)]), f"the entries at {revision}")
    for path, entry in listed.items():
        if entry["type"] == "directory":
            same(entry["oid"], trees[path], f"the tree {path}")
            continue
        same(entry["oid"], scratch.blob(files[path]), f"the blob {path}")
        same(entry["size"], len(lfs[path] if path in lfs else files[path]), f"the size of {path}")
        same("lfs" in entry, path in lfs, f"whether {path} is LFS")
        if path in lfs:
            same(entry["lfs"]["oid"], hashlib.sha256(lfs[path]).hexdigest(), f"the SHA-256 of {path}")
            same(entry["lfs"]["pointerSize"], len(files[path]), f"the size of the pointer of {path}")
    return trees[""]


def object_ids():
    # Names around a folder's: git sorts "lib" as "lib/", behind "lib-a" and "lib.c", before "lib0".
    regular = {"lib.c": b"c", "lib/z.c": b"z", "lib-a/y.c": b"y", "lib0": b"0", "empty.txt": b"", "a b/c d.txt": b"blank",
               "données/größe ✓.txt": "é\r\n".encode(), "deep/1/2/3/4/5.txt": b"\0\x01\xff" * 1000,
               "Z.txt": b"Z", "a.txt": b"a"}
    lfs = {"weights.safetensors": bytes(range(256)) * 300, "deep/1/more.bin": b"LFS"}
    email = ask("GET", "/api/whoami-v2").get("email")
    check(email, "the Hub tells ann's address")
    with Repo("git-object-ids") as repo, folder() as where:
        scratch = Scratch(where)
        attributes = ask("GET", f"/{repo.id}/raw/main/{ATTRIBUTES}")
        files = {ATTRIBUTES: attributes}
        initial = repo.commits()[0]
        root = compare_entries(repo, scratch, files, {}, "main")
        same(scratch.commit(root, [], initial, email), initial["id"], "the first commit")

        grown = repo.commit("Größe — all kinds", {**regular, **lfs}, "First line\n\nSecond \"line\"")["commitOid"]
        files.update(regular)
        files.update({path: pointer(content) for path, content in lfs.items()})
        root = compare_entries(repo, scratch, files, lfs, "main")
        told = repo.commits()[0]
        same(told["id"], grown, "the head")
        same(scratch.commit(root, [initial["id"]], told, email), grown, "a commit with a description")
        other = scratch.commit(root, [initial["id"]], {**told, "title": "Another"}, email)
        check(other != grown, "git would notice another title")

        # Both sides go on: the merge has two parents.
        proposal = repo.commit("From a branch", {"theirs.txt": b"theirs"}, pull_request=True)
        number = int(proposal["pullRequestUrl"].rstrip("/").split("/")[-1])
        repo.commit("Meanwhile", {"lib/ours.txt": b"ours"}, deleted=["Z.txt"])
        theirs, ours = repo.commits(f"refs/pr/{number}")[0], repo.commits()[0]
        same(theirs["id"], proposal["commitOid"], "the head of the pull request")
        theirs_files = {**files, "theirs.txt": b"theirs"}
        ours_files = {**{path: text for path, text in files.items() if path != "Z.txt"}, "lib/ours.txt": b"ours"}
        for told, these in ((theirs, theirs_files), (ours, ours_files)):
            root = compare_entries(repo, scratch, these, lfs, told["id"])
            same(scratch.commit(root, [grown], told, email), told["id"], told["title"])
        repo.merge(number)
        merged = {**ours_files, "theirs.txt": b"theirs"}
        root, told = compare_entries(repo, scratch, merged, lfs, "main"), repo.commits()[0]
        same(scratch.commit(root, [ours["id"], theirs["id"]], told, email), told["id"], "the merge")

        repo.tag("v1.0", "Première\n\nnotes", told["id"])
        repo.tag("light", at=told["id"])
        there = dict(reversed(row.split("\t")) for row in line(where, "ls-remote", repo.url()).splitlines())
        same(there["refs/tags/light"], told["id"], "a tag without a message")
        same(there["refs/tags/v1.0"], scratch.tag("v1.0", told["id"], told, email, "Première\n\nnotes"), "an annotated tag")
        same(there["refs/tags/v1.0^{}"], told["id"], "what it stands for")

        # And git itself reads all of it from the Hub.
        git(where, "clone", "-q", "--mirror", repo.url(), "mirror.git")
        said = git(where / "mirror.git", "fsck", "--strict", "--full")
        same(said, b"", "what git fsck has to say")
        same(line(where / "mirror.git", "rev-parse", "refs/heads/main^{tree}"), root, "the tree of a clone")
