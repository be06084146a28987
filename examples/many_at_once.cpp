// Calls are awaitables: start several, wait for all, on the io_context that your server already has.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <hfasync/hfasync.hpp>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> compare(hfasync::HfApi api)
{
    auto [model, files] = co_await (api.model_info("acme/tiny", {.revision = "main"}) &&
                                    api.list_repo_files("acme/tiny").collect());
    std::cout << model.id << " at " << model.sha.value_or("?") << " has " << files.size() << " files\n";
}

int main()
{
    asio::io_context context;
    hfasync::Hub hub(context, hfasync::HubOptions::from_env());
    hub.block_on(compare(hfasync::HfApi(hub)));
}
