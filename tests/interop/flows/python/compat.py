"""What the versions of the client call differently, under one name each."""
import urllib.request

from flow import ENDPOINT, VERSION, same


def like(api, name, kind="model"):
    """Newer clients take a like back, but cannot give one: there the request is made by hand."""
    if hasattr(api, "like"):
        return api.like(name, repo_type=kind)
    request = urllib.request.Request(f"{ENDPOINT}/api/{kind}s/{name}/like", data=b"", method="POST",
                                     headers={"Authorization": f"Bearer {api.token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        same(answer.status, 200, f"like {name}")


def reject(api, name, user, reason):
    """0.27 gives no reasons."""
    api.reject_access_request(name, user, **({"rejection_reason": reason} if VERSION >= (1,) else {}))


def duplicate_space(api, source, target, **words):
    """2.x copies repos of every kind, and calls what belongs to Spaces so."""
    if hasattr(api, "duplicate_space"):
        return api.duplicate_space(source, target, **words)
    plain = ("private", "exist_ok")
    return api.duplicate_repo(source, target, repo_type="space",
                              **{word if word in plain else f"space_{word}": value for word, value in words.items()})


def downwards():
    """The highest first: newer clients know no other order."""
    return {"direction": -1} if VERSION < (1,) else {}


def queries_of_models(one, dataset):
    """What of list_models() only some versions take; all of them are to find the one model."""
    words = []
    if VERSION >= (1, 33):
        words += [{"num_parameters": "min:10,max:1K"}, {"num_parameters": "max:12", "author": "acme"}]
    if VERSION < (2,):
        words += [{"model_name": one.upper()}]
    if VERSION < (1,):
        words += [{"library": "timm"}, {"language": ["en", "fr"]}, {"task": "image-classification"},
                  {"tags": ["spacy", "region:us"]}, {"tags": "arxiv:1810.04805", "search": one}, {"inference": "warm"},
                  {"library": "timm", "trained_dataset": [dataset], "language": "en"}]
    return words


def queries_of_datasets():
    return [{"benchmark": "raft"}, {"tags": "fiftyone"}] if VERSION < (1,) else [{"benchmark": "raft"}]


def children_of(info):
    """How many models have been made of this one."""
    return info.children_model_count if hasattr(info, "children_model_count") else info.childrenModelCount
