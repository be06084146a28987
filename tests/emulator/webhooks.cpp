// Webhooks of the embedded Hub: kept a user, and really called.
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"
#include "support/temp_folder.hpp"
#include "webhook_receiver.hpp"

using namespace hfasync;
using namespace hfasync::test;
namespace json = boost::json;

namespace {

const std::string all = "/api/settings/webhooks";

struct Hooks : HubFixture {
    explicit Hooks(emulator::Options options = small_options()) : HubFixture(std::move(options))
    {
        hub.seed_repo("acme/tiny", {{"x.txt", "x"}});
    }

    std::string watch(const std::string& url, const std::string& watched, const std::string& more = {},
                      const Headers& who = ann) const
    {
        const auto made =
            ask("POST", all, who, R"({"url":")" + url + R"(","watched":[)" + watched + "]" + more + "}");
        if (made.status != 200) throw std::runtime_error(made.head + made.body);
        return std::string(json(made).at("webhook").at("id").as_string());
    }
    json::value get(const std::string& id) const { return json(ask("GET", all + "/" + id)).at("webhook"); }
    /// The next call's payload; null when none comes.
    static json::value payload(WebhookReceiver& receiver, int status = 200)
    {
        const auto received = receiver.next(status);
        return received ? json::parse(received->body) : json::value();
    }
    /// Nothing is on its way, because a call that was made later has come.
    void expect_nothing_but(WebhookReceiver& quiet, WebhookReceiver& other)
    {
        BOOST_TEST(other.next().has_value());
        BOOST_TEST(!quiet.next(200, 0).has_value());
    }
};

constexpr auto tiny = R"({"type":"model","name":"acme/tiny"})";
constexpr auto acme = R"({"type":"org","name":"acme"})";

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_webhooks)

BOOST_FIXTURE_TEST_CASE(they_are_made_changed_and_deleted, Hooks)
{
    const auto id = watch("https://hooks.example.com/hf", tiny);
    const auto made = get(id);
    BOOST_TEST(id.size() == 24u);
    BOOST_TEST(made.at("url").as_string() == "https://hooks.example.com/hf");
    BOOST_TEST(json::serialize(made.at("watched")) == "[" + std::string(tiny) + "]");
    BOOST_TEST(json::serialize(made.at("domains")) == R"(["repo","discussion"])");
    BOOST_TEST(made.at("secret").is_null());
    BOOST_TEST(!made.at("disabled").as_bool());

    const auto one = all + "/" + id;
    const auto changed =
        json(ask("POST", one, ann,
                 R"({"watched":[{"type":"org","name":"acme"}],"url":null,"domains":["repo"],"secret":"s"})"));
    BOOST_TEST(changed.at("webhook").at("url").as_string() == "https://hooks.example.com/hf");
    BOOST_TEST(json::serialize(changed.at("webhook").at("domains")) == R"(["repo"])");
    BOOST_TEST(get(id).at("secret").as_string() == "s");
    const auto emptied = json(ask("POST", one, ann, R"({"watched":[],"domains":null,"secret":null})"));
    BOOST_TEST(emptied.at("webhook").at("watched").as_array().empty());
    BOOST_TEST(emptied.at("webhook").at("secret").as_string() == "s"); // null says nothing

    BOOST_TEST(json(ask("POST", one + "/disable")).at("webhook").at("disabled").as_bool());
    BOOST_TEST(get(id).at("disabled").as_bool());
    BOOST_TEST(!json(ask("POST", one + "/enable")).at("webhook").at("disabled").as_bool());
    BOOST_TEST(json(ask("GET", all)).as_array().size() == 1u);
    BOOST_TEST(ask("DELETE", one).status == 200);
    BOOST_TEST(json(ask("GET", all)).as_array().empty());
    for (const auto& path : {one, one + "/enable"})
        BOOST_TEST(ask("POST", path, ann, "{}").status == 404);
    BOOST_TEST(ask("GET", one).status == 404);
    BOOST_TEST(ask("DELETE", one).status == 404);
}

BOOST_FIXTURE_TEST_CASE(input_is_checked, Hooks)
{
    const auto message = [&](const std::string& body) {
        const auto answer = ask("POST", all, ann, body);
        BOOST_TEST(answer.status == 400, body);
        return answer.header("x-error-message");
    };
    BOOST_TEST(message(R"({"url":"nope","watched":[]})") == "\"url\" must be a valid uri");
    BOOST_TEST(message(R"({"watched":[]})") == "\"url\" must be a valid uri");
    BOOST_TEST(message(R"({"url":"http://x"})") == "\"watched\" is required");
    BOOST_TEST(message(R"({"url":"http://x","watched":[{"type":"paper","name":"a"}]})") ==
               "\"watched[0].type\" must be one of [dataset, model, org, space, user]");
    BOOST_TEST(message(R"({"url":"http://x","watched":[],"domains":["repos"]})") ==
               "\"domains[0]\" must be one of [repo, discussion]");
    BOOST_TEST(message(R"({"url":"http://x","watched":[],"secret":"a\nb"})") ==
               "\"secret\" must not have control characters");
    message(R"({"url":"http://x","watched":["acme/tiny"]})");
    message(R"({"url":"http://x","watched":[],"domains":"repo"})");
    BOOST_TEST(json(ask("GET", all)).as_array().empty());
}

BOOST_FIXTURE_TEST_CASE(each_user_has_his_own, Hooks)
{
    const auto id = watch("http://127.0.0.1/x", tiny);
    BOOST_TEST(json(ask("GET", all, bob)).as_array().empty());
    BOOST_TEST(ask("GET", all + "/" + id, bob).status == 404);
    BOOST_TEST(ask("DELETE", all + "/" + id, bob).status == 404);
    BOOST_TEST(ask("GET", all, nobody).status == 401);
    BOOST_TEST(ask("GET", all, ann_reads).status == 200);
    const auto denied = ask("POST", all, ann_reads, R"({"url":"http://x","watched":[]})");
    BOOST_TEST(denied.status == 403);
    BOOST_TEST(denied.header("x-error-message").ends_with("on behalf of user ann"));
    BOOST_TEST(ask("DELETE", all + "/" + id, ann_reads).status == 403);
}

BOOST_FIXTURE_TEST_CASE(a_commit_is_told, Hooks)
{
    WebhookReceiver receiver;
    const auto id = watch(receiver.url("/hook?x=1"), tiny, R"(,"secret":"s\u00e9cret")");
    const auto before = std::string(json(ask("GET", "/api/models/acme/tiny")).at("sha").as_string());
    const auto after = commit(file_line("y.txt", "y"));
    const auto received = receiver.next();
    BOOST_TEST_REQUIRE(received.has_value());
    BOOST_TEST(received->head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"));
    BOOST_TEST(received->header("x-webhook-secret") == "s\xc3\xa9"
                                                       "cret");
    BOOST_TEST(received->header("content-type") == "application/json");
    const auto told = json::parse(received->body);
    BOOST_TEST(told.at("event").at("action").as_string() == "update");
    BOOST_TEST(told.at("event").at("scope").as_string() == "repo.content");
    BOOST_TEST(told.at("repo").at("name").as_string() == "acme/tiny");
    BOOST_TEST(told.at("repo").at("headSha").as_string() == after);
    BOOST_TEST(told.at("repo").at("url").at("api").as_string() == hub.endpoint() + "/api/models/acme/tiny");
    BOOST_TEST(told.at("webhook").at("id").as_string() == id);
    const auto& ref = told.at("updatedRefs").at(0);
    BOOST_TEST(ref.at("ref").as_string() == "refs/heads/main");
    BOOST_TEST(ref.at("oldSha").as_string() == before);
    BOOST_TEST(ref.at("newSha").as_string() == after);
}

BOOST_FIXTURE_TEST_CASE(calls_come_in_order, Hooks)
{
    WebhookReceiver receiver;
    watch(receiver.url(), acme);
    std::vector<std::string> made;
    for (const auto* name : {"a", "b", "c"})
        made.push_back(commit(file_line(name, name)));
    for (const auto& sha : made)
        BOOST_TEST(payload(receiver).at("updatedRefs").at(0).at("newSha").as_string() == sha);
}

BOOST_FIXTURE_TEST_CASE(a_discussion_is_told, Hooks)
{
    WebhookReceiver receiver, content_only;
    watch(receiver.url(), acme, R"(,"domains":["discussion"])");
    watch(content_only.url(), acme, R"(,"domains":["repo"])");
    const auto made = ask("POST", "/api/models/acme/tiny/discussions", bob,
                          R"({"title":"A question","description":"Why?","pullRequest":false})");
    BOOST_TEST_REQUIRE(made.status == 200);
    const auto told = payload(receiver);
    BOOST_TEST(told.at("event").at("action").as_string() == "create");
    BOOST_TEST(told.at("event").at("scope").as_string() == "discussion");
    BOOST_TEST(told.at("discussion").at("title").as_string() == "A question");
    BOOST_TEST(told.at("discussion").at("num").to_number<int>() == 1);
    BOOST_TEST(!told.at("discussion").at("isPullRequest").as_bool());
    BOOST_TEST(told.at("discussion").at("url").at("web").as_string() ==
               hub.endpoint() + "/acme/tiny/discussions/1");
    BOOST_TEST(told.at("comment").at("content").as_string() == "Why?");
    BOOST_TEST_REQUIRE(
        ask("POST", "/api/models/acme/tiny/discussions/1/comment", ann, R"({"comment":"Because."})").status ==
        200);
    const auto answer = payload(receiver);
    BOOST_TEST(answer.at("event").at("scope").as_string() == "discussion.comment");
    BOOST_TEST(answer.at("comment").at("content").as_string() == "Because.");
    commit(file_line("y.txt", "y"));
    const auto first = payload(content_only); // the discussion was none of its business
    BOOST_TEST(first.at("event").at("scope").as_string() == "repo.content");
}

BOOST_FIXTURE_TEST_CASE(what_is_not_watched_is_not_told, Hooks)
{
    hub.seed_repo("ann/other", {{"x", "x"}});
    WebhookReceiver quiet, other;
    watch(quiet.url(), R"({"type":"dataset","name":"acme/tiny"},{"type":"model","name":"acme/none"})");
    const auto disabled = watch(quiet.url(), acme);
    ask("POST", all + "/" + disabled + "/disable");
    watch(other.url(), R"({"type":"user","name":"ann"},{"type":"model","name":"acme/tiny"})");
    commit(file_line("y.txt", "y"));
    expect_nothing_but(quiet, other);
    commit(file_line("y.txt", "y"), "models/ann/other");
    expect_nothing_but(quiet, other);
    ask("POST", all + "/" + disabled + "/enable");
    commit(file_line("y.txt", "z"));
    BOOST_TEST(quiet.next().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_private_repo_is_not_told_to_strangers, Hooks)
{
    WebhookReceiver stranger, member;
    watch(stranger.url(), acme, {}, bob);
    watch(member.url(), acme);
    ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"private":true})");
    commit(file_line("y.txt", "y"));
    expect_nothing_but(stranger, member);
    ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"private":false})");
    commit(file_line("y.txt", "z"));
    BOOST_TEST(stranger.next().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_failed_call_is_made_again, Hooks)
{
    WebhookReceiver receiver;
    const auto id = watch(receiver.url(), tiny);
    const auto sha = commit(file_line("y.txt", "y"));
    BOOST_TEST(receiver.next(500).has_value());
    BOOST_TEST(receiver.next(0).has_value()); // no answer at all
    BOOST_TEST(payload(receiver).at("repo").at("headSha").as_string() == sha);
    commit(file_line("y.txt", "z"));
    BOOST_TEST(receiver.next(404).has_value()); // turned down for good
    const auto third = commit(file_line("y.txt", "a"));
    BOOST_TEST(payload(receiver).at("repo").at("headSha").as_string() == third);
    BOOST_TEST(!get(id).at("disabled").as_bool());
}

BOOST_FIXTURE_TEST_CASE(one_that_never_answers_is_suspended, Hooks)
{
    WebhookReceiver receiver;
    const auto id = watch(receiver.url(), tiny);
    for (const auto* content : {"1", "2", "3", "4", "5"}) {
        commit(file_line("y.txt", content));
        BOOST_TEST(receiver.next(410).has_value());
    }
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (get(id).at("disabled").is_bool() && std::chrono::steady_clock::now() < limit) {
    }
    BOOST_TEST(get(id).at("disabled") == json::value("suspended-after-failure"));
    commit(file_line("y.txt", "6"));
    WebhookReceiver other;
    watch(other.url(), tiny);
    commit(file_line("y.txt", "7"));
    expect_nothing_but(receiver, other);
    const auto enabled = json(ask("POST", all + "/" + id + "/enable"));
    BOOST_TEST(enabled.at("webhook").at("disabled") == json::value(false));
    commit(file_line("y.txt", "8"));
    BOOST_TEST(receiver.next().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_slow_one_holds_up_nobody, Hooks)
{
    WebhookReceiver slow, quick;
    watch(slow.url(), tiny);
    watch(quick.url(), tiny);
    commit(file_line("y.txt", "y")); // the slow one takes the connection and says nothing
    BOOST_TEST(quick.next().has_value());
    commit(file_line("y.txt", "z"));
    BOOST_TEST(quick.next().has_value());
    // The Hub stops with the call still open: the fixture's end would hang otherwise.
}

BOOST_AUTO_TEST_CASE(they_outlive_the_server)
{
    tests::TempFolder folder;
    auto options = small_options();
    options.data = folder.path();
    WebhookReceiver receiver;
    std::string id;
    {
        Hooks first(options);
        id = first.watch(receiver.url(), tiny, R"(,"secret":"s","domains":["repo"])");
    }
    HubFixture second(options);
    const auto kept = second.json(second.ask("GET", all + "/" + id)).at("webhook");
    BOOST_TEST(kept.at("secret").as_string() == "s");
    BOOST_TEST(json::serialize(kept.at("domains")) == R"(["repo"])");
    second.commit(HubFixture::file_line("y.txt", "y"));
    const auto received = receiver.next();
    BOOST_TEST_REQUIRE(received.has_value());
    BOOST_TEST(received->header("x-webhook-secret") == "s");
}

BOOST_AUTO_TEST_SUITE_END()
