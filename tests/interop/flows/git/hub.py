"""The Hub's HTTP API, as far as the flows of git need it to make their repos, with nothing but the standard library."""
import base64
import hashlib
import json
import os
import urllib.error
import urllib.parse
import urllib.request

ENDPOINT = os.environ["HF_ENDPOINT"]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """The Hub's refusal, with its status."""

    def __init__(self, error):
        self.status = error.code
        super().__init__(f"{error.code} of {error.url}: {error.read(1000).decode(errors='replace')}")


def quote(text):
    return urllib.parse.quote(text, safe="")


def ask(method, path, body=None, token="hf_ann", kind="application/json"):
    """The answer, JSON or bytes."""
    url = path if path.startswith("http") else ENDPOINT + path
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    headers = {"Content-Type": kind}
    if token:
        headers["Authorization"] = "Bearer " + token
    try:
        with opener.open(urllib.request.Request(url, data, headers, method=method), timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(error) from None
    is_json = answer.headers.get_content_type() == "application/json" and text
    return json.loads(text) if is_json else text


class Repo:
    """A repo of ann's, as long as the with block runs."""

    def __init__(self, name, kind="model", owner="ann", **more):
        self.kind, self.id, self.more = kind, f"{owner}/{name}", more
        self.api = f"/api/{kind}s/{self.id}"

    def __enter__(self):
        owner, name = self.id.split("/")
        ask("POST", "/api/repos/create", {"type": self.kind, "organization": owner, "name": name, **self.more})
        return self

    def __exit__(self, *_):
        owner, name = self.id.split("/")
        ask("DELETE", "/api/repos/delete", {"type": self.kind, "organization": owner, "name": name})

    def url(self, user=None):
        """What git clones; with the name and the token of a user in it."""
        scheme, rest = ENDPOINT.split("://")
        page = self.id if self.kind == "model" else f"{self.kind}s/{self.id}"
        return f"{scheme}://{f'{user}:hf_{user}@' if user else ''}{rest}/{page}"

    def commit(self, title, files, description="", branch="main", deleted=(), pull_request=False, token="hf_ann"):
        """Adds files, each as the Hub says: regular, or as an LFS object. The answer of the commit."""
        lines = [{"key": "header", "value": {"summary": title, "description": description}}]
        modes = self.upload_modes(files, branch) if files else {}
        for path, content in files.items():
            if modes[path] == "lfs":
                oid = self.upload(content)
                lines.append({"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": oid, "size": len(content)}})
            else:
                encoded = base64.b64encode(content).decode()
                lines.append({"key": "file", "value": {"path": path, "content": encoded, "encoding": "base64"}})
        lines += [{"key": "deletedFile", "value": {"path": path}} for path in deleted]
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        query = "?create_pr=1" if pull_request else ""
        return ask("POST", f"{self.api}/commit/{quote(branch)}{query}", body, token, "application/x-ndjson")

    def upload_modes(self, files, branch):
        asked = [{"path": path, "size": len(content), "sample": base64.b64encode(content[:512]).decode()}
                 for path, content in files.items()]
        answer = ask("POST", f"{self.api}/preupload/{quote(branch)}", {"files": asked})
        return {file["path"]: file["uploadMode"] for file in answer["files"]}

    def upload(self, content):
        oid = hashlib.sha256(content).hexdigest()
        batch = {"operation": "upload", "transfers": ["basic"], "hash_algo": "sha256",
                 "objects": [{"oid": oid, "size": len(content)}]}
        text = ask("POST", f"{self.url()}.git/info/lfs/objects/batch", batch)  # of a media type of its own
        item = json.loads(text)["objects"][0]
        if "actions" in item:
            ask("PUT", item["actions"]["upload"]["href"], content, token=None, kind="application/octet-stream")
        return oid

    def branch(self, name, at="main"):
        ask("POST", f"{self.api}/branch/{quote(name)}", {"startingPoint": at})

    def tag(self, name, message="", at="main"):
        ask("POST", f"{self.api}/tag/{quote(at)}", {"tag": name, "message": message})

    def settings(self, **changes):
        ask("PUT", f"{self.api}/settings", changes)

    def merge(self, number):
        ask("POST", f"{self.api}/discussions/{number}/merge", {"comment": "Merged"})

    def refs(self):
        return ask("GET", f"{self.api}/refs?include_prs=1")

    def commits(self, revision="main"):
        return ask("GET", f"{self.api}/commits/{quote(revision)}")

    def tree(self, revision="main"):
        """Entries of all folders, by path."""
        listed = ask("GET", f"{self.api}/tree/{quote(revision)}?recursive=true&expand=false")
        return {entry["path"]: entry for entry in listed}


def refused(call):
    """The status of the refusal that the call ends with."""
    try:
        call()
    except Refused as error:
        return error.status
    raise AssertionError("it was not refused")
