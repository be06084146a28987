#!/usr/bin/env python3
"""The reference client (huggingface_hub) against the embedded Hub: collections, access requests, webhooks.

`hfasync emulator --users two_users.json -- python python_collections.py` sets HF_ENDPOINT and HF_TOKEN (ann's).
Ends with a line that says how many checks passed; any failure is a traceback and exit status 1.
"""
import json
import os
import queue
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

if not os.environ.get("HF_ENDPOINT") or not os.environ.get("HF_TOKEN"):
    sys.exit("usage: hfasync emulator --users two_users.json -- python python_collections.py")
HOME = tempfile.TemporaryDirectory(prefix="hfasync-python-")
os.environ.update(HF_HOME=HOME.name, HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1")
ENDPOINT = os.environ["HF_ENDPOINT"]

from huggingface_hub import HfApi, WebhookWatchedItem  # noqa: E402
from huggingface_hub.utils import (BadRequestError, GatedRepoError, HfHubHTTPError,  # noqa: E402
                                   RepositoryNotFoundError)

api = HfApi()
bob = HfApi(token="hf_bob")
passed = 0


def check(condition, what):
    global passed
    if not condition:
        raise AssertionError(what)
    passed += 1


def same(a, b, what):
    check(a == b, f"{what}: {a!r} is not {b!r}")


def fails(call, status, what, kind=HfHubHTTPError):
    try:
        call()
    except kind as error:
        return same(error.response.status_code, status, what)
    raise AssertionError(f"{what}: no {kind.__name__}")


def post(path, token, body=b""):
    request = urllib.request.Request(ENDPOINT + path, data=body, method="POST" if path.endswith("access") else "PUT",
                                     headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    try:
        return urllib.request.build_opener(Stay).open(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def collections():
    made = api.create_collection("Recent models", namespace="acme", description="All", private=True)
    check(made.slug.startswith("acme/recent-models-"), "slug")
    same((made.title, made.description, made.private, made.items), ("Recent models", "All", True, []), "new collection")
    same(api.create_collection("Recent models", namespace="acme", exists_ok=True).slug, made.slug, "exists_ok")
    fails(lambda: api.create_collection("Recent models", namespace="acme"), 409, "exists")
    fails(lambda: bob.get_collection(made.slug), 404, "private")
    slug = api.update_collection_metadata(made.slug, title="Models", private=False, theme="pink").slug
    check(slug.startswith("acme/models-") and slug[-24:] == made.slug[-24:], "renamed")
    same(bob.get_collection(slug).theme, "pink", "theme")
    fails(lambda: api.update_collection_metadata(slug, theme="black"), 400, "theme", BadRequestError)

    api.add_collection_item(slug, "acme/tiny", "model")
    full = api.add_collection_item(slug, "2307.09288", "paper", note="read")
    same([(i.item_id, i.item_type, i.position, i.note) for i in full.items],
         [("acme/tiny", "model", 0, None), ("2307.09288", "paper", 1, "read")], "items")
    fails(lambda: api.add_collection_item(slug, "acme/tiny", "model"), 409, "item exists")
    same(len(api.add_collection_item(slug, "acme/tiny", "model", exists_ok=True).items), 2, "item exists_ok")
    fails(lambda: api.add_collection_item(slug, "acme/none", "model"), 404, "no such item")
    fails(lambda: bob.add_collection_item(slug, "acme/tiny", "model"), 403, "not his")
    paper = full.items[1].item_object_id
    api.update_collection_item(slug, paper, note="again", position=0)
    same([(i.item_id, i.note) for i in api.get_collection(slug).items], [("2307.09288", "again"), ("acme/tiny", None)], "moved")
    api.delete_collection_item(slug, paper)
    api.delete_collection_item(slug, paper, missing_ok=True)
    fails(lambda: api.delete_collection_item(slug, paper), 404, "item is gone")

    for number in range(5):
        api.create_collection(f"Other {number}")
    same(len(list(api.list_collections())), 6, "listing")
    same(len(list(api.list_collections(owner="ann", limit=3))), 3, "limit")
    same([c.slug for c in api.list_collections(item=["models/acme/tiny"], sort="upvotes")], [slug], "by item")
    same([c.position for c in api.list_collections(owner=["ann", "acme"])], list(range(6)), "positions")
    api.delete_collection(slug)
    api.delete_collection(slug, missing_ok=True)
    fails(lambda: api.delete_collection(slug), 404, "collection is gone")


def access():
    repo = "acme/tiny"
    fails(lambda: api.list_pending_access_requests(repo), 400, "not gated", BadRequestError)
    api.update_repo_settings(repo, gated="manual")
    fails(lambda: bob.hf_hub_download(repo, "x.txt"), 403, "gated", GatedRepoError)
    same(post("/acme/tiny/ask-access", "hf_bob", b'{"Company": "Globex"}'), 303, "asked")
    pending = api.list_pending_access_requests(repo)
    same([(r.username, r.fullname, r.email, r.status, r.fields) for r in pending],
         [("bob", "Bob B.", "bob@example.com", "pending", {"Company": "Globex"})], "pending")
    fails(lambda: api.cancel_access_request(repo, "bob"), 404, "pending already")
    api.accept_access_request(repo, "bob")
    same([r.username for r in api.list_accepted_access_requests(repo)], ["bob"], "accepted")
    check(os.path.exists(bob.hf_hub_download(repo, "x.txt")), "downloaded")
    api.reject_access_request(repo, "bob")
    same(api.list_rejected_access_requests(repo)[0].status, "rejected", "rejected")
    fails(lambda: bob.auth_check(repo), 403, "out again", GatedRepoError)
    api.grant_access(repo, "bob")
    fails(lambda: api.grant_access(repo, "bob"), 400, "granted already", BadRequestError)
    fails(lambda: api.grant_access(repo, "nobody"), 404, "no such user")
    fails(lambda: bob.list_accepted_access_requests(repo), 403, "not his")
    fails(lambda: api.list_accepted_access_requests("acme/none"), 404, "no such repo", RepositoryNotFoundError)
    api.update_repo_settings(repo, gated=False)


def webhooks():
    calls = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.put((self.headers["X-Webhook-Secret"], json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    made = api.create_webhook(url=url, watched=[{"type": "org", "name": "acme"}], secret="my-secret")
    same((made.url, made.domains, made.secret, made.disabled), (url, ["repo", "discussion"], "my-secret", False), "new webhook")
    same(made.watched, [WebhookWatchedItem(type="org", name="acme")], "watched")
    same(api.get_webhook(made.id), made, "get")
    same(api.list_webhooks(), [made], "list")
    same(bob.list_webhooks(), [], "of others")
    same(api.disable_webhook(made.id).disabled, True, "disabled")
    api.upload_file(path_or_fileobj=b"1", path_in_repo="y.txt", repo_id="acme/tiny")
    same(api.enable_webhook(made.id).disabled, False, "enabled")
    commit = api.upload_file(path_or_fileobj=b"2", path_in_repo="y.txt", repo_id="acme/tiny")
    secret, payload = calls.get(timeout=30)
    same(secret, "my-secret", "secret")
    same((payload["event"]["scope"], payload["repo"]["headSha"]), ("repo.content", commit.oid), "payload")
    changed = api.update_webhook(made.id, watched=[WebhookWatchedItem(type="org", name="acme")], domains=["discussion"])
    same(changed.domains, ["discussion"], "domains")
    talk = bob.create_discussion("acme/tiny", "A question", description="Why?")
    secret, payload = calls.get(timeout=30)
    same((payload["event"]["scope"], payload["discussion"]["num"]), ("discussion", talk.num), "discussion")
    fails(lambda: api.create_webhook(url="nope", watched=[]), 400, "no URL", BadRequestError)
    api.delete_webhook(made.id)
    fails(lambda: api.get_webhook(made.id), 404, "webhook is gone")
    server.shutdown()


api.create_repo("acme/tiny")
api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="acme/tiny")
collections()
access()
webhooks()
print(f"python_collections: {passed} checks passed")
