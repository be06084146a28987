// The calls of the area "webhooks"; docs/reference/webhooks.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[create_webhook
    std::vector<hfasync::WebhookWatchedItem> watched{{.type = "model", .name = "acme/tiny"}};
    std::vector<std::string> domains{"repo", "discussion"};
    auto webhook = co_await api.create_webhook("https://example.com/hook", watched,
                                               {.domains = domains, .secret = "between-us"});
    std::cout << webhook.id << " watches " << webhook.watched.size() << " repo\n";
    //]
    //[list_webhooks
    for (const auto& one : co_await api.list_webhooks())
        std::cout << one.id << " calls " << one.url << "\n";
    //]
    //[update_webhook
    co_await api.update_webhook(webhook.id, {.url = "https://example.com/other", .watched = watched});
    //]
    //[disable_webhook
    co_await api.disable_webhook(webhook.id);
    //]
    //[enable_webhook
    co_await api.enable_webhook(webhook.id);
    //]
    //[get_webhook
    webhook = co_await api.get_webhook(webhook.id);
    //]
    //[delete_webhook
    co_await api.delete_webhook(webhook.id);
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
