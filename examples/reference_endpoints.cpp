// The calls of the area "endpoints"; docs/reference/endpoints.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[create_inference_endpoint
    auto endpoint = co_await api.create_inference_endpoint("tiny-1", {.repository = "acme/tiny",
                                                                      .framework = "pytorch",
                                                                      .accelerator = "cpu",
                                                                      .instance_size = "x2",
                                                                      .instance_type = "intel-icl",
                                                                      .region = "us-east-1",
                                                                      .vendor = "aws",
                                                                      .namespace_ = "acme"});
    std::cout << endpoint.name << " serves " << endpoint.repository << "\n";
    //]
    //[get_inference_endpoint
    endpoint = co_await api.get_inference_endpoint("tiny-1", {.namespace_ = "acme"});
    //]
    //[list_inference_endpoints
    for (const auto& one : co_await api.list_inference_endpoints({.namespace_ = "acme"}))
        std::cout << one.name << "\n";
    //]
    //[update_inference_endpoint
    hfasync::UpdateInferenceEndpointOptions options{.namespace_ = "acme"};
    options.changes.max_replica = 2;
    co_await api.update_inference_endpoint("tiny-1", options);
    //]
    //[pause_inference_endpoint
    co_await api.pause_inference_endpoint("tiny-1", {.namespace_ = "acme"});
    //]
    //[resume_inference_endpoint
    co_await api.resume_inference_endpoint("tiny-1", {.namespace_ = "acme"});
    //]
    //[scale_to_zero_inference_endpoint
    endpoint = co_await api.get_inference_endpoint("tiny-1", {.namespace_ = "acme"});
    co_await endpoint.wait({.timeout = 600, .refresh_every = 1}); // only one that runs can be scaled to zero
    co_await api.scale_to_zero_inference_endpoint("tiny-1", {.namespace_ = "acme"});
    //]
    //[delete_inference_endpoint
    co_await api.delete_inference_endpoint("tiny-1", {.namespace_ = "acme"});
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
