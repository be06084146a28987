// Webhooks are really called.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "emulator/store/commit.hpp"
#include "emulator/store/discussion_store.hpp"
#include "emulator/webhook_payload.hpp"

namespace hfasync::emulator {

struct Site;

/// Tells all webhooks that watch it. Returns at once: the calls are made on the deliveries' own thread.
void notify(Site& site, const WebhookEvent& event);

/// A ref of a repo has moved: repo.content. An empty hash stands for none.
void notify_moved(Site& site, const store::Repo& repo, UpdatedRef ref);
/// A commit was made. `revision`: what the request named.
void notify_commit(Site& site, const store::Repo& repo, std::string_view revision,
                   const store::CommitOutcome& outcome);
/// Something has happened in a discussion; DiscussionStore::observe() calls it.
void notify_discussion(Site& site, const store::DiscussionNews& news);

/// One POST to be made.
struct Delivery {
    std::string webhook; ///< id
    std::string payload;
};

/// Calls one webhook after the other's answer, different ones at the same time. A call that fails is made
/// again a few times, each time a little later; one that is turned down (4xx) is not.
class WebhookDeliveries {
public:
    static constexpr int most_attempts = 4;
    static constexpr std::chrono::milliseconds first_wait{50}; ///< three times as long before each next one
    static constexpr std::chrono::seconds most_time{10};       ///< for one attempt
    static constexpr std::size_t most_waiting = 1000;          ///< of one webhook; later ones are dropped

    explicit WebhookDeliveries(store::WebhookStore& webhooks) : webhooks_(webhooks) {}
    ~WebhookDeliveries() { stop(); }
    WebhookDeliveries(const WebhookDeliveries&) = delete;

    void send(Delivery delivery);
    /// Ends what is under way and joins the thread; later deliveries are dropped.
    void stop();

private:
    enum class Outcome { delivered, refused, failed };

    void enqueue(Delivery delivery);
    boost::asio::awaitable<void> drain(std::string webhook);
    boost::asio::awaitable<bool> deliver(Delivery delivery);
    boost::asio::awaitable<Outcome> attempt(store::WebhookPtr webhook, LoopbackTarget target,
                                            std::string payload);

    store::WebhookStore& webhooks_;
    std::mutex mutex_; ///< of the thread's start and end
    bool stopped_ = false;
    std::thread thread_;
    std::map<std::string, std::deque<Delivery>> waiting_; ///< by webhook; on the thread only
    boost::asio::io_context context_{1};                  ///< last: its coroutines use all of the above
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
};

} // namespace hfasync::emulator
