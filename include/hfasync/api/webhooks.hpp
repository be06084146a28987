// Webhooks: get, list, create, update, enable, disable, delete.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/webhook.hpp>

namespace hfasync {

struct GetWebhookOptions {
    Token token;
};
HFASYNC_DESCRIBE(GetWebhookOptions, token)
using ListWebhooksOptions = GetWebhookOptions;
using EnableWebhookOptions = GetWebhookOptions;
using DisableWebhookOptions = GetWebhookOptions;
using DeleteWebhookOptions = GetWebhookOptions;

struct CreateWebhookOptions {
    std::optional<std::vector<std::string>> domains; ///< repo, discussion; default: the Hub's choice
    std::optional<std::string> secret;               ///< sent with every delivery, as X-Webhook-Secret
    Token token;
};
HFASYNC_DESCRIBE(CreateWebhookOptions, domains, secret, token)

struct UpdateWebhookOptions {
    std::optional<std::string> url;
    /// Sent to the Hub as an empty list when not given: name all items to watch.
    std::optional<std::vector<WebhookWatchedItem>> watched;
    std::optional<std::vector<std::string>> domains; ///< repo, discussion
    std::optional<std::string> secret;
    Token token;
};
HFASYNC_DESCRIBE(UpdateWebhookOptions, url, watched, domains, secret, token)

/// URLs that the Hub calls when something happens to what they watch. They belong to the user of the token.
/// *Errors* of all: HfHubHTTPError 401 without a token, 403 with one without the right, 404 for an unknown
/// id; ValueError for an id that is not valid in a URL.
class WebhooksApi {
public:
    explicit WebhooksApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns a webhook by its id. Source: `get_webhook`.
    boost::asio::awaitable<WebhookInfo> get_webhook(std::string webhook_id,
                                                    GetWebhookOptions options = {}) const;

    /// Returns all webhooks of the user. Source: `list_webhooks`.
    boost::asio::awaitable<std::vector<WebhookInfo>> list_webhooks(ListWebhooksOptions options = {}) const;

    /// Makes a webhook, which is enabled. *Errors*: BadRequestError for an invalid URL.
    /// *Retries*: only what cannot have reached the Hub. Source: `create_webhook`.
    boost::asio::awaitable<WebhookInfo> create_webhook(std::string url,
                                                       std::vector<WebhookWatchedItem> watched,
                                                       CreateWebhookOptions options = {}) const;

    /// Changes a webhook. Source: `update_webhook`.
    boost::asio::awaitable<WebhookInfo> update_webhook(std::string webhook_id,
                                                       UpdateWebhookOptions options = {}) const;

    /// Turns a webhook on. Source: `enable_webhook`.
    boost::asio::awaitable<WebhookInfo> enable_webhook(std::string webhook_id,
                                                       EnableWebhookOptions options = {}) const;

    /// Turns a webhook off; it stays. Source: `disable_webhook`.
    boost::asio::awaitable<WebhookInfo> disable_webhook(std::string webhook_id,
                                                        DisableWebhookOptions options = {}) const;

    /// Deletes a webhook. Source: `delete_webhook`.
    boost::asio::awaitable<void> delete_webhook(std::string webhook_id,
                                                DeleteWebhookOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
