// Webhooks.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <hfasync/describe.hpp>

namespace hfasync {

/// Source: `WebhookWatchedItem`.
struct WebhookWatchedItem {
    std::string type; ///< dataset, model, org, space or user
    std::string name; ///< repo id, or name of the organisation or user
    bool operator==(const WebhookWatchedItem&) const = default;
};
HFASYNC_DESCRIBE(WebhookWatchedItem, type, name)
template <>
inline constexpr std::array field_rules<WebhookWatchedItem>{
    FieldRule{.field = "type", .required = true},
    FieldRule{.field = "name", .required = true},
};

/// Source: `WebhookInfo`.
struct WebhookInfo {
    std::string id;
    std::string url;
    std::vector<WebhookWatchedItem> watched;
    std::vector<std::string> domains; ///< repo, discussion
    std::optional<std::string> secret;
    /// Whether it is off; a text says why the Hub turned it off ("suspended-after-failure").
    std::variant<bool, std::string> disabled{false};
    bool operator==(const WebhookInfo&) const = default;
};
HFASYNC_DESCRIBE(WebhookInfo, id, url, watched, domains, secret, disabled)
template <>
inline constexpr std::array field_rules<WebhookInfo>{FieldRule{.field = "id", .required = true}};

} // namespace hfasync
