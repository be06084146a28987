// Webhooks: the client against the embedded Hub, which really calls them.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <variant>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

#include "emulator/webhook_receiver.hpp"

using namespace hfasync;

namespace {

struct Fixture {
    emulator::Emulator emulator;
    Hub hub{HubOptions{
        .endpoint = emulator.endpoint(), .token = Token(emulator.token()), .retry = {.max_retries = 0}}};
    HfApi api{hub};

    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
};

const std::vector<WebhookWatchedItem> two{{.type = "user", .name = "jdoe"},
                                          {.type = "model", .name = "acme/tiny"}};

bool is_on(const WebhookInfo& webhook)
{
    return webhook.disabled == std::variant<bool, std::string>(false);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_webhooks, Fixture)

BOOST_AUTO_TEST_CASE(one_is_made_read_and_listed)
{
    const auto made = wait(api.create_webhook("https://hooks.example.com/hf", two));
    BOOST_TEST(made.url == "https://hooks.example.com/hf");
    BOOST_TEST((made.watched == two));
    BOOST_TEST((made.domains == std::vector<std::string>{"repo", "discussion"}));
    BOOST_TEST(!made.secret.has_value());
    BOOST_TEST(is_on(made));
    BOOST_TEST((wait(api.get_webhook(made.id)) == made));
    const auto other =
        wait(api.create_webhook("http://localhost/x", {}, {.domains = {{"repo"}}, .secret = "s"}));
    BOOST_TEST((other.domains == std::vector<std::string>{"repo"}));
    BOOST_TEST(other.secret.value_or("") == "s");
    const auto all = wait(api.list_webhooks());
    BOOST_TEST_REQUIRE(all.size() == 2u);
    BOOST_TEST((all[0] == made));
    BOOST_TEST((all[1] == other));
}

BOOST_AUTO_TEST_CASE(one_is_changed_turned_off_and_deleted)
{
    const auto id = wait(api.create_webhook("https://hooks.example.com/hf", two, {.secret = "s"})).id;
    const auto moved = wait(api.update_webhook(id, {.url = "http://localhost/new", .watched = two}));
    BOOST_TEST(moved.url == "http://localhost/new");
    BOOST_TEST(moved.secret.value_or("") == "s");
    BOOST_TEST((moved.watched == two));
    // An update says what is watched, always.
    BOOST_TEST(wait(api.update_webhook(id, {.domains = {{"discussion"}}})).watched.empty());
    BOOST_TEST(!is_on(wait(api.disable_webhook(id))));
    BOOST_TEST(!is_on(wait(api.get_webhook(id))));
    BOOST_TEST(is_on(wait(api.enable_webhook(id))));
    wait(api.delete_webhook(id));
    BOOST_TEST(wait(api.list_webhooks()).empty());
    BOOST_CHECK_THROW(wait(api.get_webhook(id)), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.update_webhook(id)), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.enable_webhook(id)), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.disable_webhook(id)), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.delete_webhook(id)), HfHubHTTPError);
}

BOOST_AUTO_TEST_CASE(failures_have_their_types)
{
    BOOST_CHECK_THROW(wait(api.create_webhook("nope", {})), BadRequestError);
    BOOST_CHECK_THROW(wait(api.create_webhook("http://x", {}, {.domains = {{"repos"}}})), BadRequestError);
    BOOST_CHECK_THROW(wait(api.list_webhooks({.token = false})), HfHubHTTPError);
    emulator.forget_requests();
    for (const auto* id : {"", "..", "a//b", "a\nb"}) {
        BOOST_CHECK_THROW(wait(api.get_webhook(id)), ValueError);
        BOOST_CHECK_THROW(wait(api.delete_webhook(id)), ValueError);
        BOOST_CHECK_THROW(wait(api.enable_webhook(id)), ValueError);
    }
    BOOST_TEST(emulator.requests().empty());
    BOOST_CHECK_THROW(wait(api.get_webhook("a?b#c")), HfHubHTTPError);
    BOOST_TEST(emulator.requests().at(0).target == "/api/settings/webhooks/a%3Fb%23c");
}

BOOST_AUTO_TEST_CASE(a_commit_calls_it)
{
    emulator.seed_repo("acme/tiny", {{"x", "x"}});
    test::WebhookReceiver receiver;
    wait(api.create_webhook(receiver.url(), two, {.secret = "my-secret"}));
    const auto info =
        wait(api.create_commit("acme/tiny", {CommitOperationAdd("y", UploadSource::bytes("y"))}, "Add y"));
    const auto received = receiver.next();
    BOOST_TEST_REQUIRE(received.has_value());
    BOOST_TEST(received->header("x-webhook-secret") == "my-secret");
    const auto payload = boost::json::parse(received->body);
    BOOST_TEST(payload.at("event").at("scope").as_string() == "repo.content");
    BOOST_TEST(payload.at("repo").at("headSha").as_string() == info.oid);
}

BOOST_AUTO_TEST_SUITE_END()
