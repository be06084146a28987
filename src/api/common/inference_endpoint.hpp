// Inference Endpoints: their requests and answers.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

#include <hfasync/types/inference_endpoint.hpp>

#include "api/common/call.hpp"

namespace hfasync {

struct InferenceEndpointHandle {
    detail::HubPtr hub;
    Token token;
};

} // namespace hfasync

namespace hfasync::detail {

/// Which endpoint, and with which token.
struct EndpointRef {
    std::string name;
    std::string namespace_;
    Token token;
};

/// The user that whoami speaks of. \throws ValueError for an organisation
std::string user_name(const Json& whoami);
/// What was given, or the user of the token.
/// \throws ValueError for the token of an organisation, and what whoami throws
boost::asio::awaitable<std::string> endpoint_namespace(HubPtr hub, std::optional<std::string> given,
                                                       Token token);

/// {base}/endpoint/{namespace}[/{name}]{verb}, with the token for that base. An empty name: all of them.
http::Request endpoint_request(const HubPtr& hub, const EndpointRef& endpoint, http::Method method,
                               std::string_view verb = {});
http::ErrorScope endpoint_scope(const EndpointRef& endpoint);

/// {"a.b": 1} -> {"a": {"b": 1}}: descriptions name nested members by their paths.
boost::json::object nested(boost::json::object flat);
/// The other way: members of the objects of the first level beside it.
boost::json::object flattened(const boost::json::object& value);

InferenceEndpoint read_endpoint(const boost::json::value& answer, const DecodeContext& context,
                                const HubPtr& hub, const EndpointRef& endpoint);

// The calls that EndpointsApi and InferenceEndpoint share.
boost::asio::awaitable<InferenceEndpoint> ask_endpoint(HubPtr hub, EndpointRef endpoint,
                                                       http::Request request);
boost::asio::awaitable<InferenceEndpoint> get_endpoint(HubPtr hub, EndpointRef endpoint);
boost::asio::awaitable<InferenceEndpoint> update_endpoint(HubPtr hub, EndpointRef endpoint,
                                                          InferenceEndpointChanges changes);
boost::asio::awaitable<InferenceEndpoint> resume_endpoint(HubPtr hub, EndpointRef endpoint, bool running_ok);
/// POST {verb}: "/pause", "/scale-to-zero".
boost::asio::awaitable<InferenceEndpoint> switch_endpoint(HubPtr hub, EndpointRef endpoint, std::string verb);
boost::asio::awaitable<void> delete_endpoint(HubPtr hub, EndpointRef endpoint);
boost::asio::awaitable<InferenceEndpoint> wait_for_endpoint(HubPtr hub, InferenceEndpoint endpoint,
                                                            InferenceEndpointWaitOptions options);

/// \throws ValueError unless it is an object or absent
void check_custom_image(const Json& image);

/// Whether the token may go to an endpoint's own URL: over https, or in clear text to this machine only.
bool may_carry_token(const http::Url& url);

} // namespace hfasync::detail
