"""Folders."""
import random
from pathlib import Path

from flow import HttpError, ann, bob, check, flow, nobody, raises, repo, same, work
from hub import LFS_BYTES, MULTIPART_BYTES, Watched, content_of, hurried


def make_tree(name, count, seed, large=()):
    """Texts, JSON and LFS files in folders, with odd names; `large`: sizes of files that are LFS by their size."""
    folder, rng = work() / name, random.Random(seed)
    for i in range(count):
        path = folder / f"d{i % 5}" / f"été {i}.txt" if i % 3 else folder / f"f{i}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(rng.randrange(0, 5000)))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "small.safetensors").write_bytes(rng.randbytes(3000))
    for size in large:
        (folder / f"{size}.txt").write_bytes(rng.randbytes(size))
    return folder


def snapshot(name, **more):
    """What is in a repo: name -> SHA-256, without .gitattributes."""
    found = content_of(nobody.snapshot_download(name, **more))
    found.pop(".gitattributes", None)
    return found


@flow("uploads.folder")
def folder():
    tree = make_tree("tree", 60, 1, [LFS_BYTES])
    wanted = content_of(tree)
    for kind in ("model", "dataset"):
        with repo(kind=kind) as name:
            done = ann.upload_folder(repo_id=name, folder_path=str(tree), path_in_repo="in/été", commit_message="Folder",
                                     commit_description="of 63 files", repo_type=kind)
            same(snapshot(name, repo_type=kind), {f"in/été/{path}": digest for path, digest in wanted.items()}, "below a path")
            below = nobody.list_repo_tree(name, "in/été", recursive=True, repo_type=kind)
            listed = {entry.path: entry for entry in below if hasattr(entry, "size")}
            same({path: entry.size for path, entry in listed.items()},
                 {f"in/été/{path}": (tree / path).stat().st_size for path in wanted}, "sizes")
            same({path.rsplit("/")[-1] for path, entry in listed.items() if entry.lfs}, {"small.safetensors", f"{LFS_BYTES}.txt"},
                 "LFS")
            commits = nobody.list_repo_commits(name, repo_type=kind)
            same([c.title for c in commits], ["Folder", "initial commit"], "one commit")
            same((commits[0].commit_id, commits[0].message.strip()), (done.oid, "of 63 files"), "which is what was told")
            ann.upload_folder(repo_id=name, folder_path=tree, repo_type=kind)
            check(set(wanted) < set(snapshot(name, repo_type=kind)), "and at the root")
            raises(HttpError, lambda: bob.upload_folder(repo_id=name, folder_path=tree, repo_type=kind), "by somebody else", 403)
            with Watched() as seen:
                ann.upload_folder(repo_id=name, folder_path=tree, repo_type=kind)
            same(len(nobody.list_repo_commits(name, repo_type=kind)), 3, "again: no commit")
            same(seen.having("PUT", ""), [], "and nothing is sent")


@flow("uploads.folder_patterns")
def folder_patterns():
    tree = work() / "tree"
    for path in ("a.txt", "b.bin", "logs/1.txt", "logs/2.log", "sub/c.txt", "sub/.git/config", ".git/HEAD", ".cache/huggingface/x",
                 "sub/.gitignore", ".github/w.yml"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(path.encode())
    with repo() as name:
        def files():
            return sorted(set(nobody.list_repo_files(name)) - {".gitattributes"})
        ann.upload_folder(repo_id=name, folder_path=tree, allow_patterns=["*.txt", "*.bin"], ignore_patterns="logs/*")
        same(files(), ["a.txt", "b.bin", "sub/c.txt"], "allow and ignore patterns")
        ann.upload_folder(repo_id=name, folder_path=tree, ignore_patterns=["*.bin"])
        same(files(), sorted(["a.txt", "b.bin", "logs/1.txt", "logs/2.log", "sub/c.txt", "sub/.gitignore", ".github/w.yml"]),
             ".git and .cache/huggingface stay behind")
        (tree / "logs" / "1.txt").unlink()
        ann.upload_folder(repo_id=name, folder_path=tree / "logs", path_in_repo="logs", delete_patterns="*.txt")
        same(files(), sorted(["a.txt", "b.bin", "logs/2.log", "sub/c.txt", "sub/.gitignore", ".github/w.yml"]),
             "delete patterns, below the path only")
        ann.upload_folder(repo_id=name, folder_path=tree, allow_patterns="a.txt", delete_patterns=["*"])
        same(sorted(nobody.list_repo_files(name)), [".gitattributes", "a.txt"], "all but what is uploaded, and .gitattributes")
        same(Path(nobody.hf_hub_download(name, "a.txt")).read_bytes(), b"a.txt", "the content")
        raises(ValueError, lambda: ann.upload_folder(repo_id=name, folder_path=tree / "a.txt"), "what is no folder")


def upload_large(name, tree, **more):
    from huggingface_hub import _upload_large_folder
    with hurried(_upload_large_folder):
        ann.upload_large_folder(repo_id=name, folder_path=str(tree), repo_type="model", num_workers=4, print_report=False, **more)


def sent_again(seen):
    return seen.having("PUT", "") + seen.having("POST", "/preupload/") + seen.having("POST", "/commit/")


@flow("uploads.large_folder")
def large_folder():
    tree = make_tree("tree", 150, 2, [LFS_BYTES])
    (tree / "huge.bin").write_bytes(random.Random(3).randbytes(MULTIPART_BYTES))
    with repo() as name:
        with Watched() as seen:
            upload_large(name, tree)
        same(snapshot(name), content_of(tree), "all of it is there")
        commits = len(nobody.list_repo_commits(name)) - 1
        check(commits > 1, f"{commits} commits")
        same(commits, len(seen.having("POST", "/commit/")), "each was asked for once")
        metadata = sorted(p.name for p in (tree / ".cache/huggingface/upload").rglob("*.metadata"))
        same(len(metadata), len(content_of(tree)), "a record of each file")
        with Watched() as seen:
            upload_large(name, tree)
        same(sent_again(seen), [], "again: nothing is sent")
        (tree / "f0.json").write_bytes(b"changed")
        upload_large(name, tree)
        same((Path(nobody.hf_hub_download(name, "f0.json")).read_bytes(), len(nobody.list_repo_commits(name)) - 1),
             (b"changed", commits + 1), "a changed file is sent")
