#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> fetch_tiny_models(hfasync::HfApi api)
{
    auto models = api.list_models({.search = "tiny", .limit = 5});
    while (auto model = co_await models.next()) {
        auto folder = co_await api.snapshot_download(model->id);
        std::cout << model->id << " is in " << folder << "\n";
    }
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(fetch_tiny_models(hfasync::HfApi(hub)));
}
