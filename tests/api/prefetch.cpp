// The page after the present one is on its way while that is consumed.
#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>

#include <hfasync/hf_api.hpp>

#include "support/scripted_server.hpp"

using namespace hfasync;
using hfasync::test::answer;
using hfasync::test::Peer;
using hfasync::test::ScriptedServer;

namespace {

/// Counts requests; a test waits for the n-th without giving its thread back to the event loop.
class Requests {
public:
    void add()
    {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    int count() const
    {
        const std::lock_guard lock(mutex_);
        return count_;
    }
    bool wait_for(int n) const
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= n; });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    int count_ = 0;
};

std::string page(int number, bool last)
{
    const auto body = R"([{"id": "acme/a)" + std::to_string(number) + R"("}, {"id": "acme/b)" +
                      std::to_string(number) + R"("}])";
    const auto link = "Link: </api/models?p=" + std::to_string(number + 1) + ">; rel=\"next\"\r\n";
    return answer(200, body, last ? "" : link);
}

/// Three pages of two models.
struct Fixture {
    Requests requests;
    ScriptedServer server{{[this](Peer& peer) {
        for (auto head = peer.read_request(); !head.empty(); head = peer.read_request()) {
            const auto at = head.find("?p=");
            const int number = at == head.npos ? 1 : head[at + 3] - '0';
            requests.add();
            if (!peer.send(page(number, number == 3))) return;
        }
    }}};

    Hub hub(HubOptions options = {}) const
    {
        options.endpoint = server.url();
        return Hub(std::move(options));
    }
};

boost::asio::awaitable<std::vector<std::string>> ids(AsyncGenerator<ModelInfo> models)
{
    std::vector<std::string> out;
    while (auto model = co_await models.next())
        out.push_back(model->id);
    co_return out;
}

/// Breaks off the second page's body `times` times.
struct Broken {
    explicit Broken(int times) : left(times) {}
    std::atomic<int> left;
    std::atomic<int> asked{0};
    ScriptedServer server{{[this](Peer& peer) {
        for (auto head = peer.read_request(); !head.empty(); head = peer.read_request()) {
            ++asked;
            const bool second = head.find("?p=2") != head.npos;
            const auto whole = page(second ? 2 : 1, second);
            if (second && left-- > 0) {
                peer.send(whole.substr(0, whole.size() - 10));
                return peer.reset();
            }
            if (!peer.send(whole)) return;
        }
    }}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_prefetch, Fixture)

BOOST_AUTO_TEST_CASE(the_next_page_is_asked_for_while_the_first_is_consumed)
{
    auto hub = this->hub();
    const auto test = [](HfApi api, const Requests* seen) -> boost::asio::awaitable<void> {
        auto models = api.list_models();
        BOOST_TEST(seen->count() == 0);
        BOOST_TEST((co_await models.next())->id == "acme/a1");
        BOOST_TEST(seen->wait_for(2)); // this thread runs the event loop, and does not return to it
        BOOST_TEST((co_await models.next())->id == "acme/b1");
        BOOST_TEST(seen->count() == 2); // one page ahead, not two
        BOOST_TEST((co_await models.next())->id == "acme/a2");
        BOOST_TEST((co_await models.collect()).size() == 3u);
    };
    hub.block_on(test(HfApi(hub), &requests));
    BOOST_TEST(requests.count() == 3);
}

BOOST_AUTO_TEST_CASE(turned_off_nothing_is_asked_for_ahead)
{
    auto hub = this->hub({.prefetch = false});
    auto models = HfApi(hub).list_models();
    for (int i = 0; i < 2; ++i)
        hub.block_on(models.next());
    BOOST_TEST(requests.count() == 1);
    BOOST_TEST(hub.block_on(models.collect()).size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_limit_or_take_that_the_page_meets_asks_for_no_more)
{
    auto hub = this->hub();
    HfApi api(hub);
    BOOST_TEST(hub.block_on(ids(api.list_models({.limit = 2}))).size() == 2u);
    BOOST_TEST(requests.count() == 1);
    BOOST_TEST(hub.block_on(ids(api.list_models().take(2))).size() == 2u);
    BOOST_TEST(requests.count() == 2);
    BOOST_TEST(hub.block_on(ids(api.list_models().take(3))).size() == 3u);
    BOOST_TEST(requests.count() == 4);
    BOOST_TEST(hub.block_on(ids(api.list_models({.limit = 0}))).empty());
    BOOST_TEST(requests.count() == 4);
}

BOOST_AUTO_TEST_CASE(a_listing_that_is_dropped_leaves_nothing_running)
{
    boost::asio::io_context context;
    Hub hub(context, {.endpoint = server.url(), .connections = {.idle_per_origin = 0}});
    const auto first = [](HfApi api) -> boost::asio::awaitable<void> { co_await api.list_models().next(); };
    std::exception_ptr failure;
    boost::asio::co_spawn(context, first(HfApi(hub)), [&](std::exception_ptr e) { failure = e; });
    context.run_for(std::chrono::seconds(20));
    BOOST_TEST(!failure);
    BOOST_TEST(context.stopped()); // it had no work left
}

BOOST_AUTO_TEST_CASE(several_threads_and_many_listings)
{
    boost::asio::io_context context;
    Hub hub(context, {.endpoint = server.url()});
    std::atomic<int> items{0};
    for (int i = 0; i < 40; ++i)
        boost::asio::co_spawn(context, ids(HfApi(hub).list_models()),
                              [&](std::exception_ptr e, const auto& all) {
                                  if (!e) items += static_cast<int>(all.size());
                              });
    std::thread other([&] { context.run_for(std::chrono::seconds(20)); });
    context.run_for(std::chrono::seconds(20));
    other.join();
    BOOST_TEST(items.load() == 240);
}

BOOST_AUTO_TEST_CASE(a_page_that_breaks_off_is_asked_for_again_at_that_page)
{
    for (const bool prefetch : {true, false}) {
        Broken broken(2);
        Hub hub({.endpoint = broken.server.url(),
                 .retry = {.max_retries = 3, .base = std::chrono::milliseconds(1)},
                 .prefetch = prefetch});
        BOOST_TEST(hub.block_on(ids(HfApi(hub).list_models())).size() == 4u);
        BOOST_TEST(broken.asked.load() == 4);
    }
}

BOOST_AUTO_TEST_CASE(a_page_that_stays_broken_fails_after_the_items_before_it)
{
    Broken broken(1'000);
    Hub hub({.endpoint = broken.server.url(), .retry = {.max_retries = 0}});
    auto models = HfApi(hub).list_models();
    BOOST_TEST(hub.block_on(models.next())->id == "acme/a1");
    BOOST_TEST(hub.block_on(models.next())->id == "acme/b1");
    BOOST_CHECK_THROW(hub.block_on(models.next()), ConnectionError);
    BOOST_TEST(!hub.block_on(models.next()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
