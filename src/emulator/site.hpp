// What the routes work on.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/thread_pool.hpp>

#include <hfasync/emulator/emulator.hpp>

#include "emulator/card.hpp"
#include "emulator/faults.hpp"
#include "emulator/request_log.hpp"
#include "emulator/signed_url.hpp"
#include "emulator/store/collection_store.hpp"
#include "emulator/store/discussion_store.hpp"
#include "emulator/store/endpoints.hpp"
#include "emulator/store/store.hpp"
#include "emulator/store/webhook_store.hpp"
#include "emulator/webhook_delivery.hpp"

namespace hfasync::emulator {

struct Site {
    explicit Site(Options settings);

    Options options;
    std::string endpoint;         ///< of the hub
    std::string storage_endpoint; ///< where LFS actions point: Options::storage_url or our own
    store::Store store;
    store::DiscussionStore discussions{store};
    store::EndpointStore endpoints{store.data() / "endpoints.json"};
    store::CollectionStore collections{store};
    store::WebhookStore webhooks{store};
    WebhookDeliveries deliveries{webhooks};
    FaultScript faults;
    RequestLog log{options.on_request};
    UrlSigner signer;
    CardCache cards;
    boost::asio::thread_pool workers{1}; ///< hashing of whole objects, making git repositories
    std::atomic<int> git_programs{0};    ///< that run now

    std::chrono::system_clock::time_point now() const
    {
        return options.clock ? options.clock() : std::chrono::system_clock::now();
    }
    bool foreign_storage() const noexcept { return options.storage_url.has_value(); }
};

} // namespace hfasync::emulator
