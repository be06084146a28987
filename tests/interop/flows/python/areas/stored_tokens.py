"""The tokens of a machine: what hfasync has stored this client uses, and the other way round."""
import stat

from flow import VERSION, ann, check, flow, home, raises, same
from hub import HfasyncError, hfasync, hfasync_api
from huggingface_hub import auth_switch, get_token, login, logout
from huggingface_hub.utils import get_stored_tokens


def who(**environment):
    """Whom the Hub takes hfasync for."""
    return hfasync_api("whoami", environment)["name"]


def files():
    """Content and mode of the two files."""
    found = {}
    for name in ("token", "stored_tokens"):
        path = home() / name
        if path.exists():
            found[name] = (path.read_text(), stat.S_IMODE(path.stat().st_mode))
    return found


def names():
    """Of the stored tokens; the Hub says what they are called."""
    return {token: name for name, token in get_stored_tokens().items()}


def python_first():
    raises(HfasyncError, who, "nobody is logged in")
    for token in ("hf_ann", "hf_bob"):
        login(token, add_to_git_credential=False)
    same(who(), "bob", "hfasync uses the token that Python has stored last")
    auth_switch(names()["hf_ann"])
    same((who(), who(HF_TOKEN="hf_bob")), ("ann", "bob"), "and the one that it has switched to; the environment goes before it")
    same(who(HF_TOKEN_PATH=str(home() / "none"), HF_TOKEN="hf_bob"), "bob", "a token file that is not there")
    hfasync("auth", "switch", names()["hf_bob"])
    same((get_token(), who()), ("hf_bob", "bob"), "Python uses the one that hfasync has switched to")
    before = names()
    hfasync("auth", "logout", before["hf_bob"])
    same((get_token(), get_stored_tokens()), (None, {before["hf_ann"]: "hf_ann"}), "Python has not what hfasync has forgotten")
    logout()
    same(files(), {}, "Python forgets all")
    raises(HfasyncError, who, "nobody is logged in again")


def hfasync_first():
    hfasync("auth", "login", "--env", "GIVEN", GIVEN="hf_ann")
    same((get_token(), who()), ("hf_ann", "ann"), "Python uses the token that hfasync has stored")
    hfasync("auth", "login", "--env", "GIVEN", "--name", "bob's \u00e9 100%", GIVEN="hf_bob")
    same((get_token(), sorted(get_stored_tokens().values())), ("hf_bob", ["hf_ann", "hf_bob"]), "and the second one")
    check("bob's \u00e9 100%" in get_stored_tokens(), f"under its name: {get_stored_tokens()}")
    auth_switch(names()["hf_ann"])
    same(who(), "ann", "Python has switched")
    logout(names()["hf_ann"])
    same(list(get_stored_tokens().values()), ["hf_bob"], "Python has forgotten one")
    hfasync("auth", "switch", names()["hf_bob"])
    same((get_token(), who()), ("hf_bob", "bob"), "hfasync finds the other")
    hfasync("auth", "logout")
    same((get_token(), get_stored_tokens(), files()), (None, {}, {}), "hfasync forgets all")


def same_files():
    """Both write the same, for nobody else to read."""
    written = []
    for log_in in (lambda: login("hf_ann", add_to_git_credential=False),
                   lambda: hfasync("auth", "login", "--env", "GIVEN", GIVEN="hf_ann")):
        home(fresh=True)
        log_in()
        written.append(files())
    same({name: content for name, (content, _) in written[1].items()},
         {name: content for name, (content, _) in written[0].items()},
         "the files of both")
    same([mode for _, mode in written[1].values()], [0o600, 0o600], "the modes of hfasync's")


def sessions():
    """Newer versions of this client renew tokens that a browser gave: what they need for that stays."""
    from huggingface_hub.utils._auth import _read_stored_tokens_full, _save_token
    home(fresh=True)
    _save_token("hf_ann", "session", refresh_token="hf_refresh", expires_at=4102444800)
    hfasync("auth", "login", "--env", "GIVEN", "--name", "other", GIVEN="hf_bob")
    hfasync("auth", "switch", "session")
    same((get_token(), who()), ("hf_ann", "ann"), "a session is switched to")
    same(_read_stored_tokens_full()["session"], {"hf_token": "hf_ann", "refresh_token": "hf_refresh", "expires_at": "4102444800"},
         "it has all that it had")
    hfasync("auth", "logout", "other")
    same(_read_stored_tokens_full(),
         {"session": {"hf_token": "hf_ann", "refresh_token": "hf_refresh", "expires_at": "4102444800"}},
         "also when another one is forgotten")


@flow("account.stored_tokens")
def stored_tokens():
    same(ann.whoami()["name"], "ann", "the Hub knows her")
    python_first()
    hfasync_first()
    same_files()
    if VERSION >= (1, 33):
        sessions()
