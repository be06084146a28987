// Webhooks in a user's settings.
#include <algorithm>
#include <array>

#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/webhook_payload.hpp"

namespace hfasync::emulator {

namespace json = boost::json;
using store::Webhook;

namespace {

constexpr std::array<std::string_view, 5> watched_types{"dataset", "model", "org", "space", "user"};
constexpr std::array<std::string_view, 2> all_domains{"repo", "discussion"};

/// The list under a key; null when it is absent or null. \throws Refusal 400
const json::array* list_in(const json::object& body, const std::string& key)
{
    const auto* value = body.if_contains(key);
    if (!value || value->is_null()) return nullptr;
    if (!value->is_array()) refuse_member(key, "must be an array");
    return &value->get_array();
}

std::vector<Webhook::Watched> read_watched(const json::array& list)
{
    std::vector<Webhook::Watched> out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto key = "watched[" + std::to_string(i) + "]";
        if (!list[i].is_object()) refuse_member(key, "must be of type object");
        Webhook::Watched item{require_text(list[i].get_object(), "type"),
                              require_text(list[i].get_object(), "name")};
        require_one_of(key + ".type", item.type, watched_types);
        out.push_back(std::move(item));
    }
    return out;
}

std::vector<std::string> read_domains(const json::array& list)
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto key = "domains[" + std::to_string(i) + "]";
        if (!list[i].is_string()) refuse_member(key, "must be a string");
        out.emplace_back(list[i].get_string());
        require_one_of(key, out.back(), all_domains);
    }
    return out;
}

/// What the body says takes the place of what was; null and absent say nothing.
void read_into(Webhook& webhook, const json::object& body)
{
    const auto url = text_or(body, "url", webhook.url);
    if (!is_web_url(url)) refuse_member("url", "must be a valid uri");
    webhook.url = url;
    if (const auto* watched = list_in(body, "watched")) webhook.watched = read_watched(*watched);
    if (const auto* domains = list_in(body, "domains")) webhook.domains = read_domains(*domains);
    const auto secret = text_or(body, "secret", webhook.secret.value_or(""));
    // It is sent as a header.
    if (std::any_of(secret.begin(), secret.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        refuse_member("secret", "must not have control characters");
    webhook.secret = secret.empty() ? std::nullopt : std::optional(secret);
}

void write(JsonText& out, const Webhook& webhook)
{
    out.open('{').key("id").string(webhook.id).key("url").string(webhook.url);
    out.key("watched").open('[');
    for (const auto& item : webhook.watched)
        out.open('{').key("type").string(item.type).key("name").string(item.name).close('}');
    out.close(']').key("domains").open('[');
    for (const auto& domain : webhook.domains)
        out.string(domain);
    out.close(']').key("secret");
    webhook.secret ? out.string(*webhook.secret) : out.null();
    out.key("disabled");
    if (webhook.state == Webhook::State::suspended)
        out.string("suspended-after-failure");
    else
        out.boolean(webhook.state == Webhook::State::disabled);
    out.key("createdAt").string(format_timestamp(webhook.created_at)).close('}');
}

Reply webhook_reply(const Webhook& webhook)
{
    JsonText out;
    out.open('{').key("webhook");
    write(out, webhook);
    return json_reply(out.close('}').take());
}

/// \throws Refusal 401, 404: those of others look like none
store::WebhookPtr own(const Call& call)
{
    const auto& name = signed_in(call).account->name;
    auto found = call.site.webhooks.find(call.param("webhook"));
    if (!found || found->owner != name) throw Refusal(404, "", "Webhook not found");
    return found;
}

/// \throws Refusal 401, 403
const std::string& may_change(const Call& call)
{
    const auto& who = signed_in(call);
    if (who.token->role == "read")
        throw Refusal(403, "",
                      "This authentication token does not have sufficient permissions to call this method on "
                      "behalf of user " +
                          who.account->name);
    return who.account->name;
}

Reply list(Call& call)
{
    const auto& name = signed_in(call).account->name;
    JsonText out;
    out.open('[');
    for (const auto& webhook : call.site.webhooks.all())
        if (webhook->owner == name) write(out, *webhook);
    return json_reply(out.close(']').take());
}

Reply get(Call& call)
{
    return webhook_reply(*own(call));
}

Reply create(Call& call)
{
    Webhook wanted;
    wanted.owner = may_change(call);
    wanted.domains.assign(all_domains.begin(), all_domains.end());
    const auto body = read_object(call.body);
    if (!list_in(body, "watched")) refuse_member("watched", "is required");
    read_into(wanted, body);
    return webhook_reply(*call.site.webhooks.create(std::move(wanted)));
}

Reply update(Call& call)
{
    may_change(call);
    const auto id = own(call)->id;
    const auto body = read_object(call.body);
    return webhook_reply(*call.site.webhooks.change(id, [&](Webhook& webhook) { read_into(webhook, body); }));
}

Reply turn(Call& call)
{
    may_change(call);
    const auto state =
        call.request.path.ends_with("/enable") ? Webhook::State::enabled : Webhook::State::disabled;
    return webhook_reply(*call.site.webhooks.change(own(call)->id, [&](Webhook& webhook) {
        webhook.state = state;
        webhook.failures = 0;
    }));
}

Reply remove(Call& call)
{
    may_change(call);
    call.site.webhooks.remove(own(call)->id);
    return json_reply(R"({"success":true})");
}

} // namespace

void add_webhook_routes(Router& router)
{
    const std::string all = "/api/settings/webhooks";
    const std::string one = all + "/{webhook}";
    router.add("GET", all, {}, list);
    router.add("POST", all, {}, create);
    router.add("GET", one, {}, get);
    router.add("POST", one, {}, update);
    router.add("DELETE", one, {}, remove);
    router.add("POST", one + "/enable", {}, turn);
    router.add("POST", one + "/disable", {}, turn);
}

} // namespace hfasync::emulator
