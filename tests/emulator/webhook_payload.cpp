// What a webhook is told, and whom the embedded Hub calls.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "emulator/webhook_payload.hpp"

using namespace hfasync;
using namespace hfasync::emulator;

namespace {

WebhookEvent commit_to(std::string id, RepoType type = RepoType::model)
{
    WebhookEvent event;
    event.action = "update";
    event.scope = "repo.content";
    event.repo.uid = "0123456789abcdef01234567";
    event.repo.type = type;
    event.repo.id = std::move(id);
    event.head_sha = "aa";
    event.updated_refs = {{.ref = "refs/heads/main", .old_sha = {}, .new_sha = "aa"}};
    return event;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_webhook_payload)

BOOST_AUTO_TEST_CASE(only_this_machine_is_called)
{
    const auto target = loopback_target("http://127.0.0.1:8080/a/b?c=d#e");
    BOOST_TEST_REQUIRE(target.has_value());
    BOOST_TEST(target->address == "127.0.0.1");
    BOOST_TEST(target->port == 8080);
    BOOST_TEST(target->host == "127.0.0.1:8080");
    BOOST_TEST(target->target == "/a/b?c=d");
    BOOST_TEST(loopback_target("http://localhost")->address == "127.0.0.1");
    BOOST_TEST(loopback_target("http://localhost")->target == "/");
    BOOST_TEST(loopback_target("http://localhost?x=1")->target == "/?x=1");
    BOOST_TEST(loopback_target("http://127.8.9.10:1/")->address == "127.8.9.10");
    BOOST_TEST(loopback_target("http://[::1]:9/x")->address == "::1");
    BOOST_TEST(loopback_target("http://[::1]:9/x")->port == 9);
    for (const auto* url : {"https://127.0.0.1/",
                            "http://example.com/",
                            "http://10.0.0.1/",
                            "http://169.254.169.254/",
                            "http://localhost.example.com/",
                            "http://127.0.0.1.example.com/",
                            "http://user@127.0.0.1/",
                            "http://127.0.0.1@example.com/",
                            "http://0.0.0.0/",
                            "http://127.1/",
                            "http://2130706433/",
                            "http://127.0.0.1:0/",
                            "http://127.0.0.1:99999/",
                            "http://127.0.0.1:x/",
                            "http://[::1/",
                            "http://[::2]/",
                            "http:///x",
                            "http://",
                            "ftp://127.0.0.1/",
                            "http://127.0.0.1/a b",
                            "http://127.0.0.1/a\r\nX: y",
                            ""})
        BOOST_TEST(!loopback_target(url).has_value(), url);
}

BOOST_AUTO_TEST_CASE(a_url_is_one_of_the_web)
{
    BOOST_TEST(is_web_url("https://hooks.example.com/hf?x=1&y=\xc3\xa9"));
    BOOST_TEST(is_web_url("http://localhost:1"));
    for (const auto* url : {"nope", "", "https://", "https:///x", "mailto:a@b", "http://a b"})
        BOOST_TEST(!is_web_url(url), url);
}

BOOST_AUTO_TEST_CASE(watched_items_and_domains_decide)
{
    store::Webhook webhook;
    webhook.domains = {"repo"};
    webhook.watched = {{"model", "acme/tiny"}, {"user", "jdoe"}, {"org", "globex"}};
    BOOST_TEST(covers(webhook, commit_to("acme/tiny")));
    BOOST_TEST(!covers(webhook, commit_to("acme/tiny", RepoType::dataset)));
    BOOST_TEST(!covers(webhook, commit_to("acme/other")));
    BOOST_TEST(covers(webhook, commit_to("jdoe/any", RepoType::space)));
    BOOST_TEST(covers(webhook, commit_to("globex/any")));
    auto talk = commit_to("acme/tiny");
    talk.scope = "discussion.comment";
    BOOST_TEST(!covers(webhook, talk));
    webhook.domains = {"discussion"};
    BOOST_TEST(covers(webhook, talk));
    BOOST_TEST(!covers(webhook, commit_to("acme/tiny")));
}

BOOST_AUTO_TEST_CASE(the_payload_is_the_hubs)
{
    store::Webhook webhook;
    webhook.id = "654bbbc16f2ec14d77f109cc";
    webhook.secret = "never in here";
    auto event = commit_to("acme/rows", RepoType::dataset);
    event.discussion = R"({"num":1})";
    const auto text = webhook_payload("http://hub", webhook, event);
    const auto payload = boost::json::parse(text);
    BOOST_TEST(text.find("never") == std::string::npos);
    BOOST_TEST(payload.at("event").at("action").as_string() == "update");
    BOOST_TEST(payload.at("event").at("scope").as_string() == "repo.content");
    const auto& repo = payload.at("repo");
    BOOST_TEST(repo.at("type").as_string() == "dataset");
    BOOST_TEST(repo.at("name").as_string() == "acme/rows");
    BOOST_TEST(repo.at("id").as_string() == "0123456789abcdef01234567");
    BOOST_TEST(!repo.at("private").as_bool());
    BOOST_TEST(repo.at("url").at("web").as_string() == "http://hub/datasets/acme/rows");
    BOOST_TEST(repo.at("url").at("api").as_string() == "http://hub/api/datasets/acme/rows");
    BOOST_TEST(repo.at("headSha").as_string() == "aa");
    BOOST_TEST(repo.at("owner").at("id").as_string().size() == 24u);
    BOOST_TEST(payload.at("discussion").at("num").to_number<int>() == 1);
    BOOST_TEST(!payload.as_object().contains("comment"));
    const auto& ref = payload.at("updatedRefs").at(0);
    BOOST_TEST(ref.at("ref").as_string() == "refs/heads/main");
    BOOST_TEST(ref.at("oldSha").is_null());
    BOOST_TEST(ref.at("newSha").as_string() == "aa");
    BOOST_TEST(payload.at("webhook").at("id").as_string() == "654bbbc16f2ec14d77f109cc");
    BOOST_TEST(payload.at("webhook").at("version").to_number<int>() == 3);
}

BOOST_AUTO_TEST_SUITE_END()
