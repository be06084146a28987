#!/usr/bin/env python3
"""Discussions and pull requests: the reference client (huggingface_hub) against the embedded Hub.

Takes HF_ENDPOINT and HF_TOKEN, as `hfasync emulator -- python python_discussions.py` sets them. Ends with a line that
says how many checks passed; any failure is a traceback and exit status 1.
"""
import os
import sys
import warnings

ENDPOINT, TOKEN = os.environ.get("HF_ENDPOINT"), os.environ.get("HF_TOKEN")
if not ENDPOINT or not TOKEN:
    sys.exit("usage: HF_ENDPOINT and HF_TOKEN in the environment")
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_XET="1")

import huggingface_hub  # noqa: E402
from huggingface_hub import CommitOperationAdd, HfApi  # noqa: E402
from huggingface_hub.utils import BadRequestError, HfHubHTTPError, RepositoryNotFoundError  # noqa: E402

from checks import check, passed, raises  # noqa: E402



def types(details):
    return [event.type for event in details.events]


def talk(api, repo, repo_type):
    def call(method, *args, **more):
        return getattr(api, method)(repo, *args, repo_type=repo_type, **more)

    me = api.whoami()["name"]
    made = call("create_discussion", title="  Does it work? ")
    check((made.title, made.status, made.num, made.author) == ("Does it work?", "open", 1, me), "create_discussion")
    check(not made.is_pull_request and made.diff is None and made.repo_type == repo_type, "a plain discussion")
    check(made.events[0].content.startswith("Discussion opened with"), "the default text")
    comment = call("comment_discussion", 1, "*Yes* ✓")
    check(comment.content == "*Yes* ✓" and comment.author == me and not comment.edited, "comment_discussion")
    edited = call("edit_discussion_comment", 1, comment.id.upper(), "No")
    check(edited.edited and edited.number_of_edits == 1 and edited.content == "No", "edit_discussion_comment")
    check(edited.edit_history[0]["raw"] == "*Yes* ✓" and edited.last_edited_by == me, "edit_history")
    check(edited.last_edited_at >= comment.created_at and edited.rendered, "last_edited_at, rendered")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hidden = call("hide_discussion_comment", 1, comment.id)
    check(hidden.hidden and hidden.content != "No", "hide_discussion_comment")
    renamed = call("rename_discussion", 1, "It does not")
    check((renamed.old_title, renamed.new_title) == ("Does it work?", "It does not"), "rename_discussion")
    closed = call("change_discussion_status", 1, "closed", comment="Done")
    check(closed.new_status == "closed", "change_discussion_status")
    raises(BadRequestError, lambda: call("change_discussion_status", 1, "closed"), "closed twice", status=400)
    now = call("get_discussion_details", 1)
    check(types(now) == ["comment", "comment", "title-change", "comment", "status-change"], "events in order")
    check(now.status == "closed" and now.title == "It does not" and now.git_reference is None, "details")
    for i in range(12):
        call("create_discussion", title=f"Number {i}", description="text")
    listed = list(call("get_repo_discussions"))
    check([d.num for d in listed] == list(range(13, 0, -1)), "get_repo_discussions")
    check([d.num for d in call("get_repo_discussions", discussion_status="closed")] == [1], "by status")
    check(len(list(call("get_repo_discussions", discussion_type="discussion", author=me))) == 13, "by type and author")
    check(not list(call("get_repo_discussions", author="nobody & co")), "by another author")
    raises(BadRequestError, lambda: call("create_discussion", title="  "), "no title", status=400)
    raises(HfHubHTTPError, lambda: call("get_discussion_details", 99), "no such discussion", status=404)


def pull(api, repo):
    api.create_commit(repo, [CommitOperationAdd("a.txt", b"1\n2\n3\n4\n5\n"), CommitOperationAdd("b.txt", b"b\n")],
                      commit_message="Start")
    made = api.create_pull_request(repo, title="Better", description="Because")
    num = made.num
    check((made.status, made.git_reference) == ("draft", f"refs/pr/{num}"), "create_pull_request")
    check((made.target_branch, made.conflicting_files, made.diff) == ("refs/heads/main", [], ""), "its fields")
    done = api.create_commit(repo, [CommitOperationAdd("a.txt", b"one\n2\n3\n4\n5\n")], commit_message="One",
                             revision=made.git_reference)
    details = api.get_discussion_details(repo, num)
    check(types(details) == ["comment", "commit"] and details.events[1].oid == done.oid, "the commit is an event")
    check(details.events[1].summary == "One" and "-1\n+one\n" in details.diff, "diff")
    raises(BadRequestError, lambda: api.merge_pull_request(repo, num), "a draft is not merged", status=400)
    check(api.change_discussion_status(repo, num, "open").new_status == "open", "a draft is opened")
    api.create_commit(repo, [CommitOperationAdd("a.txt", b"1\n2\n3\n4\nfive\n")], commit_message="Five")
    api.merge_pull_request(repo, num, comment="Thanks")
    merged = api.get_discussion_details(repo, num)
    head = api.model_info(repo).sha
    check((merged.status, merged.merge_commit_oid) == ("merged", head), "merge_pull_request")
    check(types(merged)[-2:] == ["comment", "status-change"] and merged.events[-1].new_status == "merged", "its events")
    with open(api.hf_hub_download(repo, "a.txt")) as file:
        check(file.read() == "one\n2\n3\n4\nfive\n", "both sides are there")

    request = api.create_commit(repo, [CommitOperationAdd("b.txt", b"theirs\n")], commit_message="Theirs",
                                commit_description="words", create_pr=True)
    api.create_commit(repo, [CommitOperationAdd("b.txt", b"ours\n")], commit_message="Ours")
    conflict = api.get_discussion_details(repo, request.pr_num)
    check((conflict.status, conflict.title) == ("open", "Theirs"), "create_pr makes a discussion")
    check(conflict.conflicting_files == ["b.txt"], "conflicting_files")
    raises(HfHubHTTPError, lambda: api.merge_pull_request(repo, request.pr_num), "a conflict", status=409)
    check([d.num for d in api.get_repo_discussions(repo, discussion_type="pull_request")] == [request.pr_num, num],
          "pull requests are listed")
    check({r.ref for r in api.list_repo_refs(repo, include_pull_requests=True).pull_requests} ==
          {f"refs/pr/{num}", request.pr_revision}, "their refs")


def main():
    api = HfApi(endpoint=ENDPOINT, token=TOKEN)
    owner = api.whoami()["orgs"][0]["name"]
    for repo_type, more in (("model", {}), ("dataset", {}), ("space", {"space_sdk": "static"})):
        repo = f"{owner}/python-talk-{repo_type}"
        api.create_repo(repo, repo_type=repo_type, **more)
        talk(api, repo, repo_type)
        api.delete_repo(repo, repo_type=repo_type)
        raises(RepositoryNotFoundError, lambda: api.get_discussion_details(repo, 1, repo_type=repo_type), "gone", status=404)
    repo = f"{owner}/python-pull"
    api.create_repo(repo)
    pull(api, repo)
    print(f"huggingface_hub {huggingface_hub.__version__}: {len(passed)} checks of discussions passed")


main()
