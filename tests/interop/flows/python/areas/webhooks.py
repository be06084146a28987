"""Webhooks, and what they deliver."""
import contextlib
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from flow import ann, bob, commit, flow, nobody, raises, repo, same
from huggingface_hub import WebhookWatchedItem
from huggingface_hub.utils import BadRequestError, HfHubHTTPError


@contextlib.contextmanager
def receiver(statuses=()):
    """A server that keeps what is sent to it; it answers with these statuses first, then with 200. -> (its URL, a queue)"""
    calls, left = queue.Queue(), list(statuses)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.put((self.headers, json.loads(body)))
            self.send_response(left.pop(0) if left else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", calls
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def webhook(api=ann, **words):
    made = api.create_webhook(**words)
    try:
        yield made
    finally:
        api.delete_webhook(made.id)


@flow("webhooks.manage")
def manage():
    watched = [WebhookWatchedItem(type="user", name="ann"), WebhookWatchedItem(type="org", name="acme")]
    made = ann.create_webhook(url="https://example.com/hook", watched=[{"type": "user", "name": "ann"}, watched[1]],
                              secret="my-secret")
    same((made.url, made.domains, made.secret, made.disabled, made.watched),
         ("https://example.com/hook", ["repo", "discussion"], "my-secret", False, watched), "a new webhook")
    same(ann.get_webhook(made.id), made, "get_webhook")
    same(ann.list_webhooks(), [made], "list_webhooks")
    same(bob.list_webhooks(), [], "of somebody else")
    raises(HfHubHTTPError, lambda: bob.get_webhook(made.id), "another's", 404)
    raises(HfHubHTTPError, lambda: nobody.list_webhooks(), "without a token", 401)
    changed = ann.update_webhook(made.id, url="https://example.com/other", watched=watched[:1], domains=["discussion"],
                                 secret="new")
    same((changed.id, changed.url, changed.watched, changed.domains, changed.secret),
         (made.id, "https://example.com/other", watched[:1], ["discussion"], "new"), "update_webhook")
    same(ann.get_webhook(made.id), changed, "it is kept")
    same((ann.disable_webhook(made.id).disabled, ann.get_webhook(made.id).disabled), (True, True), "disable_webhook")
    same((ann.enable_webhook(made.id).disabled, ann.get_webhook(made.id).disabled), (False, False), "enable_webhook")
    raises(BadRequestError, lambda: ann.create_webhook(url="nope", watched=[]), "no URL", 400)
    raises(HfHubHTTPError, lambda: ann.create_webhook(url="https://example.com", watched=[], domains=["weather"]),
           "no such domain", 400)
    ann.delete_webhook(made.id)
    raises(HfHubHTTPError, lambda: ann.get_webhook(made.id), "deleted", 404)
    raises(HfHubHTTPError, lambda: ann.delete_webhook(made.id), "deleted twice", 404)
    same(ann.list_webhooks(), [], "none is left")


@flow("webhooks.delivery")
def delivery():
    with repo(owner="acme") as name, receiver() as (url, calls):
        with webhook(url=url, watched=[{"type": "org", "name": "acme"}], secret="my-secret") as made:
            def next_call():
                headers, payload = calls.get(timeout=30)
                same(headers["X-Webhook-Secret"], "my-secret", "the secret")
                same(payload["webhook"]["id"], made.id, "its webhook")
                return payload

            ann.disable_webhook(made.id)
            commit(name, {"y.txt": b"1"})
            ann.enable_webhook(made.id)
            pushed = commit(name, {"y.txt": b"2"})
            payload = next_call()  # the first one was not told
            same((payload["event"]["scope"], payload["event"]["action"]), ("repo.content", "update"), "a commit")
            same((payload["repo"]["name"], payload["repo"]["type"], payload["repo"]["headSha"]), (name, "model", pushed.oid),
                 "its repo")
            same([(ref["ref"], ref["newSha"]) for ref in payload["updatedRefs"]], [("refs/heads/main", pushed.oid)], "its ref")
            talk = bob.create_discussion(name, "A question", description="Why?")
            payload = next_call()
            same((payload["event"]["scope"], payload["event"]["action"]), ("discussion", "create"), "a discussion")
            same((payload["discussion"]["num"], payload["discussion"]["title"]), (talk.num, "A question"), "its number")
            ann.update_webhook(made.id, watched=made.watched, domains=["discussion"])
            commit(name, {"y.txt": b"3"})
            ann.comment_discussion(name, talk.num, "Because")
            payload = next_call()  # the commit was of no such domain
            same((payload["event"]["scope"], payload["comment"]["content"]), ("discussion.comment", "Because"), "a comment")
            ann.change_discussion_status(name, talk.num, "closed")
            payload = next_call()
            same((payload["event"]["scope"], payload["discussion"]["status"]), ("discussion", "closed"), "a status")
    with repo("again") as name, receiver(statuses=[500]) as (url, calls):
        with webhook(url=url, watched=[{"type": "model", "name": name}]):
            pushed = commit(name, {"y.txt": b"1"})
            first, second = calls.get(timeout=30), calls.get(timeout=30)
            same(first[1], second[1], "a delivery that failed comes again")
            same(first[0]["X-Webhook-Secret"], None, "and there is no secret")
            same(first[1]["repo"]["headSha"], pushed.oid, "of the right commit")
