// The calls of the area "access"; docs/reference/access.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    co_await api.create_repo("acme/secret", {.exist_ok = true});
    co_await api.update_repo_settings("acme/secret", {.gated = "manual"});
    //[grant_access
    co_await api.grant_access("acme/secret", "bob");
    //]
    //[list_accepted_access_requests
    for (const auto& request : co_await api.list_accepted_access_requests("acme/secret"))
        std::cout << request.username << " may read it\n";
    //]
    //[cancel_access_request
    co_await api.cancel_access_request("acme/secret", "bob"); // waits for a decision again
    //]
    //[list_pending_access_requests
    for (const auto& request : co_await api.list_pending_access_requests("acme/secret"))
        std::cout << request.username << " asks for access\n";
    //]
    //[accept_access_request
    co_await api.accept_access_request("acme/secret", "bob");
    //]
    //[reject_access_request
    co_await api.reject_access_request("acme/secret", "bob");
    //]
    //[list_rejected_access_requests
    for (const auto& request : co_await api.list_rejected_access_requests("acme/secret"))
        std::cout << request.username << " was turned down\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
