// An Inference Endpoint, and the calls on it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// Source: `InferenceEndpointStatus`.
enum class InferenceEndpointStatus {
    pending,
    initializing,
    updating,
    update_failed,
    running,
    paused,
    failed,
    scaled_to_zero,
};
[[maybe_unused]] constexpr auto hfasync_enum_texts(InferenceEndpointStatus*)
{
    using enum InferenceEndpointStatus;
    return std::array<EnumText<InferenceEndpointStatus>, 8>{{{pending, "pending"},
                                                             {initializing, "initializing"},
                                                             {updating, "updating"},
                                                             {update_failed, "updateFailed"},
                                                             {running, "running"},
                                                             {paused, "paused"},
                                                             {failed, "failed"},
                                                             {scaled_to_zero, "scaledToZero"}}};
}

/// Who may call an Inference Endpoint. Source: `InferenceEndpointType`.
enum class InferenceEndpointType {
    protected_, ///< whoever has a token of the Hub
    public_,    ///< everybody
    private_,   ///< over a private link of the cloud
};
HFASYNC_DESCRIBE_ENUM(InferenceEndpointType, protected_, public_, private_)

/// What an update of an Inference Endpoint may change; what is absent stays as it is. The rules say where the
/// API keeps each.
struct InferenceEndpointChanges {
    std::optional<std::string> accelerator;   ///< cpu, gpu ...
    std::optional<std::string> instance_size; ///< x1, x4 ...
    std::optional<std::string> instance_type; ///< intel-icl, nvidia-a10g ...
    std::optional<std::int64_t> min_replica;
    std::optional<std::int64_t> max_replica;
    std::optional<std::int64_t> scale_to_zero_timeout; ///< minutes without requests
    std::optional<std::string> repository;             ///< id of a model
    std::optional<std::string> framework;              ///< custom, pytorch ...
    std::optional<std::string> revision;
    std::optional<std::string> task;                           ///< text-classification, custom ...
    Json custom_image;                                         ///< an object: url, health_route, env ...
    std::optional<std::map<std::string, std::string>> secrets; ///< of the container's environment
};
HFASYNC_DESCRIBE(InferenceEndpointChanges, accelerator, instance_size, instance_type, min_replica,
                 max_replica, scale_to_zero_timeout, repository, framework, revision, task, custom_image,
                 secrets)
template <>
inline constexpr std::array field_rules<InferenceEndpointChanges>{
    FieldRule{.field = "accelerator", .wire = "compute.accelerator"},
    FieldRule{.field = "instance_size", .wire = "compute.instanceSize"},
    FieldRule{.field = "instance_type", .wire = "compute.instanceType"},
    FieldRule{.field = "min_replica", .wire = "compute.scaling.minReplica"},
    FieldRule{.field = "max_replica", .wire = "compute.scaling.maxReplica"},
    FieldRule{.field = "scale_to_zero_timeout", .wire = "compute.scaling.scaleToZeroTimeout"},
    FieldRule{.field = "repository", .wire = "model.repository"},
    FieldRule{.field = "framework", .wire = "model.framework"},
    FieldRule{.field = "revision", .wire = "model.revision"},
    FieldRule{.field = "task", .wire = "model.task"},
    FieldRule{.field = "custom_image", .wire = "model.image.custom"},
    FieldRule{.field = "secrets", .wire = "model.secrets"},
};

struct InferenceEndpointWaitOptions {
    std::optional<double> timeout; ///< seconds; default: as long as it takes
    double refresh_every = 5;      ///< seconds between two checks
};
HFASYNC_DESCRIBE(InferenceEndpointWaitOptions, timeout, refresh_every)

struct InferenceEndpointResumeOptions {
    bool running_ok = true; ///< one that is already running is no error
};
HFASYNC_DESCRIBE(InferenceEndpointResumeOptions, running_ok)

/// Where an InferenceEndpoint came from; of the implementation.
struct InferenceEndpointHandle;

/// An Inference Endpoint as it was when fetched. Its calls use the Hub and the token of the call that
/// returned it, and return it anew: `endpoint = co_await endpoint.wait();`.
///
/// *Errors* of the calls: HfHubHTTPError (404 when it is gone), BadRequestError for what its state does not
/// allow; ValueError for one that no call of EndpointsApi returned. Source: `InferenceEndpoint`.
struct InferenceEndpoint {
    std::string name;
    std::string namespace_; ///< user or organisation
    std::string repository; ///< id of the model that runs there
    Open<InferenceEndpointStatus> status = Open<InferenceEndpointStatus>::unknown("");
    std::optional<std::string> url; ///< where to send requests; absent until it is deployed
    std::string framework;
    std::optional<std::string> revision;
    std::optional<std::string> task;
    std::optional<Timestamp> created_at;
    std::optional<Timestamp> updated_at;
    Open<InferenceEndpointType> type = Open<InferenceEndpointType>::unknown("");
    Json raw; ///< the API's whole answer
    std::shared_ptr<const InferenceEndpointHandle> handle;

    /// Fetches it again. Source: `InferenceEndpoint.fetch`.
    boost::asio::awaitable<InferenceEndpoint> fetch() const;

    /// Waits until `url` answers with 200, and fetches the endpoint again after each pause. Waits on
    /// HubOptions::clock. The token goes to `url` if that is https, or http on loopback.
    /// *Errors*: InferenceEndpointError when it has failed; InferenceEndpointTimeoutError; ValueError for a
    /// negative `timeout` or a `refresh_every` that is not positive. *Cancellation*: at once, also of the
    /// pause. Source: `InferenceEndpoint.wait`.
    boost::asio::awaitable<InferenceEndpoint> wait(InferenceEndpointWaitOptions options = {}) const;

    /// Source: `InferenceEndpoint.update`.
    boost::asio::awaitable<InferenceEndpoint> update(InferenceEndpointChanges changes = {}) const;
    /// Source: `InferenceEndpoint.pause`.
    boost::asio::awaitable<InferenceEndpoint> pause() const;
    /// Source: `InferenceEndpoint.resume`.
    boost::asio::awaitable<InferenceEndpoint> resume(InferenceEndpointResumeOptions options = {}) const;
    /// Source: `InferenceEndpoint.scale_to_zero`.
    boost::asio::awaitable<InferenceEndpoint> scale_to_zero() const;
    /// Source: `InferenceEndpoint.delete`.
    boost::asio::awaitable<void> delete_() const;

    /// Whether both say the same, whoever fetched them.
    friend bool operator==(const InferenceEndpoint& a, const InferenceEndpoint& b)
    {
        return a.name == b.name && a.namespace_ == b.namespace_ && a.raw == b.raw;
    }
};
HFASYNC_DESCRIBE(InferenceEndpoint, name, namespace_, repository, status, url, framework, revision, task,
                 created_at, updated_at, type, raw, handle)
template <>
inline constexpr std::array field_rules<InferenceEndpoint>{
    FieldRule{.field = "name", .required = true},
    FieldRule{.field = "repository", .wire = "model.repository"},
    FieldRule{.field = "status", .wire = "status.state", .required = true},
    FieldRule{.field = "url", .wire = "status.url"},
    FieldRule{.field = "framework", .wire = "model.framework"},
    FieldRule{.field = "revision", .wire = "model.revision"},
    FieldRule{.field = "task", .wire = "model.task"},
    FieldRule{.field = "created_at", .wire = "status.createdAt"},
    FieldRule{.field = "updated_at", .wire = "status.updatedAt"},
    FieldRule{.field = "handle", .printed = false},
};

} // namespace hfasync
