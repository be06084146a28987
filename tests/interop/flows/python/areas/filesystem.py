"""HfFileSystem: the Hub's repos as a file system for those who read and write through fsspec."""
import hashlib
import random

from flow import ENDPOINT, ann, check, commit, flow, raises, repo, same, work
from hub import Watched
from huggingface_hub import HfFileSystem
from huggingface_hub.utils import EntryNotFoundError, HfHubHTTPError

LINES = b"one\ntwo \xc3\xa9\nthree\n"
BIG = random.Random("filesystem").randbytes(3 << 20)
FILES = {"README.md": b"# hello\n", "data/lines.txt": LINES, "data/w \u00e9 #1%.txt": b"spaces", "data/deep/big.bin": BIG,
         "data/deep/er/x.txt": b"x", "empty.txt": b""}


def file_system(token="hf_ann"):
    return HfFileSystem(endpoint=ENDPOINT, token=token, skip_instance_cache=True)


def below(root, paths):
    """Names without the repo's."""
    for path in paths:
        check(path.startswith(root), f"{path} is below {root}")
    return [path[len(root):].lstrip("/") for path in paths]


# --- reading

def infos(fs, name):
    big = fs.info(f"{name}/data/deep/big.bin")
    same((big["name"], big["size"], big["type"]), (f"{name}/data/deep/big.bin", len(BIG), "file"), "info of a file")
    same(big["lfs"]["sha256"], hashlib.sha256(BIG).hexdigest(), "an LFS file says its SHA-256")
    same(fs.info(f"{name}/README.md")["lfs"], None, "a regular file has none")
    check(fs.info(f"{name}/README.md", expand_info=True)["last_commit"].title == "Files", "info with the last commit")
    same((fs.info(f"{name}/data")["type"], fs.info(name)["type"]), ("directory", "directory"), "info of folders")
    same(fs.modified(f"{name}/README.md"), ann.list_repo_commits(name)[0].created_at, "modified")
    raises(FileNotFoundError, lambda: fs.info(f"{name}/none.txt"), "info of nothing")
    raises(FileNotFoundError, lambda: fs.info(f"{name}-none/README.md"), "info in no repo")
    raises(FileNotFoundError, lambda: fs.info(f"{name}@none/README.md"), "info at no revision")
    check(fs.exists(f"{name}/data") and fs.exists(f"{name}/empty.txt") and not fs.exists(f"{name}/none"), "exists")
    check(fs.isfile(f"{name}/README.md") and not fs.isfile(f"{name}/data"), "isfile")
    check(fs.isdir(f"{name}/data/deep") and not fs.isdir(f"{name}/README.md"), "isdir")
    same(fs.sizes([f"{name}/README.md", f"{name}/empty.txt"]), [8, 0], "sizes")
    same(fs.url(f"{name}/README.md"), f"{ENDPOINT}/{name}/resolve/main/README.md", "url of a file")
    same(fs.url(f"{name}/data"), f"{ENDPOINT}/{name}/tree/main/data", "url of a folder")


def lists(fs, name):
    top = [".gitattributes", "README.md", "data", "empty.txt"]
    same(sorted(below(name, fs.ls(name, detail=False))), top, "ls")
    detailed = {entry["name"].rsplit("/", 1)[1]: (entry["type"], entry["size"]) for entry in fs.ls(f"{name}/data")}
    same(detailed, {"lines.txt": ("file", len(LINES)), "w \u00e9 #1%.txt": ("file", 6), "deep": ("directory", 0)},
         "ls with details")
    same(fs.ls(f"{name}/README.md", detail=False), [f"{name}/README.md"], "ls of a file")
    raises(FileNotFoundError, lambda: fs.ls(f"{name}/none"), "ls of nothing")
    raises(NotImplementedError, lambda: fs.ls(""), "ls of all repos")


def reads(fs, name):
    big = f"{name}/data/deep/big.bin"
    for path, content in FILES.items():
        with fs.open(f"{name}/{path}") as file:
            same(hashlib.sha256(file.read()).digest(), hashlib.sha256(content).digest(), f"read {path}")
    with fs.open(f"{name}/data/lines.txt", "r", encoding="utf-8") as file:
        same(file.readlines(), ["one\n", "two \u00e9\n", "three\n"], "lines of text")
    with Watched() as seen, fs.open(big, block_size=1 << 16, cache_type="none") as file:
        same(file.seek(1_000_000), 1_000_000, "seek")
        same(file.read(100), BIG[1_000_000:1_000_100], "a part")
        same(file.tell(), 1_000_100, "tell")
        file.seek(-10, 2)
        same(file.read(), BIG[-10:], "the end")
    check(seen.sent < 100_000, f"a part costs no more than that, {seen.sent} bytes")
    with fs.open(big, block_size=0) as file: # a stream: one request
        parts = [file.read(1000), file.read(1_000_000), file.read()]
        check(b"".join(parts) == BIG, "a stream in three parts")
        same(len(parts[0]), 1000, "of which the first is short")
        raises(ValueError, lambda: file.seek(5), "a stream cannot seek")
    same(fs.cat_file(big, start=10, end=20), BIG[10:20], "cat_file of a range")
    same(fs.cat_file(big, start=-5), BIG[-5:], "cat_file of the end")
    same(fs.cat([f"{name}/README.md", f"{name}/empty.txt"]),
         {f"{name}/README.md": b"# hello\n", f"{name}/empty.txt": b""}, "cat of several")
    same(fs.cat_ranges([big, big], [0, len(BIG) - 3], [4, len(BIG)]), [BIG[:4], BIG[-3:]], "cat_ranges")
    same((fs.head(big, 7), fs.tail(big, 7)), (BIG[:7], BIG[-7:]), "head and tail")
    same(fs.read_text(f"{name}/data/lines.txt"), LINES.decode(), "read_text")
    raises(FileNotFoundError, lambda: fs.open(f"{name}/none.txt"), "open of nothing")


def gets(fs, name):
    fs.get(f"{name}/data/deep/big.bin", str(work() / "one.bin"))
    check((work() / "one.bin").read_bytes() == BIG, "get of a file")
    fs.get(f"{name}/data", str(work() / "tree"), recursive=True)
    found = {str(p.relative_to(work() / "tree")): p.read_bytes() for p in (work() / "tree").rglob("*") if p.is_file()}
    check(found == {path[5:]: content for path, content in FILES.items() if path.startswith("data/")},
          f"get of a folder, {list(found)}")


@flow("filesystem.read")
def read():
    with repo(files=FILES) as name, repo("rows", "dataset", files={"train.csv": b"a,b\n1,2\n"}, private=True) as rows:
        fs = file_system()
        for part in (infos, lists, reads, gets):
            part(fs, name)
        path = f"datasets/{rows}/train.csv"
        same(fs.cat_file(path), b"a,b\n1,2\n", "a private dataset, by its owner")
        same(fs.read_text(f"hf://{path}"), "a,b\n1,2\n", "with the protocol before it")
        for token in ("hf_bob", False):
            raises(FileNotFoundError, lambda: file_system(token).cat_file(path), "a private dataset, by others")
        first = ann.list_repo_commits(name)[0].commit_id
        ann.create_branch(name, branch="dev/\u00e9")
        commit(name, {"README.md": b"# dev\n"}, revision="dev/\u00e9")
        same(fs.cat_file(f"{name}@dev%2F%C3%A9/README.md"), b"# dev\n", "a branch in the path")
        same(fs.open(f"{name}/README.md", revision="dev/\u00e9").read(), b"# dev\n", "a branch beside the path")
        same(fs.cat_file(f"{name}@{first}/README.md"), b"# hello\n", "a commit")
        raises(ValueError, lambda: fs.info(f"{name}@main/README.md", revision="dev/\u00e9"), "two revisions")
        made = commit(name, {"pr.txt": b"pr"}, create_pr=True)
        same(fs.cat_file(f"{name}@{made.pr_revision}/pr.txt"), b"pr", "a pull request")


# --- globs

@flow("filesystem.glob")
def glob():
    many = {f"logs/{i % 3}/run-{i:02}.txt": b"%d" % i for i in range(30)}
    with repo(files={**FILES, **many}) as name:
        fs = file_system()

        def globbed(pattern, **more):
            return sorted(below(name, fs.glob(f"{name}/{pattern}", **more)))

        same(globbed("*.md"), ["README.md"], "* of names")
        same(globbed("*"), [".gitattributes", "README.md", "data", "empty.txt", "logs"], "* of all")
        same(globbed("**/*.txt"), sorted(p for p in [*FILES, *many] if p.endswith(".txt")), "** goes into folders")
        same(globbed("data/**"),
             ["data", "data/deep", "data/deep/big.bin", "data/deep/er", "data/deep/er/x.txt", "data/lines.txt",
                                  "data/w \u00e9 #1%.txt"], "** of a folder")
        same(globbed("logs/[01]/run-0?.txt"), sorted(p for p in many if p[5] in "01" and p[11] == "0"), "? and []")
        same(globbed("**", maxdepth=1), ["", ".gitattributes", "README.md", "data", "empty.txt", "logs"], "** of one level")
        same(globbed("none*"), [], "no match")
        detailed = fs.glob(f"{name}/data/*.txt", detail=True)
        same(detailed[f"{name}/data/lines.txt"]["size"], len(LINES), "glob with details")

        every = sorted([".gitattributes", *FILES, *many])
        same(sorted(below(name, fs.find(name))), every, "find")
        same(sorted(below(name, fs.find(f"{name}/data", withdirs=True))),
             sorted(["data", "data/deep", "data/deep/er", *(p for p in FILES if p.startswith("data/"))]), "find with folders")
        same(sorted(below(name, fs.find(f"{name}/data", maxdepth=1))), ["data/lines.txt", "data/w \u00e9 #1%.txt"],
             "find of a level")
        same(below(name, fs.find(f"{name}/README.md")), ["README.md"], "find of a file")
        walked = {tuple(below(name, [root]))[0]: (sorted(folders), sorted(files)) for root, folders,
                  files in fs.walk(f"{name}/data")}
        same(walked, {"data": (["deep"], ["lines.txt", "w \u00e9 #1%.txt"]), "data/deep": (["er"], ["big.bin"]),
                      "data/deep/er": ([], ["x.txt"])}, "walk")
        same(fs.du(f"{name}/data"), sum(len(c) for p, c in FILES.items() if p.startswith("data/")), "du")
        same(fs.du(f"{name}/logs", total=False)[f"{name}/logs/0/run-00.txt"], 1, "du of each")
        same(sorted(below(name, fs.expand_path([f"{name}/*.md", f"{name}/empty.txt"]))), ["README.md", "empty.txt"],
             "expand_path")

        ann.create_tag(name, tag="v1")
        commit(name, {"new.md": b"new"})
        same(fs.glob(f"{name}@v1/*.md"), [f"{name}@v1/README.md"], "glob at a tag")
        same(sorted(fs.glob(f"{name}/*.md", refresh=True)), [f"{name}/README.md", f"{name}/new.md"], "glob at the head")
        same(fs.glob(f"{name}/*.md", revision="v1"), [f"{name}@v1/README.md"], "glob with a revision beside the path")


# --- writing

def writes(fs, name):
    with fs.open(f"{name}/a/new \u00e9.txt", "wb", commit_message="Through fsspec", commit_description="In three pieces") as file:
        for piece in (b"one", b"two", b"three"):
            file.write(piece)
    same(fs.cat_file(f"{name}/a/new \u00e9.txt"), b"onetwothree", "what was written")
    head = ann.list_repo_commits(name)[0]
    same((head.title, head.message), ("Through fsspec", "In three pieces"), "its commit")
    with fs.open(f"{name}/big.bin", "wb", block_size=1 << 20) as file: # in several blocks, and LFS
        for start in range(0, len(BIG), 500_000):
            file.write(BIG[start:start + 500_000])
    same(ann.get_paths_info(name, ["big.bin"])[0].lfs.sha256, hashlib.sha256(BIG).hexdigest(), "an LFS file in blocks")
    with fs.open(f"{name}/text.txt", "w", encoding="utf-8") as file:
        file.write("\u00e4\n")
    same(fs.cat_file(f"{name}/text.txt"), "\u00e4\n".encode(), "a text")
    fs.pipe_file(f"{name}/text.txt", b"again")
    same(fs.cat_file(f"{name}/text.txt"), b"again", "over what was there")
    raises(NotImplementedError, lambda: fs.open(f"{name}/text.txt", "ab"), "appending is refused")
    raises(FileNotFoundError, lambda: fs.open(f"{name}-none/x", "wb"), "writing into no repo")
    raises(FileNotFoundError, lambda: fs.open(f"{name}@none/x", "wb"), "writing to no branch")


def puts(fs, name):
    tree = work() / "put"
    for path, content in {"one.txt": b"1", "sub/two.txt": b"2"}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    fs.put(str(tree / "one.txt"), f"{name}/put.txt")
    same(fs.cat_file(f"{name}/put.txt"), b"1", "put of a file")
    fs.put(f"{tree}/", f"{name}/tree/", recursive=True)
    same(sorted(below(name, fs.find(f"{name}/tree"))), ["tree/one.txt", "tree/sub/two.txt"], "put of a folder")


def copies(fs, name, other):
    fs.cp_file(f"{name}/big.bin", f"{name}/copies/big.bin")
    same(ann.get_paths_info(name, ["copies/big.bin"])[0].lfs.sha256, hashlib.sha256(BIG).hexdigest(), "a copy of an LFS file")
    fs.cp_file(f"{name}/text.txt", f"{name}/copies/text.txt")
    same(fs.cat_file(f"{name}/copies/text.txt"), b"again", "a copy of a regular file")
    fs.cp_file(f"{name}/big.bin", f"datasets/{other}/big.bin")
    check(fs.cat_file(f"datasets/{other}/big.bin") == BIG, "a copy to another repo")
    fs.mv(f"{name}/text.txt", f"{name}/moved.txt")
    check(fs.exists(f"{name}/moved.txt") and not fs.exists(f"{name}/text.txt"), "moved")
    same(fs.cat_file(f"{name}/moved.txt"), b"again", "with its bytes")


def removes(fs, name):
    fs.rm(f"{name}/moved.txt", commit_message="Away with it")
    check(not fs.exists(f"{name}/moved.txt"), "a file is removed")
    same(ann.list_repo_commits(name)[0].title, "Away with it", "its commit")
    fs.rm_file(f"{name}/put.txt")
    check("put.txt" not in ann.list_repo_files(name), "rm_file")
    before = len(ann.list_repo_commits(name))
    fs.rm(f"{name}/tree", recursive=True)
    check(not fs.exists(f"{name}/tree"), "a folder is removed")
    same(len(ann.list_repo_commits(name)), before + 1, "in one commit")
    same(sorted(ann.list_repo_files(name)),
         [".gitattributes", "a/new \u00e9.txt", "big.bin", "copies/big.bin", "copies/text.txt"],
         "what is left")
    raises(EntryNotFoundError, lambda: fs.rm(f"{name}/none"), "removing nothing", 404)


@flow("filesystem.write")
def write():
    with repo() as name, repo("rows", "dataset") as other:
        fs = file_system()
        writes(fs, name)
        puts(fs, name)
        copies(fs, name, other)
        removes(fs, name)
        ann.create_branch(name, branch="dev")
        with fs.open(f"{name}@dev/dev.txt", "wb") as file:
            file.write(b"dev")
        same(fs.cat_file(f"{name}@dev/dev.txt"), b"dev", "written to a branch")
        check("dev.txt" not in ann.list_repo_files(name), "and to no other")
        raises(HfHubHTTPError, lambda: file_system("hf_bob").pipe_file(f"{name}/x", b"x"), "written by somebody else", 403)
