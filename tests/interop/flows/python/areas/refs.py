"""Branches, tags, and what they point to."""
from pathlib import Path

from flow import HttpError, ann, bob, check, commit, flow, nobody, raises, repo, same
from huggingface_hub import CommitOperationAdd
from huggingface_hub.errors import RevisionNotFoundError

NAMES = ("plain", "dev/é", "ünï/#1%20a+b&c", "v1.0-rc")


def branches(name):
    return {branch.name: branch.target_commit for branch in nobody.list_repo_refs(name).branches}


@flow("refs.branches")
def branch():
    with repo(files={"a.txt": b"1"}) as name:
        first = ann.model_info(name).sha
        head = commit(name, {"a.txt": b"2"}).oid
        for new in NAMES:
            ann.create_branch(name, branch=new)
        ann.create_branch(name, branch="old", revision=first)
        same(branches(name), {"main": head, "old": first, **{new: head for new in NAMES}}, "branches of the head and of a commit")
        raises(HttpError, lambda: ann.create_branch(name, branch="dev/é"), "a second", 409)
        ann.create_branch(name, branch="dev/é", exist_ok=True)
        raises(HttpError, lambda: ann.create_branch(name, branch="dev"), "beside dev/é, as git has it", 409)
        ann.create_branch(name, branch="from-old", revision="old")
        same(branches(name)["from-old"], first, "from a branch")
        raises(HttpError, lambda: bob.create_branch(name, branch="bobs"), "by somebody else", 403)
        raises(RevisionNotFoundError, lambda: ann.create_branch(name, branch="x", revision="none"), "from what is not there", 404)
        for number, new in enumerate(NAMES):
            content = f"on {new}".encode()
            done = commit(name, {"w é#1/mö?%+&.txt": content}, revision=new)
            same(branches(name)[new], done.oid, f"a commit moves {new}")
            path = nobody.hf_hub_download(name, "w é#1/mö?%+&.txt", revision=new)
            same(Path(path).read_bytes(), content, f"a download from {new}")
            check(nobody.revision_exists(name, new), f"{new} exists")
            check(nobody.file_exists(name, "w é#1/mö?%+&.txt", revision=new), f"the file is on {new}")
        check(not nobody.file_exists(name, "w é#1/mö?%+&.txt"), "and not on main")
        for new in (*NAMES, "old", "from-old"):
            ann.delete_branch(name, branch=new)
            check(not nobody.revision_exists(name, new), f"{new} is deleted")
        same(branches(name), {"main": head}, "what is left")
        raises(RevisionNotFoundError, lambda: ann.delete_branch(name, branch="dev/é"), "deleted twice", 404)
        raises(HttpError, lambda: ann.delete_branch(name, branch="main"), "main", 403)


def tags(name):
    return {tag.name: tag.target_commit for tag in nobody.list_repo_refs(name).tags}


@flow("refs.tags")
def tag():
    with repo(files={"a.txt": b"1"}) as name:
        first = ann.model_info(name).sha
        head = commit(name, {"a.txt": b"2"}).oid
        ann.create_tag(name, tag="v2", tag_message="two")
        ann.create_tag(name, tag="v1", revision=first, tag_message="one\n\nand more é")
        ann.create_tag(name, tag="plain/ö 1".replace(" ", "-"))
        listed = tags(name)
        same(sorted(listed), ["plain/ö-1", "v1", "v2"], "tags")
        for new, commit_id in (("v1", first), ("v2", head), ("plain/ö-1", head)):
            same(nobody.model_info(name, revision=new).sha, commit_id, f"the commit of {new}")
        same(Path(nobody.hf_hub_download(name, "a.txt", revision="v1")).read_bytes(), b"1", "a download at a tag")
        raises(HttpError, lambda: ann.create_tag(name, tag="v1"), "a second", 409)
        ann.create_tag(name, tag="v1", exist_ok=True)
        same(nobody.model_info(name, revision="v1").sha, first, "exist_ok moves nothing")
        raises(RevisionNotFoundError, lambda: ann.create_tag(name, tag="x", revision="none"), "of what is not there", 404)
        raises(HttpError, lambda: bob.create_tag(name, tag="bobs"), "by somebody else", 403)
        for new in listed:
            ann.delete_tag(name, tag=new)
            check(not nobody.revision_exists(name, new), f"{new} is deleted")
        same(tags(name), {}, "no tags are left")
        raises(RevisionNotFoundError, lambda: ann.delete_tag(name, tag="v1"), "deleted twice", 404)


@flow("refs.list")
def list_refs():
    for kind in ("model", "dataset", "space"):
        with repo(kind=kind, files={"a.txt": b"1"}) as name:
            head = ann.repo_info(name, repo_type=kind).sha
            ann.create_branch(name, branch="dev", repo_type=kind)
            ann.create_tag(name, tag="v1", tag_message="one", repo_type=kind)
            request = bob.create_commit(name, [CommitOperationAdd("pr.txt", b"pr")], commit_message="PR", create_pr=True,
                                        repo_type=kind)
            same((request.pr_revision, request.pr_num), ("refs/pr/1", 1), f"{kind}: a pull request")
            dev = commit(name, {"dev.txt": b"dev"}, kind=kind, revision="dev").oid
            refs = nobody.list_repo_refs(name, repo_type=kind, include_pull_requests=True)
            same(sorted((b.name, b.ref, b.target_commit) for b in refs.branches),
                 [("dev", "refs/heads/dev", dev), ("main", "refs/heads/main", head)], f"{kind}: branches")
            same([(t.name, t.ref) for t in refs.tags], [("v1", "refs/tags/v1")], f"{kind}: tags")
            same([(p.name, p.ref, p.target_commit) for p in refs.pull_requests], [("1", "refs/pr/1", request.oid)],
                 "pull requests")
            same(refs.converts, [], f"{kind}: conversions")
            same(nobody.list_repo_refs(name, repo_type=kind).pull_requests, None, f"{kind}: not asked for")
            check("pr.txt" in nobody.list_repo_files(name, repo_type=kind, revision="refs/pr/1"), f"{kind}: its files")
            same(nobody.repo_info(name, repo_type=kind, revision="refs/pr/1").sha, request.oid, f"{kind}: its head")
            check(not nobody.revision_exists(name, "refs/pr/2", repo_type=kind), f"{kind}: there is no second")


@flow("refs.squash")
def squash():
    with repo(files={"a.txt": b"1"}) as name:
        for number in range(3):
            commit(name, {"a.txt": b"%d" % number, f"{number}.bin": bytes(100 + number)}, message=f"No. {number}")
        before = {entry.path: entry.blob_id for entry in nobody.list_repo_tree(name)}
        old = ann.model_info(name).sha
        same(len(ann.list_repo_commits(name)), 5, "commits before")
        ann.create_branch(name, branch="kept")
        raises(HttpError, lambda: bob.super_squash_history(name), "by somebody else", 403)
        ann.super_squash_history(name, commit_message="All of it")
        commits = ann.list_repo_commits(name)
        same([c.title for c in commits], ["All of it"], "one commit")
        check(commits[0].commit_id != old and nobody.model_info(name).sha == commits[0].commit_id, "which is new")
        same({entry.path: entry.blob_id for entry in nobody.list_repo_tree(name)}, before, "with the same files")
        same(len(ann.list_repo_commits(name, revision="kept")), 5, "another branch stays")
        ann.super_squash_history(name, branch="kept")
        same(len(ann.list_repo_commits(name, revision="kept")), 1, "until it is squashed too")
        same(Path(nobody.hf_hub_download(name, "2.bin")).read_bytes(), bytes(102), "files come back")
