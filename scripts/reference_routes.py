"""The routes of docs/reference/routes.tsv against the recorded conversations, for scripts/make-reference."""
import json
import re


def read_routes(root):
    """Method -> its routes."""
    routes = {}
    for line in (root / "docs/reference/routes.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, route = line.split("\t")
            routes.setdefault(name, []).append(route)
    return routes


def pattern_of(path):
    """ "/[{kind}/]{repo_id}/resolve/{revision}/{path...}" as a regular expression."""
    text = re.sub(r"[.^$*+?()|\\]", r"\\\g<0>", path).replace("[", "(?:").replace("]", ")?")
    text = text.replace("/{kind}", "/(?:models|datasets|spaces)").replace("{kind}", "(?:datasets|spaces)")
    text = re.sub(r"/\{\w+\\\.\\\.\\\.\}", "(?:/.*)?", text)
    text = re.sub(r"\{(?:repo_id|from_id|collection_slug)\}", "[^/]+(?:/[^/]+)?", text)
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", text))


def fits(route, request):
    method, path = route.split(" ", 1)
    if method != request["method"]:
        return False
    if path.startswith("<"):
        return request["origin"] != "endpoint"
    return pattern_of(path).fullmatch(re.sub("^/v2(?=/endpoint)", "", request["path"])) is not None


def route_problems(root, routes):
    """Requests that no route of the method fits, and methods none of whose routes was ever asked for."""
    asked = set()
    for path in sorted((root / "tests/wire/cassettes").glob("*/*.json")):
        cassette = json.loads(path.read_text())
        if "then" in cassette:  # the object that was returned asks for more
            continue
        for request in cassette["requests"]:
            if any(fits(route, request) for route in routes.get(cassette["method"], [])):
                asked.add(cassette["method"])
            else:
                yield f"{path.name}: routes.tsv has no {request['method']} {request['path']} for {cassette['method']}"
    for method in routes:
        if method not in asked:
            yield f"routes.tsv: nothing was recorded of {method}"
