// What the Hub says when a repo changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hfasync/repo_id.hpp>

#include "service.hpp"

namespace mirror {

enum class WebhookResult {
    accepted,
    ignored,   ///< about another repo, or about something else than content
    forbidden, ///< no secret, or a wrong one
    malformed,
};
struct Webhook {
    WebhookResult result = WebhookResult::malformed;
    std::optional<Changed> changed; ///< when accepted
};

/// Reads a delivery. Its commit ids are not used: deliveries may come late and out of order, so the Hub is
/// asked where the branch is. `secret` is of the configuration, `given` the header X-Webhook-Secret.
Webhook read_webhook(const std::optional<std::string>& secret, std::string_view given, std::string_view body);

/// Takes the same time whatever the texts are and wherever they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

} // namespace mirror
