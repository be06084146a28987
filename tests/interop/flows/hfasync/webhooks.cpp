// Webhooks: kept, changed, called.
#include "interop/flows/hfasync/run.hpp"

#include "emulator/webhook_receiver.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;
using Watched = std::vector<WebhookWatchedItem>;

Task manage(Run run)
{
    const std::string url = "https://example.com/hook?a=1&b=2";
    const Watched model{{.type = "model", .name = "ann/webhooks-manage"}};
    const Watched both{{.type = "org", .name = "acme"}, {.type = "user", .name = "ann"}};
    const auto before = co_await run.ann.list_webhooks();
    const auto made =
        co_await run.ann.create_webhook(url, model, {.domains = Names{"repo"}, .secret = "between us"});
    run.same(made.url, url, "URL");
    run.check(made.watched == model, "watched");
    run.same(made.domains, Names{"repo"}, "domains");
    run.same(made.secret, "between us", "secret");
    run.check(made.disabled == std::variant<bool, std::string>(false), "on");
    run.check(co_await run.ann.get_webhook(made.id) == made, "it is found by its id");
    const auto all = co_await run.ann.list_webhooks();
    run.check(all.size() == before.size() + 1 && has(all, made), "it is listed");
    run.check(!has(co_await run.bob.list_webhooks(), made), "bob has his own");
    co_await run.raises<HfHubHTTPError>(run.bob.get_webhook(made.id), "it is not bob's", 404);
    const auto changed = co_await run.ann.update_webhook(
        made.id,
        {.url = "https://example.com/other", .watched = both, .domains = Names{"repo", "discussion"}});
    run.same(changed.url, "https://example.com/other", "another URL");
    run.check(changed.watched == both, "watches something else");
    run.same(changed.domains, (Names{"repo", "discussion"}), "other domains");
    run.same(changed.secret, "between us", "the same secret");
    run.check((co_await run.ann.disable_webhook(made.id)).disabled == std::variant<bool, std::string>(true),
              "off");
    run.check((co_await run.ann.get_webhook(made.id)).disabled == std::variant<bool, std::string>(true),
              "off still");
    run.check((co_await run.ann.enable_webhook(made.id)).disabled == std::variant<bool, std::string>(false),
              "on");
    co_await run.raises<BadRequestError>(run.ann.create_webhook("nope", model), "no URL", 400);
    co_await run.ann.delete_webhook(made.id);
    co_await run.raises<HfHubHTTPError>(run.ann.get_webhook(made.id), "it is gone", 404);
    co_await run.raises<HfHubHTTPError>(run.ann.delete_webhook(made.id), "deleted twice", 404);
    run.same((co_await run.ann.list_webhooks()).size(), before.size(), "the others stay");
}

Task delivery(Run run)
{
    const auto id = co_await run.make_repo("ann/webhooks-delivery");
    test::WebhookReceiver receiver;
    const Watched watched{{.type = "model", .name = id}};
    const auto hook = co_await run.ann.create_webhook(receiver.url(), watched, {.secret = "between us"});
    const auto commit = co_await run.put(id, "a.txt", "a");
    const auto call = receiver.next(200, 30'000);
    run.check(call.has_value(), "it is called");
    run.check(call->head.starts_with("POST /hook "), "by POST");
    run.same(call->header("x-webhook-secret"), "between us", "with the secret");
    const auto payload = Json::parse(call->body);
    run.same(payload["event"]["action"].as_string(), "update", "action");
    run.same(payload["event"]["scope"].as_string(), "repo.content", "scope");
    run.same(payload["repo"]["name"].as_string(), id, "repo");
    run.same(payload["repo"]["type"].as_string(), "model", "its type");
    run.same(payload["repo"]["headSha"].as_string(), commit.oid, "its head");
    run.same(payload["webhook"]["id"].as_string(), hook.id, "which webhook");
    run.same(payload["updatedRefs"][0]["ref"].as_string(), "refs/heads/main", "the branch");
    run.same(payload["updatedRefs"][0]["newSha"].as_string(), commit.oid, "its new commit");
    const auto talk = co_await run.bob.create_discussion(id, "A question");
    const auto next = receiver.next(200, 30'000);
    run.check(next.has_value(), "a discussion is told");
    const auto told = Json::parse(next->body);
    run.same(told["event"]["scope"].as_string(), "discussion", "its scope");
    run.same(told["discussion"]["num"].as_int(), talk.discussion.num, "its number");
    co_await run.ann.delete_webhook(hook.id);
}

} // namespace

Flows webhook_flows()
{
    return {{"webhooks.manage", manage}, {"webhooks.delivery", delivery}};
}

} // namespace hfasync::flows
