// The webhooks of all users.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/time.hpp>

#include "emulator/store/store.hpp"

namespace hfasync::emulator::store {

struct Webhook {
    enum class State { enabled, disabled, suspended };
    struct Watched {
        std::string type; ///< dataset, model, org, space, user
        std::string name;
    };
    std::string id;    ///< 24 hex digits
    std::string owner; ///< account name
    std::string url;
    std::vector<Watched> watched;
    std::vector<std::string> domains; ///< repo, discussion
    std::optional<std::string> secret;
    State state = State::enabled;
    int failures = 0; ///< deliveries that have failed since the last one that has not
    Timestamp created_at{};
};
using WebhookPtr = std::shared_ptr<const Webhook>;

/// Thread-safe; a change is on disk before it is seen. A Webhook that was given out never changes.
class WebhookStore {
public:
    /// After so many failed deliveries in a row the Hub suspends a webhook.
    static constexpr int most_failures = 5;

    /// \throws OSError for a damaged file
    explicit WebhookStore(Store& store);

    std::vector<WebhookPtr> all() const;
    /// Null when there is none.
    WebhookPtr find(std::string_view id) const;
    /// Gives it an id.
    WebhookPtr create(Webhook webhook);
    /// Changes a copy, which takes the old one's place. \throws StoreError 404
    WebhookPtr change(std::string_view id, const std::function<void(Webhook&)>& change);
    /// \throws StoreError 404
    void remove(std::string_view id);
    /// How a delivery has ended; too many failures suspend. A webhook that is gone is passed over.
    void settle(std::string_view id, bool delivered);

private:
    using List = std::vector<WebhookPtr>;
    static List::iterator locate(List& list, std::string_view id);
    void replace(List list); ///< under mutex_

    Store& store_;
    const std::filesystem::path file_;
    mutable std::mutex mutex_;
    List webhooks_;
};

} // namespace hfasync::emulator::store
