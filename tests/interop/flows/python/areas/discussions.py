"""Discussions and pull requests."""
import pathlib

from flow import ann, bob, check, commit, flow, nobody, raises, repo, same
from huggingface_hub.utils import BadRequestError, HfHubHTTPError, RepositoryNotFoundError


def types(details):
    return [event.type for event in details.events]


# --- talk

def words(call):
    """One discussion, from its first comment to its second opening."""
    made = call("create_discussion", title="  Does it work? ")
    same((made.title, made.status, made.num, made.author), ("Does it work?", "open", 1, "ann"), "create_discussion")
    check(not made.is_pull_request and made.diff is None, "a plain discussion")
    check(made.events[0].content.startswith("Discussion opened with"), "the default text")
    comment = call("comment_discussion", 1, "*Yes* ✓", by=bob)
    same((comment.content, comment.author, comment.edited), ("*Yes* ✓", "bob", False), "comment_discussion")
    edited = call("edit_discussion_comment", 1, comment.id.upper(), "No", by=bob)
    same((edited.edited, edited.number_of_edits, edited.content), (True, 1, "No"), "edit_discussion_comment")
    same((edited.edit_history[0]["raw"], edited.last_edited_by), ("*Yes* ✓", "bob"), "edit_history")
    check(edited.last_edited_at >= comment.created_at and edited.rendered, "last_edited_at, rendered")
    hidden = call("hide_discussion_comment", 1, comment.id)
    check(hidden.hidden and hidden.content != "No", "hide_discussion_comment")
    renamed = call("rename_discussion", 1, "It does not")
    same((renamed.old_title, renamed.new_title), ("Does it work?", "It does not"), "rename_discussion")
    same(call("change_discussion_status", 1, "closed", comment="Done").new_status, "closed", "change_discussion_status")
    raises(BadRequestError, lambda: call("change_discussion_status", 1, "closed"), "closed twice", 400)
    now = call("get_discussion_details", 1)
    same(types(now), ["comment", "comment", "title-change", "comment", "status-change"], "events in order")
    same([event.author for event in now.events], ["ann", "bob", "ann", "ann", "ann"], "their authors")
    same((now.status, now.title, now.git_reference, now.is_pull_request), ("closed", "It does not", None, False), "details")
    same(call("change_discussion_status", 1, "open").new_status, "open", "opened again")
    same(call("get_discussion_details", 1).status, "open", "its status")
    call("change_discussion_status", 1, "closed")


def listing(call):
    for i in range(12):
        call("create_discussion", title=f"Number {i}", description="text", by=bob if i % 2 else ann)
    listed = list(call("get_repo_discussions"))
    same([d.num for d in listed], list(range(13, 0, -1)), "get_repo_discussions")
    same((listed[0].title, listed[0].author, listed[0].status), ("Number 11", "bob", "open"), "a row of it")
    same([d.num for d in call("get_repo_discussions", discussion_status="closed")], [1], "by status")
    same(len(list(call("get_repo_discussions", discussion_status="open"))), 12, "by the other")
    same([d.num for d in call("get_repo_discussions", discussion_type="discussion", author="bob")], [13, 11, 9, 7, 5, 3],
         "by author")
    same(list(call("get_repo_discussions", discussion_type="pull_request")), [], "by type")
    same(list(call("get_repo_discussions", author="nobody & co")), [], "by an author who is not there")


def refusals(call):
    raises(BadRequestError, lambda: call("create_discussion", title="  "), "no title", 400)
    raises(HfHubHTTPError, lambda: call("get_discussion_details", 99), "no such discussion", 404)
    raises(HfHubHTTPError, lambda: call("rename_discussion", 1, "Mine", by=bob), "the title of another's", 403)
    raises(HfHubHTTPError, lambda: call("create_discussion", title="x", by=nobody), "without a token", 401)
    raises(ValueError, lambda: call("change_discussion_status", 1, "merged"), "no such status")
    raises(ValueError, lambda: call("get_discussion_details", 0), "no such number")


@flow("discussions.talk")
def talk():
    for kind in ("model", "dataset", "space"):
        with repo(kind, kind) as name:
            def call(method, *args, by=ann, **more):
                return getattr(by, method)(name, *args, repo_type=kind, **more)
            for part in (words, listing, refusals):
                part(call)
        raises(RepositoryNotFoundError, lambda: call("get_discussion_details", 1), "gone", 404)


# --- pull requests

@flow("discussions.pull_request")
def pull_request():
    with repo(files={"a.txt": b"1\n"}) as name:
        head = ann.model_info(name).sha
        made = commit(name, {"a.txt": b"one\n", "pr.txt": b"pr"}, create_pr=True, message="Better",
                      commit_description="Because", by=bob)
        same((made.pr_num, made.pr_revision), (1, "refs/pr/1"), "create_commit with create_pr")
        check(made.pr_url.endswith(f"/{name}/discussions/1"), f"its address, {made.pr_url}")
        same(ann.model_info(name).sha, head, "the branch stays")
        same(ann.model_info(name, revision="refs/pr/1").sha, made.oid, "the head of the pull request")
        check("pr.txt" not in ann.list_repo_files(name), "the file is not on main")
        check("pr.txt" in ann.list_repo_files(name, revision="refs/pr/1"), "but in the pull request")
        path = pathlib.Path(ann.hf_hub_download(name, "pr.txt", revision="refs/pr/1"))
        same(path.read_bytes(), b"pr", "downloaded from it")
        same((path.parents[2] / "refs/refs/pr/1").read_text(), made.oid, "its ref in the cache")
        details = ann.get_discussion_details(name, 1)
        same((details.title, details.status, details.author, details.is_pull_request), ("Better", "open", "bob", True),
             "its discussion")
        same((details.target_branch, details.git_reference, details.conflicting_files), ("refs/heads/main", "refs/pr/1", []),
             "its refs")
        same(details.events[-1].type, "commit", "the commit is an event")
        check("-1\n+one\n" in details.diff, "diff")
        more = commit(name, {"more.txt": b"more"}, revision="refs/pr/1", by=bob)
        same(ann.model_info(name, revision="refs/pr/1").sha, more.oid, "a second commit to it")
        same([c.commit_id for c in ann.list_repo_commits(name, revision="refs/pr/1")][:2], [more.oid, made.oid], "its history")

        draft = ann.create_pull_request(name, title="Later", description="Not yet")
        same((draft.num, draft.status, draft.git_reference, draft.diff), (2, "draft", "refs/pr/2", ""), "create_pull_request")
        same((draft.target_branch, draft.conflicting_files), ("refs/heads/main", []), "its fields")
        empty = ann.create_discussion(name, title="Too", pull_request=True)
        same((empty.num, empty.is_pull_request), (3, True), "create_discussion of a pull request")
        same([d.num for d in ann.get_repo_discussions(name, discussion_type="pull_request")], [3, 2, 1], "they are listed")
        same({r.ref for r in ann.list_repo_refs(name, include_pull_requests=True).pull_requests},
             {"refs/pr/1", "refs/pr/2", "refs/pr/3"}, "and their refs")
        raises(HfHubHTTPError, lambda: commit(name, {"x": b"x"}, revision="refs/pr/2", by=bob), "a commit to another's", 403)


@flow("discussions.merge")
def merge():
    with repo(files={"a.txt": b"1\n2\n3\n4\n5\n", "b.txt": b"b\n"}) as name:
        made = ann.create_pull_request(name, title="Better", description="Because")
        done = commit(name, {"a.txt": b"one\n2\n3\n4\n5\n"}, message="One", revision=made.git_reference)
        details = ann.get_discussion_details(name, 1)
        same(types(details), ["comment", "commit"], "its events")
        same((details.events[1].oid, details.events[1].summary), (done.oid, "One"), "the commit is one")
        raises(BadRequestError, lambda: ann.merge_pull_request(name, 1), "a draft is not merged", 400)
        same(ann.change_discussion_status(name, 1, "open").new_status, "open", "a draft is opened")
        raises(HfHubHTTPError, lambda: bob.merge_pull_request(name, 1), "merged by who may not write", 403)
        commit(name, {"a.txt": b"1\n2\n3\n4\nfive\n"}, message="Five")
        ann.merge_pull_request(name, 1, comment="Thanks")
        merged = ann.get_discussion_details(name, 1)
        head = ann.model_info(name).sha
        same((merged.status, merged.merge_commit_oid), ("merged", head), "merge_pull_request")
        same(types(merged)[-2:], ["comment", "status-change"], "its last events")
        same((merged.events[-2].content, merged.events[-1].new_status), ("Thanks", "merged"), "what they say")
        same(pathlib.Path(ann.hf_hub_download(name, "a.txt")).read_bytes(), b"one\n2\n3\n4\nfive\n", "both sides are there")
        raises(HfHubHTTPError, lambda: ann.merge_pull_request(name, 1), "merged twice", 400)

        request = commit(name, {"b.txt": b"theirs\n"}, message="Theirs", commit_description="words", create_pr=True, by=bob)
        ours = commit(name, {"b.txt": b"ours\n"}, message="Ours")
        conflict = ann.get_discussion_details(name, request.pr_num)
        same((conflict.status, conflict.title, conflict.conflicting_files), ("open", "Theirs", ["b.txt"]),
             "a conflict names its files")
        raises(HfHubHTTPError, lambda: ann.merge_pull_request(name, request.pr_num), "a conflict", 409)
        same(ann.model_info(name).sha, ours.oid, "nothing is merged")
        same([d.num for d in ann.get_repo_discussions(name, discussion_type="pull_request")], [2, 1], "pull requests are listed")
        fast = commit(name, {"c.txt": b"c"}, create_pr=True, by=bob)
        ann.merge_pull_request(name, fast.pr_num)
        check("c.txt" in ann.list_repo_files(name), "one that is ahead")
        same(ann.get_discussion_details(name, fast.pr_num).status, "merged", "is merged too")
