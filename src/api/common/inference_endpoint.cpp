#include "api/common/inference_endpoint.hpp"

#include "api/common/url_part.hpp"
#include "api/common/whoami.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

DecodeContext context_of(const http::Request& request)
{
    return {.source = std::string(to_string(request.method)) + " " + request.url.redacted()};
}

} // namespace

std::string user_name(const Json& whoami)
{
    const auto name = whoami["name"].as_string();
    if (!name || whoami["type"].as_string() != "user")
        throw ValueError("Cannot determine default namespace. You must provide a 'namespace' as input or be "
                         "logged in as a user.");
    return *name;
}

boost::asio::awaitable<std::string> endpoint_namespace(HubPtr hub, std::optional<std::string> given,
                                                       Token token)
{
    if (given && !given->empty()) co_return std::move(*given);
    co_return user_name(Json::from(co_await whoami(std::move(hub), std::move(token))));
}

http::Request endpoint_request(const HubPtr& hub, const EndpointRef& endpoint, http::Method method,
                               std::string_view verb)
{
    const auto& base = hub->options.inference_endpoints_url;
    http::Request request;
    request.method = method;
    request.url = http::Url::parse(base);
    while (request.url.path.ends_with('/'))
        request.url.path.pop_back();
    request.url.path += "/endpoint/" + url_part(endpoint.namespace_, "namespace");
    if (!endpoint.name.empty())
        request.url.path += "/" + url_part(endpoint.name, "name of an Inference Endpoint");
    request.url.path += verb;
    request.auth = {.token = endpoint.token, .origin = base};
    return request;
}

http::ErrorScope endpoint_scope(const EndpointRef& endpoint)
{
    if (endpoint.name.empty()) return {.what = "the Inference Endpoints of " + endpoint.namespace_};
    return {.what = "Inference Endpoint " + endpoint.namespace_ + "/" + endpoint.name};
}

json::object nested(json::object flat)
{
    json::object out;
    for (auto& [key, value] : flat) {
        auto* into = &out;
        std::string_view path = key;
        for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
            auto& inner = (*into)[path.substr(0, dot)];
            if (!inner.is_object()) inner.emplace_object();
            into = &inner.get_object();
            path.remove_prefix(dot + 1);
        }
        (*into)[path] = std::move(value);
    }
    return out;
}

json::object flattened(const json::object& value)
{
    json::object out;
    for (const auto& [key, member] : value) {
        const auto* inner = member.if_object();
        if (!inner) {
            out[key] = member;
            continue;
        }
        for (const auto& [name, part] : *inner)
            out[std::string(key) + "." + std::string(name)] = part;
    }
    return out;
}

InferenceEndpoint read_endpoint(const json::value& answer, const DecodeContext& context, const HubPtr& hub,
                                const EndpointRef& endpoint)
{
    const auto* object = answer.if_object();
    if (!object)
        throw BadResponseError(errc::bad_response, context.source + ": expected an object at " + context.root,
                               {.path = context.root});
    auto flat = flattened(*object);
    flat["namespace"] = endpoint.namespace_;
    flat.erase("raw");
    auto out = decode<InferenceEndpoint>(flat, context);
    out.raw = Json::from(answer);
    out.handle = std::make_shared<InferenceEndpointHandle>(hub, endpoint.token);
    return out;
}

boost::asio::awaitable<InferenceEndpoint> ask_endpoint(HubPtr hub, EndpointRef endpoint,
                                                       http::Request request)
{
    const auto context = context_of(request);
    const auto answer = co_await fetch_json(hub, std::move(request), endpoint_scope(endpoint));
    co_return read_endpoint(answer, context, hub, endpoint);
}

boost::asio::awaitable<InferenceEndpoint> get_endpoint(HubPtr hub, EndpointRef endpoint)
{
    auto request = endpoint_request(hub, endpoint, http::Method::get);
    co_return co_await ask_endpoint(std::move(hub), std::move(endpoint), std::move(request));
}

boost::asio::awaitable<InferenceEndpoint> update_endpoint(HubPtr hub, EndpointRef endpoint,
                                                          InferenceEndpointChanges changes)
{
    check_custom_image(changes.custom_image);
    auto request = endpoint_request(hub, endpoint, http::Method::put); // idempotent: it names the values
    set_json_body(request, nested(encode(changes, Naming::wire).as_object()));
    co_return co_await ask_endpoint(std::move(hub), std::move(endpoint), std::move(request));
}

boost::asio::awaitable<InferenceEndpoint> switch_endpoint(HubPtr hub, EndpointRef endpoint, std::string verb)
{
    auto request = endpoint_request(hub, endpoint, http::Method::post, verb);
    request.replay = http::Replay::unsent; // the second one would be refused
    co_return co_await ask_endpoint(std::move(hub), std::move(endpoint), std::move(request));
}

boost::asio::awaitable<InferenceEndpoint> resume_endpoint(HubPtr hub, EndpointRef endpoint, bool running_ok)
{
    try {
        co_return co_await switch_endpoint(hub, endpoint, "/resume");
    } catch (const BadRequestError& error) {
        // The API has no code for it but these words.
        const bool runs = error.context().status == 400 &&
                          error.context().body.find("already running") != std::string::npos;
        if (!running_ok || !runs) throw;
    }
    co_return co_await get_endpoint(std::move(hub), std::move(endpoint));
}

boost::asio::awaitable<void> delete_endpoint(HubPtr hub, EndpointRef endpoint)
{
    auto request = endpoint_request(hub, endpoint, http::Method::delete_);
    co_await fetch_nothing(std::move(hub), std::move(request), endpoint_scope(endpoint));
}

void check_custom_image(const Json& image)
{
    if (!image.is_null() && !image.is_object())
        throw ValueError("custom_image must be an object, such as {\"url\": ..., \"health_route\": ...}");
}

} // namespace hfasync::detail
