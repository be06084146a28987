#include "cli/method_table.hpp"

#include <boost/json/serialize.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/json.hpp>

#include "cli/method.hpp"
#include "describe/json.hpp"

namespace hfasync::cli {

namespace json = boost::json;

/// Arguments of HfApi(...).
struct ClientArguments {
    std::optional<std::string> endpoint;
    Token token;
    std::optional<std::string> library_name;
    std::optional<std::string> library_version;
    Json user_agent; ///< a text, or pairs
    std::optional<std::map<std::string, std::string>> headers;
};
HFASYNC_DESCRIBE(ClientArguments, endpoint, token, library_name, library_version, user_agent, headers)

void refuse_missing(std::string_view method, std::string_view argument)
{
    throw ValueError(std::string(method) + " needs the argument `" + std::string(argument) + "`");
}

void refuse_unknown(std::string_view method, std::string_view argument)
{
    throw ValueError(std::string(method) + " has no argument `" + std::string(argument) + "`");
}

const std::map<std::string_view, Method>& methods()
{
    static const auto table = [] {
        MethodList list;
        for (auto* add :
             {add_models_methods, add_datasets_methods, add_spaces_methods, add_repos_methods,
              add_refs_methods, add_files_methods, add_downloads_methods, add_commits_methods,
              add_users_methods, add_papers_methods, add_safetensors_methods, add_discussions_methods,
              add_endpoints_methods, add_collections_methods, add_access_methods, add_webhooks_methods})
            add(list);
        std::map<std::string_view, Method> by_name;
        for (auto& method : list)
            if (const auto name = method.name; !by_name.emplace(name, std::move(method)).second)
                throw std::logic_error("two methods are named " + std::string(name));
        return by_name;
    }();
    return table;
}

const Method& method_named(std::string_view name)
{
    const auto found = methods().find(name);
    if (found == methods().end())
        throw ValueError("Unknown method '" + std::string(name) + "'; `hfasync api --list` names them all");
    return found->second;
}

ApiCall parse_call(std::string_view text)
{
    const json::value value = Json::parse(text).value();
    const auto* object = value.if_object();
    if (!object) throw ValueError("the call must be a JSON object {\"args\", \"client\", \"then\"}");
    ApiCall call;
    for (const auto& [key, member] : *object) {
        auto* into = key == "args"     ? &call.args
                     : key == "client" ? &call.client
                     : key == "then"   ? &call.then
                                       : nullptr;
        if (!into || !(member.is_object() || member.is_null()))
            throw ValueError(
                "the call must be a JSON object {\"args\", \"client\", \"then\"} of objects, not `" +
                std::string(key) + "`");
        if (member.is_object()) *into = member.get_object();
    }
    return call;
}

HubOptions with_client(HubOptions options, const json::object& client)
{
    auto given = detail::decode<ClientArguments>(json::value(client), {.source = "client", .root = "client"},
                                                 detail::Naming::documented, detail::Unknown::refuse);
    if (given.endpoint) options.endpoint = std::move(*given.endpoint);
    if (given.token.kind() != Token::Kind::unset) options.token = std::move(given.token);
    if (given.library_name) options.library_name = std::move(given.library_name);
    if (given.library_version) options.library_version = std::move(given.library_version);
    if (given.user_agent.is_object()) {
        for (const auto& key : given.user_agent.keys()) {
            const auto value = given.user_agent[key];
            options.user_agent.emplace_back(key, value.as_string().value_or(value.text()));
        }
    } else if (auto text = given.user_agent.as_string()) {
        options.user_agent.emplace_back(std::move(*text), "");
    } else if (!given.user_agent.is_null()) {
        throw ValueError("client.user_agent must be a text or an object");
    }
    if (given.headers)
        for (auto& [name, value] : *given.headers)
            options.headers.emplace_back(name, value);
    return options;
}

/// A call on what the call before gave.
struct ThenArguments {
    std::string method;
    Json args;
    Json then;
};
HFASYNC_DESCRIBE(ThenArguments, method, args, then)

namespace {

ThenArguments read_then(const json::value& value)
{
    auto then = detail::decode<ThenArguments>(value, {.source = "then", .root = "then"},
                                              detail::Naming::documented, detail::Unknown::refuse);
    if (then.method.empty()) throw ValueError("then needs `method`");
    for (const auto* part : {&then.args, &then.then})
        if (!part->is_null() && !part->is_object())
            throw ValueError("then.args and then.then must be objects");
    return then;
}

} // namespace

boost::asio::awaitable<json::value> run_call(const Hub& hub, std::string name, ApiCall call)
{
    // Read before the first request: a typing error must not come after half of the work.
    std::vector<ThenArguments> steps;
    for (json::value then = call.then; then.is_object() && !then.get_object().empty();
         then = steps.back().then.value())
        steps.push_back(read_then(then));
    auto returned = co_await method_named(name).call(HfApi(hub), std::move(call.args));
    for (auto& step : steps) {
        const auto found = returned.methods.find(step.method);
        if (found == returned.methods.end())
            throw NotImplementedError(errc::not_implemented,
                                      "what " + name + " returns has no method `" + step.method + "`");
        name = step.method;
        const auto next = found->second; // the map is replaced by what it gives
        const auto* args = step.args.value().if_object();
        returned = co_await next(args ? *args : json::object());
    }
    co_return std::move(returned.value);
}

/// What `run_as_future` takes.
struct BackgroundArguments {
    std::string method;
    Json args;
};
HFASYNC_DESCRIBE(BackgroundArguments, method, args)

json::value run_in_background(const Hub& hub, const json::object& args)
{
    const auto given =
        detail::decode<BackgroundArguments>(json::value(args), {.source = "arguments", .root = "args"},
                                            detail::Naming::documented, detail::Unknown::refuse);
    if (given.method.empty()) refuse_missing("run_as_future", "method");
    if (!given.args.is_null() && !given.args.is_object())
        throw ValueError("`args` of run_as_future must be an object");
    const auto& method = method_named(given.method);
    const auto* inner = given.args.value().if_object();
    const HfApi api(hub);
    auto call = method.call(api, inner ? *inner : json::object());
    return api.run_as_future(std::move(call)).get().value;
}

json::object describe_current_exception()
{
    json::object error;
    try {
        throw;
    } catch (const Error& e) {
        error["type"] = e.name();
        if (e.detail_name() != e.name()) error["detail"] = e.detail_name();
        error["status"] = nullptr;
        if (e.context().status != 0) error["status"] = e.context().status;
        error["message"] = e.message();
    } catch (const std::exception& e) {
        error["type"] = "RuntimeError";
        error["status"] = nullptr;
        error["message"] = e.what();
    }
    return {{"error", std::move(error)}};
}

} // namespace hfasync::cli
