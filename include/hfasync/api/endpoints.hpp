// Inference Endpoints: list, create, get, update, delete, pause, resume, scale to zero.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/inference_endpoint.hpp>

namespace hfasync {

/// Whose endpoint, and with which token.
struct InferenceEndpointOptions {
    std::optional<std::string> namespace_; ///< user or organisation; default: the user of the token
    Token token;
};
HFASYNC_DESCRIBE(InferenceEndpointOptions, namespace_, token)
using GetInferenceEndpointOptions = InferenceEndpointOptions;
using DeleteInferenceEndpointOptions = InferenceEndpointOptions;
using PauseInferenceEndpointOptions = InferenceEndpointOptions;
using ScaleToZeroInferenceEndpointOptions = InferenceEndpointOptions;
/// `namespace_` "*": the user's own, then those of every organisation of the user.
using ListInferenceEndpointsOptions = InferenceEndpointOptions;

struct ResumeInferenceEndpointOptions {
    std::optional<std::string> namespace_; ///< user or organisation; default: the user of the token
    bool running_ok = true;                ///< one that is already running is no error
    Token token;
};
HFASYNC_DESCRIBE(ResumeInferenceEndpointOptions, namespace_, running_ok, token)

/// The first seven are required.
struct CreateInferenceEndpointOptions {
    std::string repository;                ///< id of a model
    std::string framework;                 ///< custom, pytorch ...
    std::string accelerator;               ///< cpu, gpu ...
    std::string instance_size;             ///< x1, x4 ...
    std::string instance_type;             ///< intel-icl, nvidia-a10g ...
    std::string region;                    ///< us-east-1 ...
    std::string vendor;                    ///< aws, azure, gcp
    std::optional<std::string> account_id; ///< links a private endpoint to a cloud account
    std::int64_t min_replica = 0;
    std::int64_t max_replica = 1;
    std::int64_t scale_to_zero_timeout = 15; ///< minutes without requests
    std::optional<std::string> revision;
    std::optional<std::string> task;                           ///< text-classification, custom ...
    Json custom_image;                                         ///< an object: url, health_route, env ...
    std::optional<std::map<std::string, std::string>> secrets; ///< of the container's environment
    Open<InferenceEndpointType> type = InferenceEndpointType::protected_;
    std::optional<std::string> namespace_; ///< user or organisation; default: the user of the token
    Token token;
};
HFASYNC_DESCRIBE(CreateInferenceEndpointOptions, repository, framework, accelerator, instance_size,
                 instance_type, region, vendor, account_id, min_replica, max_replica, scale_to_zero_timeout,
                 revision, task, custom_image, secrets, type, namespace_, token)
template <>
inline constexpr std::array field_rules<CreateInferenceEndpointOptions>{
    FieldRule{.field = "repository", .wire = "model.repository", .required = true},
    FieldRule{.field = "framework", .wire = "model.framework", .required = true},
    FieldRule{.field = "accelerator", .wire = "compute.accelerator", .required = true},
    FieldRule{.field = "instance_size", .wire = "compute.instanceSize", .required = true},
    FieldRule{.field = "instance_type", .wire = "compute.instanceType", .required = true},
    FieldRule{.field = "region", .wire = "provider.region", .required = true},
    FieldRule{.field = "vendor", .wire = "provider.vendor", .required = true},
    FieldRule{.field = "min_replica", .wire = "compute.scaling.minReplica"},
    FieldRule{.field = "max_replica", .wire = "compute.scaling.maxReplica"},
    FieldRule{.field = "scale_to_zero_timeout", .wire = "compute.scaling.scaleToZeroTimeout"},
    FieldRule{.field = "revision", .wire = "model.revision"},
    FieldRule{.field = "task", .wire = "model.task"},
    FieldRule{.field = "custom_image", .wire = "model.image.custom"},
    FieldRule{.field = "secrets", .wire = "model.secrets"},
};

struct UpdateInferenceEndpointOptions {
    InferenceEndpointChanges changes;
    std::optional<std::string> namespace_; ///< user or organisation; default: the user of the token
    Token token;
};
HFASYNC_DESCRIBE(UpdateInferenceEndpointOptions, changes, namespace_, token)
template <>
inline constexpr std::array field_rules<UpdateInferenceEndpointOptions>{
    FieldRule{.field = "changes", .flatten = true}};

/// Inference Endpoints: models that run on machines of their own. They live at
/// HubOptions::inference_endpoints_url, which gets the token too.
///
/// *Errors* of all: HfHubHTTPError (404 for one that does not exist, 401 and 403 without the rights),
/// BadRequestError for what the API refuses. Without a namespace, also those of `whoami`
/// (LocalTokenNotFoundError, HTTPError), and ValueError for a token of an organisation.
class EndpointsApi {
public:
    explicit EndpointsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns the endpoints of a namespace. With "*", organisations that refuse the user are skipped.
    /// Source: `list_inference_endpoints`.
    boost::asio::awaitable<std::vector<InferenceEndpoint>>
    list_inference_endpoints(ListInferenceEndpointsOptions options = {}) const;

    /// Makes an endpoint; it starts by itself.
    /// *Errors*: ConflictError when the name is taken; ValueError for a missing option.
    /// *Retries*: only if nothing can have reached the API. Source: `create_inference_endpoint`.
    boost::asio::awaitable<InferenceEndpoint>
    create_inference_endpoint(std::string name, CreateInferenceEndpointOptions options) const;

    /// Returns one Inference Endpoint as its API describes it now. *Errors*: HfHubHTTPError 404 for an
    /// unknown one. Source: `get_inference_endpoint`.
    boost::asio::awaitable<InferenceEndpoint>
    get_inference_endpoint(std::string name, GetInferenceEndpointOptions options = {}) const;

    /// Changes the machine, the model, or both. Source: `update_inference_endpoint`.
    boost::asio::awaitable<InferenceEndpoint>
    update_inference_endpoint(std::string name, UpdateInferenceEndpointOptions options = {}) const;

    /// Deletes an endpoint; this cannot be undone. Source: `delete_inference_endpoint`.
    boost::asio::awaitable<void> delete_inference_endpoint(std::string name,
                                                           DeleteInferenceEndpointOptions options = {}) const;

    /// Stops an endpoint until it is resumed. Source: `pause_inference_endpoint`.
    boost::asio::awaitable<InferenceEndpoint>
    pause_inference_endpoint(std::string name, PauseInferenceEndpointOptions options = {}) const;

    /// Starts a paused endpoint. *Errors*: BadRequestError when it is already running, unless running_ok
    /// (then it is fetched). Source: `resume_inference_endpoint`.
    boost::asio::awaitable<InferenceEndpoint>
    resume_inference_endpoint(std::string name, ResumeInferenceEndpointOptions options = {}) const;

    /// Stops an endpoint until the next request to it. Source: `scale_to_zero_inference_endpoint`.
    boost::asio::awaitable<InferenceEndpoint>
    scale_to_zero_inference_endpoint(std::string name,
                                     ScaleToZeroInferenceEndpointOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
