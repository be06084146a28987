"""Inference Endpoints."""
import os

from flow import VERSION, ann, bob, check, flow, home, raises, repo, same
from huggingface_hub import InferenceEndpointError, InferenceEndpointTimeoutError, constants
from huggingface_hub.utils import BadRequestError, HfHubHTTPError

constants.INFERENCE_ENDPOINTS_ENDPOINT = os.environ["HF_INFERENCE_ENDPOINTS_ENDPOINT"]  # no version of the client reads it there
MACHINE = dict(framework="pytorch", accelerator="cpu", instance_size="x2", instance_type="intel-icl", region="us-east-1",
               vendor="aws",
               task="text-generation", namespace="acme")
NEWER = dict(tags=["test"], env={"MODE": "test"}, container_args=["--small"]) if VERSION >= (1,) else {}
GUARDED = "authenticated" if VERSION >= (2,) else "protected"  # the same, by its newer name


@flow("endpoints.manage", seconds=300)
def manage():
    (home() / "token").write_text("hf_ann")  # an endpoint asks with the token of this machine, whatever made it
    with repo(owner="acme", files={"config.json": b"{}"}) as model:
        made = ann.create_inference_endpoint("tiny", repository=model, type=GUARDED, min_replica=0, max_replica=2,
                                             scale_to_zero_timeout=30, secrets={"KEY": "hush"}, **MACHINE, **NEWER)
        try:
            same((made.name, made.namespace, made.repository, made.status, made.type, made.framework, made.task),
                 ("tiny", "acme", model, "pending", GUARDED, "pytorch", "text-generation"), "create_inference_endpoint")
            same((made.raw["compute"]["scaling"]["maxReplica"], made.raw["compute"]["accelerator"]), (2, "cpu"), "its machine")
            if VERSION >= (1,):
                same((made.raw["tags"], made.raw["model"]["env"], made.raw["model"]["args"]),
                     (["test"], {"MODE": "test"}, ["--small"]),
                     "what newer clients can say")
            same(made.url, None, "no address yet")
            raises(InferenceEndpointError, lambda: made.client, "nor a client")
            raises(InferenceEndpointTimeoutError, lambda: made.wait(timeout=0, refresh_every=1), "it is not there at once")
            raises(HfHubHTTPError, lambda: ann.create_inference_endpoint("tiny", repository=model, type=GUARDED, **MACHINE),
                   "twice", 409)
            broken = ann.create_inference_endpoint("none", repository=f"{model}-none", type=GUARDED, **MACHINE)
            same([e.name for e in ann.list_inference_endpoints(namespace="acme")], ["none", "tiny"], "list_inference_endpoints")
            same("tiny" in [e.name for e in ann.list_inference_endpoints(namespace="*")], True, "of all namespaces")
            raises(HfHubHTTPError, lambda: bob.get_inference_endpoint("tiny", namespace="acme"), "of others", 403)
            raises(HfHubHTTPError, lambda: ann.get_inference_endpoint("other", namespace="acme"), "not there", 404)

            made.wait(timeout=60, refresh_every=1)
            same(made.status, "running", "wait: its address answers")
            check(made.url.startswith("http") and made.client.model == made.url, "a client for it")
            raises(InferenceEndpointError, lambda: broken.wait(timeout=60, refresh_every=1), "one of no repo never runs")
            same(broken.status, "failed", "it has failed")
            changed = made.update(instance_size="x4", max_replica=3)
            same((changed.status, changed.raw["compute"]["instanceSize"], changed.raw["compute"]["scaling"]["maxReplica"]),
                 ("updating", "x4", 3), "update")
            same(changed.raw["compute"]["scaling"]["minReplica"], 0, "what it did not say stays")
            same(made.pause().status, "paused", "pause")
            same((made.fetch().status, made.url), ("paused", None), "it is kept")
            raises(BadRequestError, lambda: made.pause(), "paused twice", 400)
            same(made.resume().status, "pending", "resume")
            made.wait(timeout=60, refresh_every=1)
            same(made.resume(running_ok=True).status, "running", "resumed when it runs, allowed")
            raises(BadRequestError, lambda: made.resume(running_ok=False), "resumed when it runs", 400)
            same(made.scale_to_zero().status, "scaledToZero", "scale_to_zero")
        finally:
            for endpoint in ann.list_inference_endpoints(namespace="acme"):
                endpoint.delete()
        raises(HfHubHTTPError, lambda: made.fetch(), "deleted", 404)
        same(ann.list_inference_endpoints(namespace="acme"), [], "none is left")
