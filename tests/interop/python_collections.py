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

from checks import check, passed, raises, same  # noqa: E402

api = HfApi()
bob = HfApi(token="hf_bob")


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
    raises(HfHubHTTPError, lambda: api.create_collection("Recent models", namespace="acme"), "exists", status=409)
    raises(HfHubHTTPError, lambda: bob.get_collection(made.slug), "private", status=404)
    slug = api.update_collection_metadata(made.slug, title="Models", private=False, theme="pink").slug
    check(slug.startswith("acme/models-") and slug[-24:] == made.slug[-24:], "renamed")
    same(bob.get_collection(slug).theme, "pink", "theme")
    raises(BadRequestError, lambda: api.update_collection_metadata(slug, theme="black"), "theme", status=400)

    api.add_collection_item(slug, "acme/tiny", "model")
    full = api.add_collection_item(slug, "2307.09288", "paper", note="read")
    same([(i.item_id, i.item_type, i.position, i.note) for i in full.items],
         [("acme/tiny", "model", 0, None), ("2307.09288", "paper", 1, "read")], "items")
    raises(HfHubHTTPError, lambda: api.add_collection_item(slug, "acme/tiny", "model"), "item exists", status=409)
    same(len(api.add_collection_item(slug, "acme/tiny", "model", exists_ok=True).items), 2, "item exists_ok")
    raises(HfHubHTTPError, lambda: api.add_collection_item(slug, "acme/none", "model"), "no such item", status=404)
    raises(HfHubHTTPError, lambda: bob.add_collection_item(slug, "acme/tiny", "model"), "not his", status=403)
    paper = full.items[1].item_object_id
    api.update_collection_item(slug, paper, note="again", position=0)
    same([(i.item_id, i.note) for i in api.get_collection(slug).items], [("2307.09288", "again"), ("acme/tiny", None)], "moved")
    api.delete_collection_item(slug, paper)
    api.delete_collection_item(slug, paper, missing_ok=True)
    raises(HfHubHTTPError, lambda: api.delete_collection_item(slug, paper), "item is gone", status=404)

    for number in range(5):
        api.create_collection(f"Other {number}")
    same(len(list(api.list_collections())), 6, "listing")
    same(len(list(api.list_collections(owner="ann", limit=3))), 3, "limit")
    same([c.slug for c in api.list_collections(item=["models/acme/tiny"], sort="upvotes")], [slug], "by item")
    same([c.position for c in api.list_collections(owner=["ann", "acme"])], list(range(6)), "positions")
    api.delete_collection(slug)
    api.delete_collection(slug, missing_ok=True)
    raises(HfHubHTTPError, lambda: api.delete_collection(slug), "collection is gone", status=404)


def access():
    repo = "acme/tiny"
    raises(BadRequestError, lambda: api.list_pending_access_requests(repo), "not gated", status=400)
    api.update_repo_settings(repo, gated="manual")
    raises(GatedRepoError, lambda: bob.hf_hub_download(repo, "x.txt"), "gated", status=403)
    same(post("/acme/tiny/ask-access", "hf_bob", b'{"Company": "Globex"}'), 303, "asked")
    pending = api.list_pending_access_requests(repo)
    same([(r.username, r.fullname, r.email, r.status, r.fields) for r in pending],
         [("bob", "Bob B.", "bob@example.com", "pending", {"Company": "Globex"})], "pending")
    raises(HfHubHTTPError, lambda: api.cancel_access_request(repo, "bob"), "pending already", status=404)
    api.accept_access_request(repo, "bob")
    same([r.username for r in api.list_accepted_access_requests(repo)], ["bob"], "accepted")
    check(os.path.exists(bob.hf_hub_download(repo, "x.txt")), "downloaded")
    api.reject_access_request(repo, "bob")
    same(api.list_rejected_access_requests(repo)[0].status, "rejected", "rejected")
    raises(GatedRepoError, lambda: bob.auth_check(repo), "out again", status=403)
    api.grant_access(repo, "bob")
    raises(BadRequestError, lambda: api.grant_access(repo, "bob"), "granted already", status=400)
    raises(HfHubHTTPError, lambda: api.grant_access(repo, "nobody"), "no such user", status=404)
    raises(HfHubHTTPError, lambda: bob.list_accepted_access_requests(repo), "not his", status=403)
    raises(RepositoryNotFoundError, lambda: api.list_accepted_access_requests("acme/none"), "no such repo", status=404)
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
    raises(BadRequestError, lambda: api.create_webhook(url="nope", watched=[]), "no URL", status=400)
    api.delete_webhook(made.id)
    raises(HfHubHTTPError, lambda: api.get_webhook(made.id), "webhook is gone", status=404)
    server.shutdown()


api.create_repo("acme/tiny")
api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="acme/tiny")
collections()
access()
webhooks()
print(f"python_collections: {len(passed)} checks passed")
