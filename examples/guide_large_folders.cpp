// docs/guides/large-folders.md: a large upload that may be interrupted, and its progress.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <fstream>
#include <hfasync/hfasync.hpp>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

//[upload
asio::awaitable<void> upload(hfasync::HfApi api, std::filesystem::path folder)
{
    hfasync::UploadLargeFolderOptions options;
    options.ignore_patterns = {"*.tmp", "checkpoints/*"};
    options.num_workers = 8;
    options.print_report = false;
    const auto watch = [](const hfasync::ProgressEvent& event) {
        if (event.kind == hfasync::ProgressKind::committed)
            std::cout << event.done << " files in commit " << event.name << "\n";
        if (event.kind == hfasync::ProgressKind::failed)
            std::cerr << event.name << ": " << event.message << "\n";
    };
    co_await api.upload_large_folder("acme/large", folder, "dataset", options, watch);
}
//]

//[interruptible
asio::awaitable<bool> upload_until_interrupted(hfasync::HfApi api, std::filesystem::path folder)
{
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    // || waits for the first success; as_result makes a failure of the upload end the wait too.
    auto first =
        co_await (hfasync::as_result(upload(api, folder)) || signals.async_wait(asio::use_awaitable));
    if (first.index() == 1) co_return false; // cancelled; the same call resumes from here
    std::get<0>(first).value();              // throws what the upload threw
    co_return true;
}
//]

int main()
{
    const auto options = hfasync::HubOptions::from_env();
    const auto folder = options.cache.home / "guide-large";
    std::filesystem::create_directories(folder / "data");
    for (int i = 0; i < 20; ++i)
        std::ofstream(folder / "data" / (std::to_string(i) + ".json")) << "{\"n\": " << i << "}\n";
    hfasync::Hub hub(options);
    const hfasync::HfApi api(hub);
    if (!hub.block_on(upload_until_interrupted(api, folder))) return 130;
    hub.block_on(upload(api, folder)); // nothing is left to do, and nothing is sent
}
