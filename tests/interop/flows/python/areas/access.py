"""Access to gated repos: who asks, and who decides."""
import pathlib
import urllib.error
import urllib.request

from compat import reject
from flow import ENDPOINT, VERSION, ann, bob, check, flow, nobody, raises, repo, same
from huggingface_hub.utils import BadRequestError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(path, token, body=b""):
    """The status of a request for access, which people make in their browsers: no client has a call for it."""
    request = urllib.request.Request(f"{ENDPOINT}/{path}/ask-access", data=body, method="POST",
                                     headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    try:
        return urllib.request.build_opener(Stay).open(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def users(requests):
    return [r.username for r in requests]


def lists(name, kind="model"):
    return [users(call(name, repo_type=kind)) for call in (ann.list_pending_access_requests, ann.list_accepted_access_requests,
                                                           ann.list_rejected_access_requests)]


def decided(name):
    """bob asks, and ann changes her mind."""
    same(ask(name, "hf_bob", b'{"Company": "Globex"}'), 303, "asked")
    (pending,) = ann.list_pending_access_requests(name)
    same((pending.username, pending.fullname, pending.email, pending.status, pending.fields),
         ("bob", "bob", "bob@users.noreply.huggingface.co", "pending", {"Company": "Globex"}), "pending")
    check(pending.timestamp.tzinfo is not None, "its time")
    raises(GatedRepoError, lambda: bob.hf_hub_download(name, "x.txt"), "not yet", 403)
    raises(HfHubHTTPError, lambda: ann.cancel_access_request(name, "bob"), "pending already", 404)
    ann.accept_access_request(name, "bob")
    same(lists(name), [[], ["bob"], []], "accepted")
    bob.auth_check(name)
    same(pathlib.Path(bob.hf_hub_download(name, "x.txt")).read_bytes(), b"x", "downloaded")
    raises(HfHubHTTPError, lambda: ann.accept_access_request(name, "bob"), "accepted twice", 404)
    reject(ann, name, "bob", "Nobody knows Globex")
    same(lists(name), [[], [], ["bob"]], "rejected")
    raises(GatedRepoError, lambda: bob.auth_check(name), "out again", 403)
    same(ask(name, "hf_bob"), 403, "asked again")
    ann.cancel_access_request(name, "bob")
    same(lists(name), [["bob"], [], []], "cancelled: it is pending again")
    ann.grant_access(name, "bob")
    same(lists(name), [[], ["bob"], []], "granted")
    raises(BadRequestError, lambda: ann.grant_access(name, "bob"), "granted already", 400)


def by_its_id(name):
    """Newer clients name the request, for repos that do not show who asks."""
    reject(ann, name, "bob", None)
    (rejected,) = ann.list_rejected_access_requests(name)
    ann.accept_access_request(name, request_id=rejected.request_id)
    (accepted,) = ann.list_accepted_access_requests(name)
    same((accepted.username, accepted.request_id), ("bob", rejected.request_id), "accepted by the id of the request")
    raises(HfHubHTTPError, lambda: ann.cancel_access_request(name, request_id="0" * 24), "an unknown request", 404)


@flow("access.requests")
def requests():
    with repo(files={"x.txt": b"x"}) as name:
        raises(BadRequestError, lambda: list(ann.list_pending_access_requests(name)), "not gated", 400)
        ann.update_repo_settings(name, gated="manual")
        raises(GatedRepoError, lambda: bob.hf_hub_download(name, "x.txt"), "gated", 403)
        raises(GatedRepoError, lambda: nobody.hf_hub_download(name, "x.txt"), "gated for nobody", 401)
        same(bob.model_info(name).gated, "manual", "what it is can be read")
        decided(name)
        if VERSION >= (2,):
            by_its_id(name)
        raises(HfHubHTTPError, lambda: ann.grant_access(name, "nobody"), "no such user", 404)
        raises(HfHubHTTPError, lambda: list(bob.list_accepted_access_requests(name)), "not his to see", 403)
        raises(HfHubHTTPError, lambda: bob.accept_access_request(name, "bob"), "nor to decide", 403)
        raises(RepositoryNotFoundError, lambda: list(ann.list_accepted_access_requests(f"{name}-none")), "no such repo", 404)
        ann.update_repo_settings(name, gated=False)
        same(pathlib.Path(nobody.hf_hub_download(name, "x.txt")).read_bytes(), b"x", "open again")
    with repo("rows", "dataset", files={"x.txt": b"x"}) as rows:
        ann.update_repo_settings(rows, repo_type="dataset", gated="auto")
        raises(GatedRepoError, lambda: bob.hf_hub_download(rows, "x.txt", repo_type="dataset"), "gated, but who asks may", 403)
        same(ask(f"datasets/{rows}", "hf_bob"), 303, "asked")
        same(lists(rows, "dataset"), [[], ["bob"], []], "accepted at once")
        same(pathlib.Path(bob.hf_hub_download(rows, "x.txt", repo_type="dataset")).read_bytes(), b"x", "downloaded")
        same(ask(f"datasets/{rows}", "hf_dan"), 303, "asked by another")
        (dan,) = [r for r in ann.list_accepted_access_requests(rows, repo_type="dataset") if r.username == "dan"]
        same((dan.fullname, dan.email, dan.fields), ("Dan D.", "dan@example.com", None), "with his name and address")
