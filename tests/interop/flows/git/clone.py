"""Clones and fetches over smart HTTP."""
import hashlib
from datetime import datetime

from hub import Repo, ask, refused
from program import asker, check, fails, folder, git, line, same

LFS = bytes(range(256)) * 50


def pointer(content):
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"


def rows(text):
    return [row.split("\t") for row in text.splitlines()]


def clone():
    with folder() as where:
        files_and_fetches(where)
        other_types_and_names(where)
        private(where)
        gated(where)


def files_and_fetches(where):
    files = {"README.md": b"# tiny\n", "data/Größe 1.txt": "é\r\n".encode(), "empty.txt": b"",
             "binary.dat": bytes(range(256)) * 100, "w.safetensors": LFS}
    with Repo("git-clone") as repo:
        head = repo.commit("Files", files)["commitOid"]
        repo.branch("dev/é")
        dev = repo.commit("On dev", {"dev.txt": b"dev"}, branch="dev/é")["commitOid"]
        repo.tag("v1", "First")
        for version in ("0", "1", "2"):
            copy = where / f"copy{version}"
            git(where, "-c", f"protocol.version={version}", "clone", "-q", repo.url(), copy.name)
            for path, content in files.items():
                same((copy / path).read_bytes(), pointer(content).encode() if path == "w.safetensors" else content,
                     f"{path} by protocol {version}")
            same(line(copy, "rev-parse", "HEAD"), head, "the head")
            same(line(copy, "symbolic-ref", "HEAD"), "refs/heads/main", "the branch that is checked out")
            same(line(copy, "rev-parse", "origin/dev/é"), dev, "a branch")
            same(line(copy, "show", "origin/dev/é:dev.txt"), "dev", "its file")
            same(line(copy, "rev-parse", "v1^{commit}"), head, "a tag")
            same(line(copy, "status", "--porcelain"), "", "nothing is changed")
            same(git(copy, "fsck", "--strict", "--full"), b"", "fsck")
        copy = where / "copy2"
        new = repo.commit("New", {"new.txt": b"new"})["commitOid"]
        proposal = repo.commit("Proposal", {"p.txt": b"p"}, pull_request=True)["commitOid"]
        git(copy, "pull", "-q", "--ff-only")
        same(line(copy, "rev-parse", "HEAD"), new, "after a pull")
        same((copy / "new.txt").read_bytes(), b"new", "what came")
        git(copy, "fetch", "-q", "origin", "refs/pr/1")
        same(line(copy, "rev-parse", "FETCH_HEAD"), proposal, "a pull request")
        ask("DELETE", f"{repo.api}/branch/dev%2F%C3%A9")
        git(copy, "fetch", "-q", "--prune", "origin")
        same(line(copy, "branch", "-r", "--list", "origin/dev/*"), "", "a branch that was deleted")
        git(where, "clone", "-q", "--depth", "1", "--branch", "v1", repo.url() + ".git", "shallow")
        same(line(where / "shallow", "rev-list", "--count", "HEAD"), "1", "commits of a shallow clone")
        git(copy, "-c", "user.name=ann", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "mine")
        check("takes no git push" in fails(copy, "push", repo.url("ann"), "main"), "a push is refused, and told why")
        same(repo.commits()[0]["id"], new, "nothing was pushed")


def other_types_and_names(where):
    with Repo("git-rows", "dataset") as rows_, Repo("git-app", "space", sdk="static") as app:
        for repo, name in ((rows_, "rows"), (app, "app")):
            repo.commit("One", {"one.txt": b"1"})
            git(where, "clone", "-q", repo.url(), name)
            same((where / name / "one.txt").read_bytes(), b"1", f"a {repo.kind}")
    with Repo("git-new-name") as repo:
        repo.commit("One", {"one.txt": b"1"})
        old = Repo("git-old-name")
        ask("POST", "/api/repos/move", {"fromRepo": repo.id, "toRepo": "ann/git-moved", "type": "model"})
        git(where, "clone", "-q", repo.url(), "moved")
        same((where / "moved" / "one.txt").read_bytes(), b"1", "by its old name")
        ask("POST", "/api/repos/move", {"fromRepo": "ann/git-moved", "toRepo": repo.id, "type": "model"})
    check("not found" in fails(where, "clone", "-q", old.url("ann"), "none"), "a repo that is none")


def private(where):
    with Repo("git-private", private=True) as repo:
        repo.commit("Secret", {"secret.txt": b"secret"})
        same(refused(lambda: ask("GET", repo.url() + "/info/refs?service=git-upload-pack", token=None)), 401, "without a token")
        check("could not read Username" in fails(where, "clone", repo.url(), "none"), "git asks who it is")
        home = where / "asked"
        home.mkdir()
        git(where, "clone", "-q", repo.url(), "private", GIT_ASKPASS=asker(home, "ann", "hf_ann"))
        same((where / "private" / "secret.txt").read_bytes(), b"secret", "with the token that it asked for")
        asked = (home / "asked.txt").read_text().splitlines()
        same([question.split(" ")[0] for question in asked], ["Username", "Password"], "what git asked for")
        git(where, "clone", "-q", repo.url("ann"), "private2")
        check("not found" in fails(where, "clone", repo.url("bob"), "none"), "it looks missing to bob")
        wrong = repo.url("ann").replace("hf_ann", "hf_wrong")
        check("Authentication failed" in fails(where, "clone", wrong, "none"), "a wrong token")
        check(not (where / "none").exists(), "nothing is left behind")


def gated(where):
    with Repo("git-gated") as repo:
        repo.commit("One", {"one.txt": b"1"})
        repo.settings(gated="manual")
        check("could not read Username" in fails(where, "clone", repo.url(), "none"), "a gated repo asks who it is")
        check("is restricted" in fails(where, "clone", repo.url("bob"), "none"), "and tells bob that he may not")
        git(where, "clone", "-q", repo.url("ann"), "gated")
        same((where / "gated" / "one.txt").read_bytes(), b"1", "its owner may")


def refs():
    with Repo("git-refs") as repo, folder() as where:
        first = repo.commit("First", {"a.txt": b"1"})["commitOid"]
        repo.branch("dev")
        repo.branch("v1/é", "dev")
        repo.tag("light")
        repo.tag("heavy", "With a message", first)
        second = repo.commit("Second", {"a.txt": b"2"})["commitOid"]
        repo.commit("Proposal", {"b.txt": b"b"}, pull_request=True)
        repo.commit("Another", {"b.txt": b"c"}, pull_request=True, token="hf_bob")
        told = repo.refs()
        listed = {name: oid for oid, name in rows(line(where, "ls-remote", repo.url()))}
        for kind in ("branches", "tags", "pullRequests"):
            for ref in told[kind]:
                same(listed.get(ref["ref"] + "^{}", listed.get(ref["ref"])), ref["targetCommit"], ref["ref"])
        names = ["HEAD", *(ref["ref"] for kind in ("branches", "tags", "pullRequests") for ref in told[kind])]
        same(sorted(name for name in listed if not name.endswith("^{}")), sorted(names), "all of them")
        same(listed["HEAD"], second, "HEAD is main")
        same(listed["refs/heads/dev"], first, "a branch stays behind")
        same(listed["refs/tags/light"], first, "a tag")
        check(listed["refs/tags/heavy"] != first, "a tag with a message is an object of its own")
        check({"refs/heads/v1/é", "refs/pr/1", "refs/pr/2"} <= set(listed), "the others")
        same(rows(line(where, "ls-remote", "--heads", repo.url())),
             [[listed[name], name] for name in sorted(listed) if name.startswith("refs/heads/")], "branches alone")
        named = line(where, "ls-remote", "--symref", repo.url(), "HEAD").splitlines()
        same(named, ["ref: refs/heads/main\tHEAD", second + "\tHEAD"], "the default branch")


def history():
    with Repo("git-history") as repo, folder() as where:
        repo.commit("Première <b>", {"a.txt": b"1"}, "Line one\n\nLine three")
        repo.branch("dev")
        repo.commit("Second", {"a.txt": b"2"})
        repo.commit("On dev", {"b.txt": b"3"}, branch="dev")
        for i in range(60):  # more than a page
            repo.commit(f"Number {i}", {"c.txt": str(i).encode()})
        git(where, "clone", "-q", repo.url(), "copy")
        page = repo.commits()
        listed, parts = [], line(where / "copy", "log", "--format=%H%x00%s%x00%b%x00%an%x00%at%x01", "main").split("\x01")
        for part in parts[:-1]:
            listed.append(part.lstrip("\n").split("\0"))
        titles = [f"Number {i}" for i in reversed(range(60))] + ["Second", "Première <b>", "initial commit"]
        same([entry[1] for entry in listed], titles, "titles, newest first")
        same(len(page), 50, "commits of a page")
        for told, (oid, title, body, author, date) in zip(page, listed):
            same((told["id"], told["title"], told["message"], told["authors"][0]["user"]),
                 (oid, title, body.rstrip("\n"), author), "what both say")
            same(seconds(told["date"]), date, "the date")
        first = listed[-2]
        same(first[2].rstrip("\n"), "Line one\n\nLine three", "a description")
        same(line(where / "copy", "log", "--format=%s", "origin/dev"), "On dev\nPremière <b>\ninitial commit", "of a branch")
        dates = [int(entry[4]) for entry in listed]
        same(dates, sorted(dates, reverse=True), "no commit is older than its parent")


def seconds(date):
    return str(int(datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()))
