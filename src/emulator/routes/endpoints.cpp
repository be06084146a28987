// The API of Inference Endpoints, at a base path of its own.
#include <algorithm>
#include <array>
#include <atomic>

#include <boost/json/serialize.hpp>

#include "base/hash.hpp"
#include "emulator/access.hpp"
#include "emulator/routes/account.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/routes/endpoints_body.hpp"

namespace hfasync::emulator {

namespace json = boost::json;
using store::Endpoint;
using store::EndpointAim;
using store::Permission;

namespace {

json::object person(const std::string& name)
{
    return {{"id", object_id(name)}, {"name", name}};
}

json::object endpoint_json(const Site& site, const Endpoint& endpoint)
{
    const auto state = store::state_at(endpoint, site.store.now());
    const bool runs = state.state == "running" || state.state == "updating";
    json::object out = endpoint.as;
    out["name"] = endpoint.name;
    out.insert({{"tags", json::array()}, {"cacheHttpResponses", false}}); // unless it was made with others
    out["healthRoute"] = "/health";
    json::object status{{"createdAt", format_timestamp(endpoint.created_at)},
                        {"createdBy", person(endpoint.created_by)},
                        {"updatedAt", format_timestamp(endpoint.updated_at)},
                        {"updatedBy", person(endpoint.updated_by)},
                        {"private", nullptr},
                        {"state", state.state},
                        {"message", state.message}};
    if (state.has_url) status["url"] = site.endpoint + "/inference-endpoints/deployed/" + endpoint.uid;
    status["readyReplica"] = runs ? 1 : 0;
    status["targetReplica"] = state.state == "paused" || state.state == "scaledToZero" ? 0 : 1;
    out["status"] = std::move(status);
    return out;
}

Reply give(const Call& call, const Endpoint& endpoint)
{
    return json_reply(json::serialize(endpoint_json(call.site, endpoint)));
}

/// The namespace of the path, for somebody who may do this there.
const std::string& allowed_namespace(const Call& call, Permission least)
{
    if (!call.who) throw Refusal(401, "", "Unauthorized");
    const auto& name = call.param("namespace");
    if (call.site.store.accounts().in_namespace(call.identity(), name) < least)
        throw Refusal(403, "", "Forbidden");
    return name;
}

/// \throws StoreError 404
Endpoint endpoint_of(const Call& call, Permission least)
{
    const auto& where = allowed_namespace(call, least);
    return call.site.endpoints.get(where, call.param("name"));
}

Reply list(Call& call)
{
    const auto& where = allowed_namespace(call, Permission::read);
    json::array items;
    for (const auto& endpoint : call.site.endpoints.list(where))
        items.push_back(endpoint_json(call.site, endpoint));
    return json_reply(json::serialize(json::object{{"items", std::move(items)}}));
}

Reply get(Call& call)
{
    return give(call, endpoint_of(call, Permission::read));
}

/// Whether the model that it is to run is on this Hub, for the one who deploys it.
bool can_be_loaded(const Call& call, const Endpoint& endpoint)
{
    const std::string id(endpoint.as.at("model").at("repository").as_string());
    const auto repo = call.site.store.find(RepoType::model, id);
    return repo && call.site.store.accounts().may_read_content(call.identity(), repo->settings());
}

/// The commit that a new endpoint is pinned to, unless a revision was asked for.
void pin_revision(const Call& call, Endpoint& endpoint)
{
    auto& model = endpoint.as.at("model").as_object();
    if (endpoint.is_broken || !model.at("revision").is_null()) return;
    const auto repo = call.site.store.find(RepoType::model, model.at("repository").as_string());
    if (!repo) return;
    if (const auto head = repo->try_resolve("main")) model["revision"] = head->hex();
}

std::string new_uid(const Endpoint& endpoint)
{
    static std::atomic<std::uint64_t> next{0};
    return detail::sha256_hex(endpoint.namespace_ + "/" + endpoint.name + "/" +
                              std::to_string(endpoint.created_at.time_since_epoch().count()) + "/" +
                              std::to_string(++next))
        .substr(0, 24);
}

Reply create(Call& call)
{
    Endpoint made;
    made.namespace_ = allowed_namespace(call, Permission::write);
    const auto body = read_object(call.body);
    made.name = read_endpoint_name(body);
    made.as = read_new_endpoint(body);
    made.created_at = made.updated_at = made.aimed_at = made.used_at = call.site.store.now();
    made.created_by = made.updated_by = signed_in(call).account->name;
    made.uid = new_uid(made);
    made.is_broken = !can_be_loaded(call, made);
    pin_revision(call, made);
    call.site.endpoints.add(made);
    return give(call, made);
}

/// Sets what the endpoint is to do now, unless `check` refuses its state.
template <class Check>
Reply aim_at(Call& call, EndpointAim aim, Check check)
{
    const auto& where = allowed_namespace(call, Permission::write);
    const auto now = call.site.store.now();
    return give(call, call.site.endpoints.change(where, call.param("name"), [&](Endpoint& endpoint) {
        check(store::state_at(endpoint, now).state);
        endpoint.aim = aim;
        endpoint.aimed_at = endpoint.used_at = endpoint.updated_at = now;
        endpoint.updated_by = signed_in(call).account->name;
        if (aim == EndpointAim::deploy) endpoint.is_broken = !can_be_loaded(call, endpoint);
    }));
}

Reply update(Call& call)
{
    const auto& where = allowed_namespace(call, Permission::write);
    const auto body = read_object(call.body);
    const auto now = call.site.store.now();
    return give(call, call.site.endpoints.change(where, call.param("name"), [&](Endpoint& endpoint) {
        const auto state = store::state_at(endpoint, now);
        merge_endpoint(endpoint.as, body);
        endpoint.is_broken = !can_be_loaded(call, endpoint);
        pin_revision(call, endpoint);
        endpoint.updated_at = now;
        endpoint.updated_by = signed_in(call).account->name;
        // One that is stopped takes the change along when it starts; one that never ran starts anew.
        if (state.state == "paused" || state.state == "scaledToZero") return;
        endpoint.aim = state.has_url ? EndpointAim::update : EndpointAim::deploy;
        endpoint.aimed_at = endpoint.used_at = now;
    }));
}

Reply remove(Call& call)
{
    const auto& where = allowed_namespace(call, Permission::write);
    call.site.endpoints.remove(where, call.param("name"));
    return json_reply("{}");
}

Reply pause(Call& call)
{
    return aim_at(call, EndpointAim::pause, [](std::string_view state) {
        if (state == "paused") throw Refusal(400, "", "Bad Request: Endpoint is already paused");
    });
}

Reply resume(Call& call)
{
    return aim_at(call, EndpointAim::deploy, [](std::string_view state) {
        if (state == "running" || state == "updating")
            throw Refusal(400, "", "Bad Request: Endpoint is already running");
        if (state == "pending" || state == "initializing")
            throw Refusal(400, "", "Bad Request: Endpoint is starting already");
    });
}

Reply scale_to_zero(Call& call)
{
    return aim_at(call, EndpointAim::scale_to_zero, [](std::string_view state) {
        if (state != "running" && state != "updating")
            throw Refusal(400, "", "Bad Request: Invalid state: " + std::string(state));
    });
}

// ---- the deployed endpoint

void require_caller(const Call& call, const Endpoint& endpoint)
{
    const std::string_view type = endpoint.as.at("type").as_string();
    if (type == "public") return;
    if (!call.who) throw Refusal(401, "", "Unauthorized");
    if (type == "private" &&
        call.site.store.accounts().in_namespace(call.identity(), endpoint.namespace_) == Permission::none)
        throw Refusal(403, "", "Forbidden");
}

/// 200 when it runs. A request wakes one that is scaled to zero.
Reply answer_as_endpoint(Call& call)
{
    const auto endpoint = call.site.endpoints.by_uid(call.param("uid"));
    if (!endpoint) throw Refusal(404, "", "Not Found");
    require_caller(call, *endpoint);
    const auto now = call.site.store.now();
    const auto state = store::state_at(*endpoint, now).state;
    if (state == "paused")
        throw Refusal(400, "", "Bad Request: Endpoint is paused, ask a maintainer to restart it");
    if (state == "scaledToZero") {
        call.site.endpoints.change(endpoint->namespace_, endpoint->name, [&](Endpoint& woken) {
            woken.aim = EndpointAim::wake;
            woken.aimed_at = woken.used_at = now;
        });
        throw Refusal(502, "", "Bad Gateway");
    }
    if (state != "running" && state != "updating") throw Refusal(503, "", "Service Unavailable");
    call.site.endpoints.change(endpoint->namespace_, endpoint->name,
                               [&](Endpoint& used) { used.used_at = now; });
    return text_reply("Ok");
}

} // namespace

void add_endpoint_routes(Router& router)
{
    const std::string all = "/inference-endpoints/v2/endpoint/{namespace}";
    const std::string one = all + "/{name}";
    router.add("GET", all, {}, list);
    router.add("POST", all, {}, create);
    router.add("GET", one, {}, get);
    router.add("PUT", one, {}, update);
    router.add("DELETE", one, {}, remove);
    router.add("POST", one + "/pause", {}, pause);
    router.add("POST", one + "/resume", {}, resume);
    router.add("POST", one + "/scale-to-zero", {}, scale_to_zero);
    for (const auto* method : {"GET", "POST"})
        router.add(method, "/inference-endpoints/deployed/{uid}/{rest...}", {}, answer_as_endpoint);
}

} // namespace hfasync::emulator
