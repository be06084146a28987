"""Who one is, who the others are, and papers."""
from compat import like
from flow import ENDPOINT, HfApi, HttpError, VERSION, ann, bob, check, flow, nobody, raises, repo, same


@flow("account.whoami")
def whoami():
    me = ann.whoami()
    same((me["type"], me["name"], me["fullname"]), ("user", "ann", "Ann 安"), "whoami")
    same([(org["name"], org["roleInOrg"]) for org in me["orgs"]], [("acme", "admin")], "the organisations and the role there")
    same(me["auth"]["accessToken"]["role"], "write", "the token's role")
    same((bob.whoami()["name"], bob.whoami()["orgs"], bob.whoami()["isPro"]), ("bob", [], True), "another token")
    error = raises(HttpError, HfApi(endpoint=ENDPOINT, token="hf_wrong").whoami, "a wrong token", 401)
    check("hf_wrong" not in str(error) and "oken" in str(error), "the message says what is wrong without the token")


@flow("account.users")
def users():
    before = bob.get_user_overview("ann")
    with repo() as name, repo("hidden", private=True) as hidden:
        like(ann, name)
        like(ann, hidden)
        likes = nobody.list_liked_repos("ann")
        same((likes.user, likes.total, likes.models, likes.datasets, likes.spaces), ("ann", 1, [name], [], []), "likes of ann")
        same(sorted(ann.list_liked_repos().models), sorted([name, hidden]), "one's own likes, with those of hidden repos")
        user = bob.get_user_overview("ann")
        same((user.username, user.fullname, user.details, user.is_pro), ("ann", "Ann 安", "ML & more", False), "profile")
        same((user.is_following, user.user_type), (True, "user"), "as its reader sees it")
        same((user.num_models - before.num_models, user.num_likes - before.num_likes), (1, 1), "what bob may see is counted")
        same((user.num_followers, user.num_following, user.num_papers, user.num_upvotes), (2, 1, 1, 107), "counts")
        same([(org.name, org.fullname) for org in user.orgs], [("acme", "Acme, Inc.")], "organisations")
        if VERSION >= (1,):
            own = {row.id: (row.type, row.visibility, row.storage > 0) for row in ann.list_user_repos()}
            same((own[name], own[hidden]), (("model", "public", True), ("model", "private", True)), "her repos")
            raises(HttpError, lambda: list(bob.list_user_repos("acme")), "those of an organisation that is not his", 403)
    same(nobody.get_user_overview("bob").is_pro, True, "a pro")
    raises(HttpError, lambda: ann.get_user_overview("none"), "an unknown user", 404)
    same([u.username for u in ann.list_user_followers("ann")], ["bob", "eve"], "followers")
    same([u.username for u in nobody.list_user_following("ann")], ["bob"], "following")
    same([(u.username, u.fullname) for u in ann.list_organization_members("acme")], [("ann", "Ann 安")], "members")
    raises(HttpError, lambda: list(ann.list_organization_members("none")), "an unknown organisation", 404)
    if VERSION >= (1,):
        acme = ann.get_organization_overview("acme")
        same((acme.name, acme.fullname, acme.num_users), ("acme", "Acme, Inc.", 1), "an organisation")
        same(list(ann.list_organization_followers("acme")), [], "its followers")


def ids(items):
    return [item.id for item in items]


@flow("account.papers")
def papers():
    same(ids(ann.list_papers()), ["2407.21783", "hep-th/9711200"], "all papers")
    same(ids(ann.list_papers(query="größe #1")), ["2407.21783"], "by words of the summary")
    same(ids(nobody.list_papers(query="nothing like it")), [], "none")
    paper = ann.paper_info("2407.21783")
    authors = [getattr(author, "name", author) for author in paper.authors]  # names in the oldest version
    same((paper.title, paper.summary, authors, paper.upvotes), ("The Herd of Models", "Größe & #1", ["Ann", "Li 李"], 107),
         "a paper")
    same(paper.submitted_by.username, "bob", "who submitted it")
    same((paper.published_at.isoformat(), paper.submitted_at.isoformat()),
         ("2024-07-31T17:54:27+00:00", "2024-08-01T00:33:12.456000+00:00"), "its dates")
    same(nobody.paper_info("hep-th/9711200").title, "Old", "an old id, which has a slash")
    raises(HttpError, lambda: ann.paper_info("0000.0"), "an unknown paper", 404)
