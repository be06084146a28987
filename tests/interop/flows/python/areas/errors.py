"""Refusals and failures, and how the client tells them."""
import hashlib
import random
from pathlib import Path

from flow import (ENDPOINT, HfApi, HttpError, TransportError, ann, bob, check, commit, flow, nobody, raises, repo, same,
                  status_of)
from hub import fault, hurried
from huggingface_hub.errors import (BadRequestError, DisabledRepoError, EntryNotFoundError, GatedRepoError, HfHubHTTPError,
                                    HFValidationError, LocalTokenNotFoundError, RepositoryNotFoundError, RevisionNotFoundError)
from huggingface_hub.utils import build_hf_headers


@flow("errors.types")
def types():
    reads = HfApi(endpoint=ENDPOINT, token="hf_ann_reads")
    wrong = HfApi(endpoint=ENDPOINT, token="hf_wrong")
    file = {"a.txt": b"a"}
    with repo(files=file) as name, repo("hidden", private=True) as hidden, repo("gated", files=file) as gated:
        head = ann.model_info(name).sha
        ann.create_branch(name, branch="dev")
        ann.update_repo_settings(gated, gated="auto")
        for kind, status, words, call in (
                (RepositoryNotFoundError, 404, "Repository Not Found", lambda: ann.model_info("ann/none")),
                (RepositoryNotFoundError, 401, "Repository Not Found", lambda: nobody.model_info("ann/none")),
                (RepositoryNotFoundError, 404, "Repository Not Found", lambda: bob.list_repo_files(hidden)),
                (RepositoryNotFoundError, 404, "Repository Not Found", lambda: ann.dataset_info(name)),
                (RevisionNotFoundError, 404, "Revision Not Found", lambda: nobody.model_info(name, revision="none")),
                (RevisionNotFoundError, 404, "none", lambda: nobody.list_repo_commits(name, revision="none")),
                (EntryNotFoundError, 404, "none", lambda: list(nobody.list_repo_tree(name, "none"))),
                (EntryNotFoundError, 404, "Entry Not Found", lambda: nobody.hf_hub_download(name, "none.txt")),
                (GatedRepoError, 403, "gated", lambda: bob.hf_hub_download(gated, "a.txt")),
                (GatedRepoError, 401, "gated", lambda: nobody.hf_hub_download(gated, "a.txt")),
                (BadRequestError, 400, "sort", lambda: list(nobody.list_models(sort="colour"))),
                (BadRequestError, 400, "refs/other/x", lambda: ann.create_branch(name, branch="refs/other/x")),
                (HfHubHTTPError, 401, "", lambda: list(wrong.list_models())),
                (HfHubHTTPError, 401, "", lambda: nobody.create_repo("ann/x")),
                (HfHubHTTPError, 403, "", lambda: bob.update_repo_settings(name, private=True)),
                (HfHubHTTPError, 403, "", lambda: commit(name, {"x": b"x"}, by=reads)),
                (HfHubHTTPError, 403, "", lambda: commit(name, {"x": b"x"}, by=bob)),
                (HfHubHTTPError, 409, "already", lambda: ann.create_repo(name)),
                (HfHubHTTPError, 409, "dev", lambda: ann.create_branch(name, branch="dev")),
                (HfHubHTTPError, 412, "", lambda: commit(name, {"x": b"x"}, parent_commit="1" * 40)),
                (HfHubHTTPError, 404, "", lambda: ann.get_user_overview("none"))):
            what = f"{getattr(kind, '__name__', kind)} {status} {words}"
            error = raises(kind, call, what, status)
            check(words.lower() in str(error).lower(), f"{what}: the server's message is in {error}")
            if isinstance(error, HfHubHTTPError):
                check(error.request_id and error.request_id in str(error), f"{what}: and the request's id")
            check("hf_" not in str(error).replace("hf_hub", ""), f"{what}: but no token")
        same(ann.model_info(name).sha, head, "nothing was changed by all that")
        disabled = {"X-Error-Message": "Access to this resource is disabled."}
        with fault(path=f"/api/models/{name}", action="status", status=403, headers=disabled, times=9):
            raises(DisabledRepoError, lambda: nobody.model_info(name), "a repo that the Hub has disabled", 403)
        kettle = {"X-Error-Message": "I am a kettle"}
        with fault(path=f"/api/models/{name}", action="status", status=418, headers=kettle, times=9):
            error = raises(HfHubHTTPError, lambda: nobody.model_info(name), "a status of which nobody has heard", 418)
        check("I am a kettle" in str(error), "its message")
        same(error.server_message, "I am a kettle", "as a member")
    for bad in ("a/b/c", "-x/y", "ann/x--y", "ann/x..y", "ann/x.git", "ann/" + "x" * 97, "a b/c"):
        raises(HFValidationError, lambda: nobody.model_info(bad), f"the id {bad} is refused before it is asked for")
    raises(ValueError, lambda: nobody.repo_info("ann/x", repo_type="paper"), "and a type that there is not")
    raises(LocalTokenNotFoundError, lambda: HfApi(endpoint=ENDPOINT, token=True).whoami(), "a token that must be there")
    check("authorization" not in build_hf_headers(token=False), "no token is sent when none shall be")


def outcome(call, wanted, *kinds):
    """What the call ends with, at the first try and when it is called once more."""
    for _ in range(2):
        try:
            same(call(), wanted, "it was tried again")
        except kinds as error:
            check(status_of(error) in (None, 503) and str(error), f"told as what it is: {type(error).__name__}: {error}")


@flow("errors.transient")
def transient():
    content = random.Random("transient").randbytes(300_000)
    digest = hashlib.sha256(content).hexdigest()
    with repo(files={"w.bin": content}) as name, hurried():
        def listing():
            return [model.id for model in nobody.list_models(search="errors-transient")]

        def tree():
            return [entry.path for entry in nobody.list_repo_tree(name)]

        def download():
            return hashlib.sha256(Path(nobody.hf_hub_download(name, "w.bin", force_download=True)).read_bytes()).hexdigest()

        for what, call, wanted, rules in (
                ("a listing", listing, [name], {"path": "/api/models*"}),
                ("a tree", tree, [".gitattributes", "w.bin"], {"path": f"/api/models/{name}/tree/*"}),
                ("the head of a download", download, digest, {"path": f"/{name}/resolve/*"}),
                ("a download", download, digest, {"path": "*", "origin": "storage", "method": "GET"})):
            for action in ({"action": "status", "status": 503}, {"action": "reset"}, {"action": "close"},
                           {"action": "close", "at": 200}, {"action": "garbage"}):
                with fault(**rules, **action):
                    outcome(call, wanted, HttpError, TransportError, OSError, ValueError)
                same(call(), wanted, f"{what} after {action}")
        with fault(path="/api/models*", action="status", status=503, times=100):
            same(status_of(raises(HttpError, listing, "a Hub that does not come back")), 503, "is told with its status")
        with fault(path="*", action="reset", times=100):
            raises((TransportError, OSError), listing, "a Hub that breaks each connection")
        same(listing(), [name], "and afterwards all is well")
