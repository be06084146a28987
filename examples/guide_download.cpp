// docs/guides/download.md: files, snapshots, plain folders, many repos at once, no network.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <hfasync/hfasync.hpp>
#include <iostream>

namespace asio = boost::asio;

//[show
void show(const hfasync::ProgressEvent& event)
{
    if (event.kind == hfasync::ProgressKind::advanced && event.phase == hfasync::ProgressPhase::total)
        std::cout << event.done << " of " << event.total << " bytes, " << event.items_done << " of "
                  << event.items_total << " files\n";
}
//]

//[many
asio::awaitable<void> fetch_each(hfasync::HfApi api, std::shared_ptr<std::vector<std::string>> left)
{
    while (!left->empty()) {
        const auto repo = left->back();
        left->pop_back();
        auto folder = co_await hfasync::as_result(api.snapshot_download(repo, {.max_workers = 4}));
        std::cout << repo << (folder ? " is in " + folder->string() : " failed: " + folder.message()) << "\n";
    }
}

asio::awaitable<void> fetch_all(hfasync::HfApi api, std::vector<std::string> repos)
{
    const auto executor = asio::make_strand(co_await asio::this_coro::executor); // the workers share `left`
    const auto left = std::make_shared<std::vector<std::string>>(std::move(repos));
    using Worker = decltype(asio::co_spawn(executor, fetch_each(api, left), asio::deferred));
    std::vector<Worker> workers;
    for (int i = 0; i < 3; ++i) // three repos at a time
        workers.push_back(asio::co_spawn(executor, fetch_each(api, left), asio::deferred));
    co_await asio::experimental::make_parallel_group(std::move(workers))
        .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
}
//]

asio::awaitable<void> run(hfasync::HfApi api, std::filesystem::path target)
{
    //[file
    const auto config = co_await api.hf_hub_download("acme/tiny", "config.json");
    const auto readme = co_await api.hf_hub_download("acme/tiny", "README.md", {.revision = "main"}, show);
    //]
    std::cout << config << " and " << readme << "\n";

    //[snapshot
    hfasync::SnapshotDownloadOptions options;
    options.allow_patterns = {"*.json", "*.safetensors"};
    options.ignore_patterns = "*/original/*"; // '*' matches '/' too
    const auto snapshot = co_await api.snapshot_download("acme/tiny", options, show);
    //]
    std::cout << snapshot << "\n";

    //[local_dir
    co_await api.snapshot_download("acme/tiny", {.local_dir = target / "tiny"});
    //]

    //[offline
    const auto offline =
        co_await hfasync::as_result(api.snapshot_download("acme/tiny", {.local_files_only = true}));
    if (!offline && offline.error() == hfasync::errc::local_entry_not_found)
        std::cout << "never downloaded\n";
    //]

    std::vector<std::string> repos{"acme/tiny", "acme/missing", "acme/tiny"};
    co_await fetch_all(api, repos);
}

int main()
{
    const auto options = hfasync::HubOptions::from_env();
    hfasync::Hub hub(options);
    hub.block_on(run(hfasync::HfApi(hub), options.cache.home / "guide"));
}
