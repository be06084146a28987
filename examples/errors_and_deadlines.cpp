// Errors by type, as values, and a deadline around any call.
#include <hfasync/hfasync.hpp>
#include <iostream>

using namespace std::chrono_literals;

boost::asio::awaitable<void> look(hfasync::HfApi api)
{
    try {
        co_await api.model_info("acme/does-not-exist");
    } catch (const hfasync::RepositoryNotFoundError& e) {
        std::cout << "not there: " << e.context().status << "\n";
    } catch (const hfasync::Error& e) {
        std::cout << e.name() << ": " << e.message() << "\n";
    }

    auto result = co_await hfasync::as_result(api.hf_hub_download("acme/tiny", "missing.bin"));
    if (result.error() == hfasync::errc::entry_not_found) std::cout << "no such file\n";

    auto path = co_await hfasync::with_deadline(api.hf_hub_download("acme/tiny", "config.json"), 30s);
    std::cout << "config.json is at " << path << "\n";
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(look(hfasync::HfApi(hub)));
}
