#include <hfasync/api/webhooks.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/common/call.hpp"
#include "api/common/url_part.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

constexpr std::string_view all_webhooks = "/api/settings/webhooks";

std::string path_of(const std::string& id, std::string_view verb = {})
{
    return std::string(all_webhooks) + "/" + url_part(id, "webhook id") + std::string(verb);
}

// {"webhook": {...}}
boost::asio::awaitable<WebhookInfo> fetch_webhook(HubPtr hub, http::Request request, http::ErrorScope scope)
{
    const DecodeContext context{
        .source = std::string(to_string(request.method)) + " " + request.url.redacted(), .root = "$.webhook"};
    const auto answer = co_await fetch_json(hub, std::move(request), std::move(scope));
    const auto* object = answer.if_object();
    const auto* webhook = object ? object->if_contains("webhook") : nullptr;
    if (!webhook)
        throw BadResponseError(errc::bad_response, context.source + ": expected a webhook at $.webhook");
    co_return decode<WebhookInfo>(*webhook, context);
}

// The Hub wants every key of the body, null for what is not said: the documented form of the options.
template <class Options>
json::object body_of(const Options& options)
{
    auto body = std::move(encode(options, Naming::documented).get_object());
    body.erase("token");
    return body;
}

boost::asio::awaitable<WebhookInfo> one(HubPtr hub, http::Method method, std::string id, std::string verb,
                                        Token token)
{
    // Turning on or off is idempotent: the POST may be sent again.
    auto request = api_request(hub, method, path_of(id, verb), token);
    co_return co_await fetch_webhook(hub, std::move(request), {.what = "webhook " + id});
}

boost::asio::awaitable<std::vector<WebhookInfo>> list(HubPtr hub, ListWebhooksOptions options)
{
    auto request = api_request(hub, http::Method::get, all_webhooks, options.token);
    co_return co_await fetch<std::vector<WebhookInfo>>(hub, std::move(request), {.what = "the webhooks"});
}

boost::asio::awaitable<WebhookInfo>
create(HubPtr hub, std::string url, std::vector<WebhookWatchedItem> watched, CreateWebhookOptions options)
{
    auto body = body_of(options);
    body["url"] = url;
    body["watched"] = encode(watched, Naming::documented);
    auto request = api_request(hub, http::Method::post, all_webhooks, options.token);
    request.replay = http::Replay::unsent; // a second one would be delivered twice
    set_json_body(request, body);
    co_return co_await fetch_webhook(hub, std::move(request), {.what = "the new webhook"});
}

boost::asio::awaitable<WebhookInfo> update(HubPtr hub, std::string id, UpdateWebhookOptions options)
{
    if (!options.watched) options.watched.emplace();
    auto request = api_request(hub, http::Method::post, path_of(id), options.token);
    set_json_body(request, body_of(options));
    co_return co_await fetch_webhook(hub, std::move(request), {.what = "webhook " + id});
}

boost::asio::awaitable<void> remove(HubPtr hub, std::string id, Token token)
{
    auto request = api_request(hub, http::Method::delete_, path_of(id), token);
    co_await fetch_nothing(hub, std::move(request), {.what = "webhook " + id});
}

} // namespace

boost::asio::awaitable<WebhookInfo> WebhooksApi::get_webhook(std::string webhook_id,
                                                             GetWebhookOptions options) const
{
    return one(hub_.state(), http::Method::get, std::move(webhook_id), "", std::move(options.token));
}

boost::asio::awaitable<std::vector<WebhookInfo>> WebhooksApi::list_webhooks(ListWebhooksOptions options) const
{
    return list(hub_.state(), std::move(options));
}

boost::asio::awaitable<WebhookInfo> WebhooksApi::create_webhook(std::string url,
                                                                std::vector<WebhookWatchedItem> watched,
                                                                CreateWebhookOptions options) const
{
    return create(hub_.state(), std::move(url), std::move(watched), std::move(options));
}

boost::asio::awaitable<WebhookInfo> WebhooksApi::update_webhook(std::string webhook_id,
                                                                UpdateWebhookOptions options) const
{
    return update(hub_.state(), std::move(webhook_id), std::move(options));
}

boost::asio::awaitable<WebhookInfo> WebhooksApi::enable_webhook(std::string webhook_id,
                                                                EnableWebhookOptions options) const
{
    return one(hub_.state(), http::Method::post, std::move(webhook_id), "/enable", std::move(options.token));
}

boost::asio::awaitable<WebhookInfo> WebhooksApi::disable_webhook(std::string webhook_id,
                                                                 DisableWebhookOptions options) const
{
    return one(hub_.state(), http::Method::post, std::move(webhook_id), "/disable", std::move(options.token));
}

boost::asio::awaitable<void> WebhooksApi::delete_webhook(std::string webhook_id,
                                                         DeleteWebhookOptions options) const
{
    return remove(hub_.state(), std::move(webhook_id), std::move(options.token));
}

} // namespace hfasync
