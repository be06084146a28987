#include <hfasync/api/endpoints.hpp>

#include "api/common/inference_endpoint.hpp"
#include "api/common/whoami.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;
using Endpoints = std::vector<InferenceEndpoint>;

boost::asio::awaitable<Endpoints> list_namespace(HubPtr hub, std::string name, Token token)
{
    const EndpointRef all{.name = {}, .namespace_ = std::move(name), .token = std::move(token)};
    auto request = endpoint_request(hub, all, http::Method::get);
    const DecodeContext context{.source = "GET " + request.url.redacted()};
    const auto answer = co_await fetch_json(hub, std::move(request), endpoint_scope(all));
    const auto* object = answer.if_object();
    const auto* items = object ? object->if_contains("items") : nullptr;
    if (!items || !items->is_array())
        throw BadResponseError(errc::bad_response, context.source + ": expected a list at $.items",
                               {.path = "$.items"});
    Endpoints out;
    for (std::size_t i = 0; i < items->get_array().size(); ++i)
        out.push_back(read_endpoint(items->get_array()[i],
                                    {.source = context.source, .root = "$.items[" + std::to_string(i) + "]"},
                                    hub, all));
    co_return out;
}

// 401, 403, 404: no account there, or no right to look. Other failures would make the list a wrong one.
bool is_refusal(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

// The user's own first, then every organisation's.
boost::asio::awaitable<Endpoints> list_everywhere(HubPtr hub, Token token)
{
    const auto me = Json::from(co_await whoami(hub, token));
    auto out = co_await list_namespace(hub, user_name(me), token);
    const auto organizations = me["orgs"];
    for (std::size_t i = 0; i < organizations.size(); ++i) {
        const auto name = organizations[i]["name"].as_string();
        if (!name) continue;
        try {
            for (auto& endpoint : co_await list_namespace(hub, *name, token))
                out.push_back(std::move(endpoint));
        } catch (const HfHubHTTPError& error) {
            if (!is_refusal(error.context().status)) throw;
        }
    }
    co_return out;
}

boost::asio::awaitable<Endpoints> list(HubPtr hub, ListInferenceEndpointsOptions options)
{
    if (options.namespace_ == "*") co_return co_await list_everywhere(std::move(hub), options.token);
    auto name = co_await endpoint_namespace(hub, std::move(options.namespace_), options.token);
    co_return co_await list_namespace(std::move(hub), std::move(name), options.token);
}

json::object create_body(const std::string& name, const CreateInferenceEndpointOptions& options)
{
    check_custom_image(options.custom_image);
    auto flat = encode(options, Naming::wire).as_object();
    for (const auto* key : {"namespace", "token"}) // these say where and who
        flat.erase(key);
    for (const auto* key : {"accountId", "model.revision", "model.task"}) // named even when there is none
        flat.emplace(key, nullptr);
    for_each_index_of<CreateInferenceEndpointOptions>([&](auto i) {
        using Options = CreateInferenceEndpointOptions;
        if constexpr (field_rule<Options, i()>.required)
            if (flat.at(wire_name<Options, i()>()).as_string().empty())
                throw ValueError("create_inference_endpoint needs `" +
                                 std::string(documented_name<Options, i()>()) + "`");
    });
    if (options.custom_image.is_null()) flat["model.image.huggingface"] = json::object();
    if (options.secrets && options.secrets->empty()) flat.erase("model.secrets");
    flat["name"] = name;
    return nested(std::move(flat));
}

boost::asio::awaitable<InferenceEndpoint> create(HubPtr hub, std::string name,
                                                 CreateInferenceEndpointOptions options)
{
    const auto body = create_body(name, options);
    EndpointRef all{.name = {},
                    .namespace_ = co_await endpoint_namespace(hub, options.namespace_, options.token),
                    .token = options.token};
    auto request = endpoint_request(hub, all, http::Method::post);
    request.replay = http::Replay::unsent;
    set_json_body(request, body);
    co_return co_await ask_endpoint(std::move(hub), std::move(all), std::move(request));
}

// The endpoint that a call is about: the namespace is asked for when none was given.
boost::asio::awaitable<EndpointRef> find_ref(HubPtr hub, std::string name,
                                             std::optional<std::string> namespace_, Token token)
{
    if (name.empty()) throw ValueError("name of an Inference Endpoint '' cannot be used: it is empty");
    EndpointRef out{.name = std::move(name), .namespace_ = {}, .token = token};
    out.namespace_ = co_await endpoint_namespace(std::move(hub), std::move(namespace_), std::move(token));
    co_return out;
}

boost::asio::awaitable<InferenceEndpoint> get(HubPtr hub, std::string name, InferenceEndpointOptions options)
{
    auto endpoint = co_await find_ref(hub, std::move(name), std::move(options.namespace_), options.token);
    co_return co_await get_endpoint(std::move(hub), std::move(endpoint));
}

boost::asio::awaitable<InferenceEndpoint> update(HubPtr hub, std::string name,
                                                 UpdateInferenceEndpointOptions options)
{
    check_custom_image(options.changes.custom_image);
    auto endpoint = co_await find_ref(hub, std::move(name), std::move(options.namespace_), options.token);
    co_return co_await update_endpoint(std::move(hub), std::move(endpoint), std::move(options.changes));
}

boost::asio::awaitable<void> remove(HubPtr hub, std::string name, InferenceEndpointOptions options)
{
    auto endpoint = co_await find_ref(hub, std::move(name), std::move(options.namespace_), options.token);
    co_await delete_endpoint(std::move(hub), std::move(endpoint));
}

boost::asio::awaitable<InferenceEndpoint> switch_to(HubPtr hub, std::string name, std::string verb,
                                                    InferenceEndpointOptions options)
{
    auto endpoint = co_await find_ref(hub, std::move(name), std::move(options.namespace_), options.token);
    co_return co_await switch_endpoint(std::move(hub), std::move(endpoint), std::move(verb));
}

boost::asio::awaitable<InferenceEndpoint> resume(HubPtr hub, std::string name,
                                                 ResumeInferenceEndpointOptions options)
{
    auto endpoint = co_await find_ref(hub, std::move(name), std::move(options.namespace_), options.token);
    co_return co_await resume_endpoint(std::move(hub), std::move(endpoint), options.running_ok);
}

} // namespace

boost::asio::awaitable<Endpoints>
EndpointsApi::list_inference_endpoints(ListInferenceEndpointsOptions options) const
{
    return list(hub_.state(), std::move(options));
}

boost::asio::awaitable<InferenceEndpoint>
EndpointsApi::create_inference_endpoint(std::string name, CreateInferenceEndpointOptions options) const
{
    return create(hub_.state(), std::move(name), std::move(options));
}

boost::asio::awaitable<InferenceEndpoint>
EndpointsApi::get_inference_endpoint(std::string name, GetInferenceEndpointOptions options) const
{
    return get(hub_.state(), std::move(name), std::move(options));
}

boost::asio::awaitable<InferenceEndpoint>
EndpointsApi::update_inference_endpoint(std::string name, UpdateInferenceEndpointOptions options) const
{
    return update(hub_.state(), std::move(name), std::move(options));
}

boost::asio::awaitable<void>
EndpointsApi::delete_inference_endpoint(std::string name, DeleteInferenceEndpointOptions options) const
{
    return remove(hub_.state(), std::move(name), std::move(options));
}

boost::asio::awaitable<InferenceEndpoint>
EndpointsApi::pause_inference_endpoint(std::string name, PauseInferenceEndpointOptions options) const
{
    return switch_to(hub_.state(), std::move(name), "/pause", std::move(options));
}

boost::asio::awaitable<InferenceEndpoint>
EndpointsApi::resume_inference_endpoint(std::string name, ResumeInferenceEndpointOptions options) const
{
    return resume(hub_.state(), std::move(name), std::move(options));
}

boost::asio::awaitable<InferenceEndpoint>
EndpointsApi::scale_to_zero_inference_endpoint(std::string name,
                                               ScaleToZeroInferenceEndpointOptions options) const
{
    return switch_to(hub_.state(), std::move(name), "/scale-to-zero", std::move(options));
}

} // namespace hfasync
