// The calls of the area "downloads"; docs/reference/downloads.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[hf_hub_download
    const auto report = [](const hfasync::ProgressEvent& event) {
        if (event.kind == hfasync::ProgressKind::advanced) std::cout << event.done << " bytes\n";
    };
    const std::filesystem::path file =
        co_await api.hf_hub_download("acme/tiny", "config.json", {.revision = "main"}, report);
    //]
    //[snapshot_download
    hfasync::SnapshotDownloadOptions options;
    options.allow_patterns = {"*.json", "*.md"};
    options.max_workers = 4;
    const std::filesystem::path folder = co_await api.snapshot_download("acme/tiny", options);
    //]
    std::cout << file << " and " << folder << "\n";
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
