#include "emulator/store/webhook_store.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/os.hpp"
#include "emulator/store/errors.hpp"
#include "emulator/store/state_file.hpp"

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 3> state_names{"enabled", "disabled", "suspended"};

json::object to_json(const Webhook& webhook)
{
    json::array watched, domains;
    for (const auto& item : webhook.watched)
        watched.push_back(json::object{{"type", item.type}, {"name", item.name}});
    for (const auto& domain : webhook.domains)
        domains.emplace_back(domain);
    json::object out{{"id", webhook.id},
                     {"owner", webhook.owner},
                     {"url", webhook.url},
                     {"watched", std::move(watched)},
                     {"domains", std::move(domains)},
                     {"state", state_names.at(static_cast<std::size_t>(webhook.state))},
                     {"failures", webhook.failures},
                     {"createdAt", webhook.created_at.time_since_epoch().count()}};
    if (webhook.secret) out["secret"] = *webhook.secret;
    return out;
}

std::string text(const json::object& object, std::string_view key)
{
    return std::string(object.at(key).as_string());
}

Webhook from_json(const json::object& object)
{
    Webhook out;
    out.id = text(object, "id");
    out.owner = text(object, "owner");
    out.url = text(object, "url");
    for (const auto& item : object.at("watched").as_array())
        out.watched.push_back({text(item.as_object(), "type"), text(item.as_object(), "name")});
    for (const auto& domain : object.at("domains").as_array())
        out.domains.emplace_back(domain.as_string());
    const auto state = std::find(state_names.begin(), state_names.end(), text(object, "state"));
    out.state = static_cast<Webhook::State>(state == state_names.end() ? 1 : state - state_names.begin());
    out.failures = object.at("failures").to_number<int>();
    out.created_at = Timestamp(std::chrono::microseconds(object.at("createdAt").to_number<std::int64_t>()));
    if (object.contains("secret")) out.secret = text(object, "secret");
    return out;
}

} // namespace

WebhookStore::WebhookStore(Store& store) : store_(store), file_(store.data() / "webhooks.json")
{
    const auto content = load_state(file_);
    try {
        for (const auto& value : content)
            webhooks_.push_back(std::make_shared<const Webhook>(from_json(value.as_object())));
    } catch (const std::exception&) { // a key is missing, or another kind of JSON
        detail::throw_os_error(std::make_error_code(std::errc::illegal_byte_sequence),
                               "read webhooks, which are damaged; move this file away or restore it:", file_);
    }
}

std::vector<WebhookPtr> WebhookStore::all() const
{
    const std::scoped_lock lock(mutex_);
    return webhooks_;
}

WebhookPtr WebhookStore::find(std::string_view id) const
{
    const std::scoped_lock lock(mutex_);
    for (const auto& webhook : webhooks_)
        if (webhook->id == id) return webhook;
    return nullptr;
}

WebhookStore::List::iterator WebhookStore::locate(List& list, std::string_view id)
{
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one->id == id; });
    if (found == list.end()) throw StoreError(404, "", "Webhook not found");
    return found;
}

void WebhookStore::replace(List list)
{
    json::array content;
    for (const auto& webhook : list)
        content.push_back(to_json(*webhook));
    save_state(file_, content);
    webhooks_ = std::move(list);
}

WebhookPtr WebhookStore::create(Webhook webhook)
{
    const std::scoped_lock lock(mutex_);
    webhook.created_at = store_.now();
    webhook.id = new_object_id(webhook.owner + "/" + webhook.url, webhook.created_at);
    auto made = std::make_shared<const Webhook>(std::move(webhook));
    auto list = webhooks_;
    list.push_back(made);
    replace(std::move(list));
    return made;
}

WebhookPtr WebhookStore::change(std::string_view id, const std::function<void(Webhook&)>& change)
{
    const std::scoped_lock lock(mutex_);
    auto list = webhooks_;
    const auto place = locate(list, id);
    auto changed = **place;
    change(changed);
    const auto made = std::make_shared<const Webhook>(std::move(changed));
    *place = made;
    replace(std::move(list));
    return made;
}

void WebhookStore::remove(std::string_view id)
{
    const std::scoped_lock lock(mutex_);
    auto list = webhooks_;
    list.erase(locate(list, id));
    replace(std::move(list));
}

void WebhookStore::settle(std::string_view id, bool delivered)
{
    const auto webhook = find(id);
    if (!webhook || (delivered && webhook->failures == 0)) return;
    try {
        change(id, [&](Webhook& settled) {
            settled.failures = delivered ? 0 : settled.failures + 1;
            if (settled.failures >= most_failures && settled.state == Webhook::State::enabled)
                settled.state = Webhook::State::suspended;
        });
    } catch (const StoreError&) { // deleted in the meantime
    }
}

} // namespace hfasync::emulator::store
