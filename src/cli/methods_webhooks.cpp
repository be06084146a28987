#include "cli/method.hpp"

void hfasync::cli::add_webhooks_methods(MethodList& list)
{
    list.push_back(method<&HfApi::get_webhook>("get_webhook", {"webhook_id"}));
    list.push_back(method<&HfApi::list_webhooks>("list_webhooks"));
    list.push_back(method<&HfApi::create_webhook>("create_webhook", {"url", "watched"}));
    list.push_back(method<&HfApi::update_webhook>("update_webhook", {"webhook_id"}));
    list.push_back(method<&HfApi::enable_webhook>("enable_webhook", {"webhook_id"}));
    list.push_back(method<&HfApi::disable_webhook>("disable_webhook", {"webhook_id"}));
    list.push_back(method<&HfApi::delete_webhook>("delete_webhook", {"webhook_id"}));
}
