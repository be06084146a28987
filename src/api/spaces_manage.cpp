// What changes a Space: secrets, variables, hardware, storage, sleep, pause, restart, copies.
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <hfasync/api/spaces.hpp>

#include "api/common/call.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/repo_results.hpp"
#include "api/common/whoami.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

// One request about a Space: POST /api/spaces/acme/demo/hardware.
struct SpaceCall {
    http::Method method = http::Method::get;
    std::string repo_id;
    std::string verb; ///< "/hardware"
    Token token;
    std::optional<json::object> body{};
    QueryPairs query{};
    /// Most calls set a state, and setting it twice is setting it. What does more says so.
    http::Replay replay = http::Replay::safe;
};

http::ErrorScope scope_of_space(const std::string& repo_id)
{
    return {.what = "space " + repo_id};
}

http::Request to_request(const HubPtr& hub, const SpaceCall& call)
{
    http::Request request;
    request.method = call.method;
    request.url = api_url(hub, repo_api_path(RepoType::space, call.repo_id, call.verb));
    if (!call.query.empty()) request.url.add_query(call.query);
    request.auth.token = call.token;
    request.replay = call.replay;
    if (call.body) set_json_body(request, *call.body);
    return request;
}

boost::asio::awaitable<void> send(HubPtr hub, SpaceCall call)
{
    auto request = to_request(hub, call);
    co_await fetch_nothing(std::move(hub), std::move(request), scope_of_space(call.repo_id));
}

boost::asio::awaitable<SpaceRuntime> ask_runtime(HubPtr hub, SpaceCall call)
{
    auto request = to_request(hub, call);
    const DecodeContext context{.source =
                                    std::string(to_string(request.method)) + " " + request.url.redacted()};
    auto answer = co_await fetch_json(std::move(hub), std::move(request), scope_of_space(call.repo_id));
    co_return read_space_runtime(std::move(answer), context);
}

boost::asio::awaitable<SpaceVariables> ask_variables(HubPtr hub, SpaceCall call)
{
    auto request = to_request(hub, call);
    auto variables =
        co_await fetch<SpaceVariables>(std::move(hub), std::move(request), scope_of_space(call.repo_id));
    for (auto& [key, variable] : variables)
        variable.key = key;
    co_return variables;
}

json::object entry_body(std::string_view key, std::string_view value,
                        const std::optional<std::string>& description)
{
    json::object body{{"key", json_text(key)}, {"value", json_text(value)}};
    if (description) body["description"] = *description;
    return body;
}

// ---- copies

// "namespace/name" of the copy.
boost::asio::awaitable<std::string> target_of(HubPtr hub, std::string from_id,
                                              std::optional<std::string> to_id, Token token)
{
    const auto source = RepoUrl::parse(from_id);
    if (!to_id) co_return co_await whoami_name(std::move(hub), std::move(token)) + "/" + source.repo_name;
    const auto target = RepoUrl::parse(*to_id);
    if (target.namespace_) co_return target.repo_id;
    co_return co_await whoami_name(std::move(hub), std::move(token)) + "/" + target.repo_name;
}

std::optional<RepoUrl> url_of(const json::value& answer, const std::string& endpoint)
{
    const auto* object = answer.if_object();
    const auto* url = object ? object->if_contains("url") : nullptr;
    if (!url || !url->is_string()) return std::nullopt;
    return RepoUrl::parse(std::string(url->get_string()), endpoint);
}

boost::asio::awaitable<RepoUrl> duplicate(HubPtr hub, std::string from_id, DuplicateSpaceOptions options)
{
    validate_repo_id(from_id);
    if (options.to_id) validate_repo_id(*options.to_id);
    const auto target = co_await target_of(hub, from_id, options.to_id, options.token);
    auto body = encode(options, Naming::wire).as_object();
    for (const auto* key : {"toId", "token", "existOk"}) // not the Hub's business
        body.erase(key);
    body["repository"] = target;
    auto request = to_request(hub, {.method = http::Method::post,
                                    .repo_id = from_id,
                                    .verb = "/duplicate",
                                    .token = options.token,
                                    .body = std::move(body),
                                    .replay = http::Replay::unsent});
    const auto url = request.url;
    std::string exists; // the body of the Hub's 409 names the Space that is there
    try {
        const auto answer = co_await fetch_json(hub, std::move(request), scope_of_space(from_id));
        if (auto made = url_of(answer, hub->options.endpoint)) co_return *made;
    } catch (const ConflictError& error) {
        if (!options.exist_ok || error.context().status != 409) throw;
        exists = error.context().body;
    }
    boost::system::error_code ignored;
    if (const auto answer = json::parse(exists, ignored); !exists.empty() && !ignored)
        if (auto found = url_of(answer, hub->options.endpoint)) co_return *found;
    if (!exists.empty()) co_return RepoUrl::parse("spaces/" + target, hub->options.endpoint);
    throw BadResponseError(errc::bad_response, "POST " + url.redacted() + ": expected a URL at $.url");
}

} // namespace

boost::asio::awaitable<void> SpacesApi::add_space_secret(std::string repo_id, std::string key,
                                                         std::string value,
                                                         AddSpaceSecretOptions options) const
{
    return send(hub_.state(), {.method = http::Method::post,
                               .repo_id = std::move(repo_id),
                               .verb = "/secrets",
                               .token = std::move(options.token),
                               .body = entry_body(key, value, options.description)});
}

boost::asio::awaitable<void> SpacesApi::delete_space_secret(std::string repo_id, std::string key,
                                                            DeleteSpaceSecretOptions options) const
{
    return send(hub_.state(), {.method = http::Method::delete_,
                               .repo_id = std::move(repo_id),
                               .verb = "/secrets",
                               .token = std::move(options.token),
                               .body = json::object{{"key", key}}});
}

boost::asio::awaitable<SpaceVariables> SpacesApi::get_space_variables(std::string repo_id,
                                                                      GetSpaceVariablesOptions options) const
{
    return ask_variables(
        hub_.state(),
        {.repo_id = std::move(repo_id), .verb = "/variables", .token = std::move(options.token)});
}

boost::asio::awaitable<SpaceVariables> SpacesApi::add_space_variable(std::string repo_id, std::string key,
                                                                     std::string value,
                                                                     AddSpaceVariableOptions options) const
{
    return ask_variables(hub_.state(), {.method = http::Method::post,
                                        .repo_id = std::move(repo_id),
                                        .verb = "/variables",
                                        .token = std::move(options.token),
                                        .body = entry_body(key, value, options.description)});
}

boost::asio::awaitable<SpaceVariables>
SpacesApi::delete_space_variable(std::string repo_id, std::string key,
                                 DeleteSpaceVariableOptions options) const
{
    return ask_variables(hub_.state(), {.method = http::Method::delete_,
                                        .repo_id = std::move(repo_id),
                                        .verb = "/variables",
                                        .token = std::move(options.token),
                                        .body = json::object{{"key", key}}});
}

boost::asio::awaitable<SpaceRuntime> SpacesApi::get_space_runtime(std::string repo_id,
                                                                  GetSpaceRuntimeOptions options) const
{
    return ask_runtime(
        hub_.state(), {.repo_id = std::move(repo_id), .verb = "/runtime", .token = std::move(options.token)});
}

boost::asio::awaitable<SpaceRuntime>
SpacesApi::request_space_hardware(std::string repo_id, Open<SpaceHardware> hardware,
                                  RequestSpaceHardwareOptions options) const
{
    json::object body{{"flavor", encode(hardware, Naming::wire)}};
    if (options.sleep_time) body["sleepTimeSeconds"] = *options.sleep_time;
    return ask_runtime(hub_.state(), {.method = http::Method::post,
                                      .repo_id = std::move(repo_id),
                                      .verb = "/hardware",
                                      .token = std::move(options.token),
                                      .body = std::move(body)});
}

boost::asio::awaitable<SpaceRuntime> SpacesApi::set_space_sleep_time(std::string repo_id,
                                                                     std::int64_t sleep_time,
                                                                     SetSpaceSleepTimeOptions options) const
{
    return ask_runtime(hub_.state(), {.method = http::Method::post,
                                      .repo_id = std::move(repo_id),
                                      .verb = "/sleeptime",
                                      .token = std::move(options.token),
                                      .body = json::object{{"seconds", sleep_time}}});
}

boost::asio::awaitable<SpaceRuntime> SpacesApi::pause_space(std::string repo_id,
                                                            PauseSpaceOptions options) const
{
    return ask_runtime(hub_.state(), {.method = http::Method::post,
                                      .repo_id = std::move(repo_id),
                                      .verb = "/pause",
                                      .token = std::move(options.token)});
}

boost::asio::awaitable<SpaceRuntime> SpacesApi::restart_space(std::string repo_id,
                                                              RestartSpaceOptions options) const
{
    QueryPairs query;
    if (options.factory_reboot) query.emplace_back("factory", "true");
    return ask_runtime(hub_.state(), {.method = http::Method::post,
                                      .repo_id = std::move(repo_id),
                                      .verb = "/restart",
                                      .token = std::move(options.token),
                                      .query = std::move(query),
                                      .replay = http::Replay::unsent}); // a second one stops the first
}

boost::asio::awaitable<RepoUrl> SpacesApi::duplicate_space(std::string from_id,
                                                           DuplicateSpaceOptions options) const
{
    return duplicate(hub_.state(), std::move(from_id), std::move(options));
}

boost::asio::awaitable<SpaceRuntime>
SpacesApi::request_space_storage(std::string repo_id, Open<SpaceStorage> storage,
                                 RequestSpaceStorageOptions options) const
{
    return ask_runtime(hub_.state(), {.method = http::Method::post,
                                      .repo_id = std::move(repo_id),
                                      .verb = "/storage",
                                      .token = std::move(options.token),
                                      .body = json::object{{"tier", encode(storage, Naming::wire)}},
                                      .replay = http::Replay::unsent});
}

boost::asio::awaitable<SpaceRuntime> SpacesApi::delete_space_storage(std::string repo_id,
                                                                     DeleteSpaceStorageOptions options) const
{
    return ask_runtime(hub_.state(), {.method = http::Method::delete_,
                                      .repo_id = std::move(repo_id),
                                      .verb = "/storage",
                                      .token = std::move(options.token),
                                      .replay = http::Replay::unsent}); // the second is refused: none there
}

} // namespace hfasync
