"""The machines of Spaces, and copies of Spaces."""
import warnings

from compat import duplicate_space
from flow import VERSION, ann, bob, check, flow, name_of_repo, nobody, raises, repo, same, until
from huggingface_hub.utils import BadRequestError, HfHubHTTPError, RepositoryNotFoundError

APP = {"app.py": b"print()"}


def storage(name):
    """2.x has no calls for it: the Hub is giving it up."""
    same(ann.get_space_runtime(name).storage, None, "no storage")
    same(ann.request_space_storage(name, "small").storage, "small", "request_space_storage")
    raises(BadRequestError, lambda: ann.request_space_storage(name, "huge"), "no such storage", 400)
    same(ann.delete_space_storage(name).storage, None, "delete_space_storage")
    raises(BadRequestError, lambda: ann.delete_space_storage(name), "there is none", 400)


@flow("spaces.runtime")
def runtime():
    with repo(kind="space", space_sdk="gradio") as name, repo("page", "space") as page:
        same(ann.get_space_runtime(name).stage, "NO_APP_FILE", "nothing to run")
        ann.upload_file(path_or_fileobj=APP["app.py"], path_in_repo="app.py", repo_id=name, repo_type="space")
        building = ann.get_space_runtime(name)
        same((building.stage, building.hardware, building.requested_hardware, building.sleep_time),
             ("BUILDING", None, "cpu-basic", 48 * 3600), "it is built")
        running = until(lambda: (now := nobody.get_space_runtime(name)).stage == "RUNNING" and now, "it runs")
        same((running.hardware, running.raw["replicas"]["current"]), ("cpu-basic", 1), "on free hardware")
        same(ann.space_info(name).runtime.stage, "RUNNING", "space_info says so too")

        asked = ann.request_space_hardware(name, "t4-small", sleep_time=3600)
        same((asked.stage, asked.hardware, asked.requested_hardware, asked.sleep_time),
             ("RUNNING_BUILDING", "cpu-basic", "t4-small", 3600), "request_space_hardware")
        same(ann.set_space_sleep_time(name, 7200).sleep_time, 7200, "set_space_sleep_time")
        raises(HfHubHTTPError, lambda: ann.request_space_hardware(name, "abacus"), "no such hardware", 400)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            ann.request_space_hardware(name, "cpu-basic", sleep_time=60)
        check(any("cpu-basic" in str(w.message) for w in told), "the client warns")
        if VERSION < (2,):
            storage(name)

        same(ann.pause_space(name).stage, "PAUSED", "pause_space")
        same(ann.get_space_runtime(name).stage, "PAUSED", "it is kept")
        same(ann.restart_space(name).stage, "BUILDING", "restart_space")
        same(ann.restart_space(name, factory_reboot=True).stage, "BUILDING", "from nothing")
        for what, call in (("pause", bob.pause_space), ("restart", bob.restart_space)):
            raises(HfHubHTTPError, lambda: call(name), f"{what} by another", 403)
        same(ann.get_space_runtime(page).stage, "RUNNING", "a page runs at once")
        raises(BadRequestError, lambda: ann.pause_space(page), "and cannot be paused", 400)
        raises(BadRequestError, lambda: ann.restart_space(page), "nor restarted", 400)
        raises(RepositoryNotFoundError, lambda: ann.get_space_runtime(f"{name}-none"), "no such Space", 404)


@flow("spaces.secrets_and_variables")
def secrets_and_variables():
    with repo(kind="space", space_sdk="gradio", files=APP, space_secrets=[{"key": "FIRST", "value": "hush"}],
              space_variables=[{"key": "MODE", "value": "test"}]) as name:
        same({k: v.value for k, v in ann.get_space_variables(name).items()}, {"MODE": "test"}, "what it was made with")
        ann.add_space_secret(name, "TOKEN", "hush-2", description="Of the service")
        added = ann.add_space_variable(name, "MODEL", "acme/tiny", description="Its model")
        same({k: (v.value, v.description) for k, v in added.items()},
             {"MODE": ("test", None), "MODEL": ("acme/tiny", "Its model")},
             "add_space_variable")
        check(added["MODEL"].updated_at is not None, "when")
        ann.add_space_variable(name, "MODE", "real \u00e9\n2")
        found = nobody.get_space_variables(name)
        same({k: v.value for k, v in found.items()}, {"MODE": "real \u00e9\n2", "MODEL": "acme/tiny"},
             "get_space_variables: they are public")
        told = f"{found} {ann.get_space_runtime(name).raw} {ann.space_info(name)}"
        check("hush" not in told, "secrets are not told")
        if VERSION >= (1,):
            named = ann.get_space_secrets(name)
            same({k: v.description for k, v in named.items()}, {"FIRST": None, "TOKEN": "Of the service"},
                 "get_space_secrets: names")
            check("hush" not in str(named), "and no more")
            raises(HfHubHTTPError, lambda: bob.get_space_secrets(name), "not to others", 403)
        raises(BadRequestError, lambda: ann.add_space_variable(name, "TOKEN", "x"), "the name of a secret", 400)
        raises(BadRequestError, lambda: ann.add_space_secret(name, "MODE", "x"), "the name of a variable", 400)
        raises(BadRequestError, lambda: ann.add_space_secret(name, "A-B", "x"), "no name", 400)
        raises(HfHubHTTPError, lambda: bob.add_space_secret(name, "X", "x"), "by another", 403)
        same(list(ann.delete_space_variable(name, "MODE")), ["MODEL"], "delete_space_variable")
        ann.delete_space_secret(name, "TOKEN")
        ann.add_space_variable(name, "TOKEN", "free")
        same(ann.get_space_variables(name)["TOKEN"].value, "free", "its name is free again")


@flow("spaces.duplicate")
def duplicate():
    files = {**APP, "w \u00e9.txt": b"w", "weights.bin": bytes(range(256)) * 100}
    copies = [name_of_repo("copy"), name_of_repo("copy", "bob")]
    with repo(kind="space", owner="acme", space_sdk="gradio", files=files) as name:
        ann.add_space_variable(name, "MODE", "test")
        ann.add_space_secret(name, "TOKEN", "hush")
        try:
            url = duplicate_space(ann, name, copies[0], private=True, hardware="t4-small", sleep_time=3600,
                                  secrets=[{"key": "OWN", "value": "hush-2"}], variables=[{"key": "LEVEL", "value": "2"}])
            same((url.repo_id, url.repo_type), (copies[0], "space"), "its address")
            info = ann.space_info(copies[0])
            same((info.private, info.sdk), (True, "gradio"), "what it is")
            same(sorted(ann.list_repo_files(copies[0], repo_type="space")),
                 sorted(ann.list_repo_files(name, repo_type="space")), "its files")
            for path, content in files.items():
                with open(ann.hf_hub_download(copies[0], path, repo_type="space"), "rb") as file:
                    same(file.read() == content, True, f"the bytes of {path}")
            machine = ann.get_space_runtime(copies[0])
            same((machine.requested_hardware, machine.sleep_time), ("t4-small", 3600), "its hardware")
            same({k: v.value for k, v in ann.get_space_variables(copies[0]).items()}, {"LEVEL": "2"}, "its variables")
            raises(BadRequestError, lambda: ann.add_space_variable(copies[0], "OWN", "x"), "it has its own secret", 400)
            ann.add_space_variable(copies[0], "TOKEN", "free")  # and not the original's
            raises(HfHubHTTPError, lambda: duplicate_space(ann, name, copies[0]), "a second time", 409)
            same(duplicate_space(ann, name, copies[0], exist_ok=True).repo_id, copies[0], "a second time, allowed")

            same(duplicate_space(bob, name, copies[1]).repo_id, copies[1], "by who may read it")
            same({k: v.value for k, v in bob.get_space_variables(copies[1]).items()}, {"MODE": "test"}, "with the variables")
            same((bob.space_info(copies[1]).private, bob.get_space_runtime(copies[1]).requested_hardware), (False, "cpu-basic"),
                 "on its own")
            raises(RepositoryNotFoundError, lambda: duplicate_space(bob, copies[0], f"{copies[1]}-2"), "what he may not see", 404)
            raises(HfHubHTTPError, lambda: duplicate_space(bob, name, "ann/mine"), "in another's name", 403)
        finally:
            ann.delete_repo(copies[0], repo_type="space", missing_ok=True)
            bob.delete_repo(copies[1], repo_type="space", missing_ok=True)
