// Inference Endpoints.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Status = InferenceEndpointStatus;

Task manage(Run run)
{
    const auto repo = co_await run.make_repo("acme/endpoints-manage");
    const std::string name = "flow-manage";
    const CreateInferenceEndpointOptions wanted{.repository = repo,
                                                .framework = "pytorch",
                                                .accelerator = "cpu",
                                                .instance_size = "x2",
                                                .instance_type = "intel-icl",
                                                .region = "us-east-1",
                                                .vendor = "aws",
                                                .min_replica = 0,
                                                .max_replica = 2,
                                                .task = "text-classification",
                                                .namespace_ = "acme"};
    const auto made = co_await run.ann.create_inference_endpoint(name, wanted);
    run.same(made.name, name, "name");
    run.same(made.namespace_, "acme", "namespace");
    run.same(made.repository, repo, "repository");
    run.same(made.framework, "pytorch", "framework");
    run.same(made.task, "text-classification", "task");
    run.check(made.status == Status::pending && !made.url, "pending");
    run.check(made.type == InferenceEndpointType::protected_, "type");
    run.same(made.raw["compute"]["scaling"]["maxReplica"].as_int(), 2, "replicas");
    co_await run.raises<ConflictError>(run.ann.create_inference_endpoint(name, wanted), "the name is taken",
                                       409);
    co_await run.raises<HfHubHTTPError>(run.bob.create_inference_endpoint("flow-bob", wanted), "not bob's",
                                        403);
    const auto all = co_await run.ann.list_inference_endpoints({.namespace_ = "acme"});
    run.check(all.size() == 1 && all[0].name == name, "it is listed");
    run.check((co_await run.ann.list_inference_endpoints()).empty(), "not among ann's own");
    run.same((co_await run.ann.list_inference_endpoints({.namespace_ = "*"})).size(), 1u, "but among all");

    auto endpoint = co_await run.ann.get_inference_endpoint(name, {.namespace_ = "acme"});
    co_await run.raises<InferenceEndpointTimeoutError>(endpoint.wait({.timeout = 0.2, .refresh_every = 0.1}),
                                                       "it is not there at once");
    endpoint = co_await endpoint.wait({.timeout = 60, .refresh_every = 0.2});
    run.check(endpoint.status == Status::running && endpoint.url.has_value(), "it runs");
    endpoint = co_await endpoint.update({.instance_size = "x4", .max_replica = 3});
    run.check(endpoint.status == Status::updating, "it is changed");
    run.same(endpoint.raw["compute"]["instanceSize"].as_string(), "x4", "another machine");
    run.same(endpoint.raw["compute"]["scaling"]["maxReplica"].as_int(), 3, "more of them");
    run.same(endpoint.raw["compute"]["instanceType"].as_string(), "intel-icl", "the rest is as it was");
    endpoint = co_await endpoint.pause();
    run.check(endpoint.status == Status::paused && !endpoint.url, "paused");
    endpoint = co_await run.ann.resume_inference_endpoint(name, {.namespace_ = "acme"});
    run.check(!(endpoint.status == Status::paused), "resumed");
    endpoint = co_await endpoint.wait({.timeout = 60, .refresh_every = 0.2});
    co_await run.raises<BadRequestError>(endpoint.resume({.running_ok = false}), "it runs already", 400);
    run.check((co_await endpoint.resume()).status == Status::running, "unless that is fine");
    endpoint = co_await endpoint.scale_to_zero();
    run.check(endpoint.status == Status::scaled_to_zero, "scaled to zero");
    co_await run.ann.delete_inference_endpoint(name, {.namespace_ = "acme"});
    co_await run.raises<HfHubHTTPError>(endpoint.fetch(), "it is gone", 404);
    run.check((co_await run.ann.list_inference_endpoints({.namespace_ = "acme"})).empty(), "nor listed");
}

} // namespace

Flows endpoint_flows()
{
    return {{"endpoints.manage", manage}};
}

} // namespace hfasync::flows
