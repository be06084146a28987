"""Likes."""
from compat import like
from flow import ann, bob, check, flow, nobody, raises, repo, same
from huggingface_hub.utils import HfHubHTTPError, RepositoryNotFoundError


def status_of_like(api, name):
    try:
        like(api, name)
    except Exception as error:
        return getattr(error, "code", None) or error.response.status_code
    return 200


@flow("likes.like")
def likes():
    with repo() as name, repo("rows", "dataset") as rows, repo("demo", "space") as demo, repo("hidden", private=True) as hidden:
        before = ann.list_liked_repos()
        for _ in range(2):  # a second like counts no more
            like(ann, name)
        like(ann, rows, "dataset")
        like(ann, demo, "space")
        like(bob, name)
        liked = ann.list_liked_repos()
        same((liked.user, liked.total - before.total), ("ann", 3), "list_liked_repos")
        check(name in liked.models and rows in liked.datasets and demo in liked.spaces, "by kind")
        same(name in nobody.list_liked_repos("bob").models, True, "of somebody else")
        same(sorted(u.username for u in nobody.list_repo_likers(name)), ["ann", "bob"], "list_repo_likers")
        same([u.username for u in nobody.list_repo_likers(rows, repo_type="dataset")], ["ann"], "of a dataset")
        same((nobody.model_info(name).likes, nobody.space_info(demo).likes), (2, 1), "how many")
        ann.unlike(name)
        same([u.username for u in nobody.list_repo_likers(name)], ["bob"], "taken back")
        same(nobody.model_info(name).likes, 1, "one is left")
        same(name in ann.list_liked_repos().models, False, "and hers is gone")
        ann.unlike(rows, repo_type="dataset")
        ann.unlike(demo, repo_type="space")
        same(ann.list_liked_repos().total, before.total, "all of hers are gone")
        same(status_of_like(bob, hidden), 404, "a repo that he may not see")
        raises(RepositoryNotFoundError, lambda: bob.unlike(hidden), "nor take back", 404)
        raises(HfHubHTTPError, lambda: nobody.unlike(name), "without a token", 401)
