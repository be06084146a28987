"""Collections and their items."""
from flow import ann, bob, check, flow, nobody, raises, repo, same
from huggingface_hub.utils import BadRequestError, HfHubHTTPError

PAPER = "2407.21783"


@flow("collections.manage")
def manage():
    with repo(owner="acme") as model:
        made = ann.create_collection("Recent models", namespace="acme", description="All", private=True)
        check(made.slug.startswith("acme/recent-models-"), f"its slug, {made.slug}")
        same((made.title, made.description, made.private, made.items, made.owner["name"]),
             ("Recent models", "All", True, [], "acme"), "a new collection")
        same(ann.create_collection("Recent models", namespace="acme", exists_ok=True).slug, made.slug, "a second one, allowed")
        raises(HfHubHTTPError, lambda: ann.create_collection("Recent models", namespace="acme"), "a second one", 409)
        raises(HfHubHTTPError, lambda: bob.create_collection("Mine", namespace="acme"), "in another's namespace", 403)
        raises(HfHubHTTPError, lambda: bob.get_collection(made.slug), "a private one", 404)
        slug = ann.update_collection_metadata(made.slug, title="Models", description="Some", private=False, theme="pink").slug
        check(slug.startswith("acme/models-") and slug[-24:] == made.slug[-24:], f"renamed: {slug}")
        found = nobody.get_collection(slug)
        same((found.title, found.description, found.theme, found.private), ("Models", "Some", "pink", False), "changed")
        same(nobody.get_collection(made.slug).slug, slug, "found by its old name")
        raises(BadRequestError, lambda: ann.update_collection_metadata(slug, theme="black"), "no such theme", 400)

        ann.add_collection_item(slug, model, "model")
        others = [ann.create_collection(f"Other {number}").slug for number in range(5)]
        same({c.slug for c in ann.list_collections()} >= {slug, *others}, True, "listing")
        same(sorted(c.slug for c in ann.list_collections(owner="ann")), sorted(others), "by owner")
        same(len(list(ann.list_collections(owner="ann", limit=3))), 3, "with a limit")
        same([c.slug for c in ann.list_collections(item=[f"models/{model}"], sort="upvotes")], [slug], "by item")
        same([c.position for c in ann.list_collections(owner=["ann", "acme"])], list(range(6)), "of two owners, with positions")
        same([c.slug for c in ann.list_collections(owner=["ann", "acme"], sort="lastModified")][:1], others[-1:],
             "the newest first")
        same(list(ann.list_collections(owner="bob")), [], "who has none")
        raises(HfHubHTTPError, lambda: bob.delete_collection(slug), "deleted by another", 403)
        for each in [slug, *others]:
            ann.delete_collection(each)
        ann.delete_collection(slug, missing_ok=True)
        raises(HfHubHTTPError, lambda: ann.delete_collection(slug), "deleted twice", 404)
        raises(HfHubHTTPError, lambda: ann.get_collection(slug), "gone", 404)
        same(list(ann.list_collections(owner=["ann", "acme"])), [], "none is left")


@flow("collections.items")
def items():
    with repo() as model, repo("rows", "dataset") as rows, repo("demo", "space") as demo, repo("hidden", private=True) as hidden:
        slug = ann.create_collection("Things").slug
        try:
            ann.add_collection_item(slug, model, "model")
            ann.add_collection_item(slug, rows, "dataset")
            ann.add_collection_item(slug, demo, "space")
            full = ann.add_collection_item(slug, PAPER, "paper", note="read")
            same([(i.item_id, i.item_type, i.position, i.note) for i in full.items],
                 [(model, "model", 0, None), (rows, "dataset", 1, None), (demo, "space", 2, None), (PAPER, "paper", 3, "read")],
                 "items")
            raises(HfHubHTTPError, lambda: ann.add_collection_item(slug, model, "model"), "a second time", 409)
            same(len(ann.add_collection_item(slug, model, "model", exists_ok=True).items), 4, "a second time, allowed")
            raises(HfHubHTTPError, lambda: ann.add_collection_item(slug, f"{model}-none", "model"), "what is not there", 404)
            raises(HfHubHTTPError, lambda: bob.add_collection_item(slug, model, "model"), "by another", 403)
            ann.add_collection_item(slug, hidden, "model")
            same(len(ann.get_collection(slug).items), 5, "a private repo, for its owner")
            same(hidden in [i.item_id for i in bob.get_collection(slug).items], False, "and not for others")

            paper = full.items[3].item_object_id
            ann.update_collection_item(slug, paper, note="again", position=0)
            now = ann.get_collection(slug).items
            same([(i.item_id, i.note) for i in now][:2], [(PAPER, "again"), (model, None)], "annotated and moved")
            same([i.position for i in now], [0, 1, 2, 3, 4], "positions in order")
            raises(HfHubHTTPError, lambda: bob.update_collection_item(slug, paper, note="mine"), "annotated by another", 403)
            ann.delete_collection_item(slug, paper)
            same([i.item_id for i in ann.get_collection(slug).items], [model, rows, demo, hidden], "removed")
            ann.delete_collection_item(slug, paper, missing_ok=True)
            raises(HfHubHTTPError, lambda: ann.delete_collection_item(slug, paper), "removed twice", 404)
        finally:
            ann.delete_collection(slug)
