// Secrets, variables, hardware, storage, sleep, pause and restart of Spaces.
#include "emulator/routes/spaces.hpp"

#include <functional>

#include <boost/json/serialize.hpp>

#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"

namespace hfasync::emulator {

namespace json = boost::json;
using store::SpaceFacts;
using store::SpaceState;

namespace {

std::string app_file_of(const CardFacts& facts)
{
    if (facts.sdk == "docker") return "Dockerfile";
    if (facts.card)
        if (const auto* named = facts.card->if_contains("app_file"); named && named->is_string())
            return std::string(named->get_string());
    return "app.py";
}

std::string runtime_json(const SpaceState& space, const SpaceFacts& facts, Timestamp now)
{
    const auto machine = store::machine_at(space, facts, now);
    JsonText out;
    const auto text_or_null = [&](const std::string& text) { text.empty() ? out.null() : out.string(text); };
    out.open('{').key("stage").string(machine.stage).key("hardware").open('{').key("current");
    text_or_null(machine.hardware);
    out.key("requested");
    text_or_null(machine.requested);
    out.close('}').key("storage");
    text_or_null(machine.storage);
    if (machine.sleep_time) out.key("gcTimeout").raw(std::to_string(*machine.sleep_time));
    const bool up = machine.stage.starts_with("RUNNING");
    out.key("replicas").open('{').key("current").number(up ? 1 : 0).key("requested").number(1).close('}');
    return out.close('}').take();
}

std::string variables_json(const SpaceState& space)
{
    json::object out;
    for (const auto& [key, variable] : space.variables) {
        json::object item{{"value", variable.value}};
        if (variable.description) item["description"] = *variable.description;
        item["updatedAt"] = format_timestamp(variable.updated_at);
        out[key] = std::move(item);
    }
    return json::serialize(out);
}

/// The repo of a call about a Space: only Spaces have a machine.
void require_space(const Call& call)
{
    if (repo_type(call) != RepoType::space)
        throw Refusal(404, "", "Sorry, we can't find the page you are looking for.");
}

using Change = std::function<void(SpaceState&, const SpaceFacts&, Timestamp now)>;

/// Changes a Space for somebody who may. \returns its state afterwards, and what its repo says
std::pair<SpaceState, SpaceFacts> change_space(Call& call, const Change& change)
{
    require_space(call);
    const auto repo = writable(call);
    const auto facts = space_facts(call.site, repo);
    SpaceState space;
    repo->update([&](store::RepoSettings& settings) {
        space = store::read_space(settings);
        change(space, facts, call.site.store.now());
        store::keep_space(settings, space);
    });
    return {std::move(space), facts};
}

Reply change_machine(Call& call, const Change& change)
{
    const auto [space, facts] = change_space(call, change);
    return json_reply(runtime_json(space, facts, call.site.store.now()));
}

void refuse_static(const SpaceFacts& facts, std::string_view what)
{
    if (facts.sdk == "static") throw Refusal(400, "", "Cannot " + std::string(what) + " a static Space");
}

// ---- secrets and variables

void check_key(const std::string& key)
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    bool good = !key.empty() && letter(key.front());
    for (const char c : key)
        good = good && (letter(c) || (c >= '0' && c <= '9'));
    if (!good)
        throw Refusal(400, "", "\"key\" with value \"" + key + "\" fails to match the required pattern");
}

using Values = std::map<std::string, store::SpaceValue>;

/// {"key", "value", "description"?} into `own`, unless `other` has the name.
void set_value(Values& own, const Values& other, std::string_view other_kind, const json::object& body,
               Timestamp now)
{
    const auto key = require_text(body, "key");
    check_key(key);
    if (other.contains(key))
        throw Refusal(400, "", "A " + std::string(other_kind) + " with the same name already exists");
    store::SpaceValue value{.value = require_text(body, "value"), .description = {}, .updated_at = now};
    if (const auto* text = body.if_contains("description"); text && !text->is_null())
        value.description = require_text(body, "description");
    own.insert_or_assign(key, std::move(value));
}

Reply set_secret(Call& call)
{
    const auto body = read_object(call.body);
    change_space(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        set_value(space.secrets, space.variables, "variable", body, now);
        store::rebuild(space, facts, now); // the new environment comes with a restart
    });
    return json_reply("{}");
}

/// What they are called, for those who may set them. Their values are never given out.
Reply secrets(Call& call)
{
    require_space(call);
    json::object out;
    for (const auto& [key, secret] : store::read_space(writable(call)->settings()).secrets) {
        json::object item;
        if (secret.description) item["description"] = *secret.description;
        item["updatedAt"] = format_timestamp(secret.updated_at);
        out[key] = std::move(item);
    }
    return json_reply(json::serialize(out));
}

Reply remove_secret(Call& call)
{
    const auto key = require_text(read_object(call.body), "key");
    change_space(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        if (space.secrets.erase(key) > 0) store::rebuild(space, facts, now);
    });
    return json_reply("{}");
}

Reply variables(Call& call)
{
    require_space(call);
    return json_reply(variables_json(store::read_space(readable(call)->settings())));
}

Reply set_variable(Call& call)
{
    const auto body = read_object(call.body);
    return json_reply(
        variables_json(change_space(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
                           set_value(space.variables, space.secrets, "secret", body, now);
                           store::rebuild(space, facts, now);
                       }).first));
}

Reply remove_variable(Call& call)
{
    const auto key = require_text(read_object(call.body), "key");
    return json_reply(
        variables_json(change_space(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
                           if (space.variables.erase(key) > 0) store::rebuild(space, facts, now);
                       }).first));
}

// ---- the machine

Reply runtime(Call& call)
{
    require_space(call);
    return json_reply(space_runtime(call.site, readable(call)));
}

/// Seconds; -1 for never. \throws Refusal 400
std::optional<std::int64_t> read_sleep_time(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    boost::system::error_code ec;
    const auto seconds = value->to_number<std::int64_t>(ec);
    if (ec || seconds < -1 || seconds > 1'000'000'000'000)
        throw Refusal(400, "", "\"" + std::string(key) + "\" must be a number of seconds, or -1");
    return seconds;
}

Reply request_hardware(Call& call)
{
    const auto body = read_object(call.body);
    const auto flavor = require_text(body, "flavor");
    const auto sleep_time = read_sleep_time(body, "sleepTimeSeconds");
    if (!store::is_space_hardware(flavor))
        throw Refusal(400, "", "Invalid value for flavor: \"" + flavor + "\"");
    return change_machine(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        refuse_static(facts, "request hardware for");
        if (space.requested != flavor) {
            store::rebuild(space, facts, now);
            space.requested = flavor;
            space.sleep_time.reset();
        }
        if (sleep_time) space.sleep_time = sleep_time; // has no effect on free hardware
    });
}

Reply set_sleep_time(Call& call)
{
    const auto seconds = read_sleep_time(read_object(call.body), "seconds");
    if (!seconds) throw Refusal(400, "", "\"seconds\" is required");
    return change_machine(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        refuse_static(facts, "set a sleep time for");
        if (store::machine_at(space, facts, now).stage == "RUNNING") space.active_at = now;
        space.sleep_time = seconds;
    });
}

Reply pause(Call& call)
{
    return change_machine(call, [](SpaceState& space, const SpaceFacts& facts, Timestamp) {
        refuse_static(facts, "pause");
        space.is_paused = true;
    });
}

Reply restart(Call& call)
{
    return change_machine(call, [](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        refuse_static(facts, "restart");
        store::restart(space, now);
    });
}

Reply request_storage(Call& call)
{
    const auto tier = require_text(read_object(call.body), "tier");
    const auto rank = store::storage_rank(tier);
    if (!rank || *rank == 0) throw Refusal(400, "", "\"tier\" must be one of [small, medium, large]");
    return change_machine(call, [&](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        refuse_static(facts, "request storage for");
        if (*rank < store::storage_rank(space.storage))
            throw Refusal(400, "", "Cannot decrease persistent storage size");
        if (space.storage == tier) return;
        store::rebuild(space, facts, now);
        space.storage = tier;
    });
}

Reply delete_storage(Call& call)
{
    return change_machine(call, [](SpaceState& space, const SpaceFacts& facts, Timestamp now) {
        if (space.storage.empty()) throw Refusal(400, "", "This Space has no persistent storage");
        store::rebuild(space, facts, now);
        space.storage.clear();
    });
}

} // namespace

SpaceFacts space_facts(Site& site, const std::shared_ptr<store::Repo>& repo)
{
    const auto head = site.cards.head(repo);
    SpaceFacts out{.sdk = head->facts->sdk};
    if (!head->commit) return out;
    out.pushed_at = repo->commit_record(*head->commit).date;
    const auto app =
        out.sdk == "static" ? std::nullopt : repo->find(*head->commit, app_file_of(*head->facts));
    out.has_app_file = out.sdk == "static" || (app && !app->is_folder);
    return out;
}

std::string space_runtime(Site& site, const std::shared_ptr<store::Repo>& repo)
{
    return runtime_json(store::read_space(repo->settings()), space_facts(site, repo), site.store.now());
}

void add_space_routes(Router& router)
{
    router.add("GET", "/api/{kind}/{id}/runtime", {}, runtime);
    router.add("GET", "/api/{kind}/{id}/secrets", {}, secrets);
    router.add("POST", "/api/{kind}/{id}/secrets", {}, set_secret);
    router.add("DELETE", "/api/{kind}/{id}/secrets", {}, remove_secret);
    router.add("GET", "/api/{kind}/{id}/variables", {}, variables);
    router.add("POST", "/api/{kind}/{id}/variables", {}, set_variable);
    router.add("DELETE", "/api/{kind}/{id}/variables", {}, remove_variable);
    router.add("POST", "/api/{kind}/{id}/hardware", {}, request_hardware);
    router.add("POST", "/api/{kind}/{id}/sleeptime", {}, set_sleep_time);
    router.add("POST", "/api/{kind}/{id}/pause", {}, pause);
    router.add("POST", "/api/{kind}/{id}/restart", {"factory"}, restart);
    router.add("POST", "/api/{kind}/{id}/storage", {}, request_storage);
    router.add("DELETE", "/api/{kind}/{id}/storage", {}, delete_storage);
    add_duplicate_routes(router);
}

} // namespace hfasync::emulator
