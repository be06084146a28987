// docs/coming-from-huggingface-hub.md: the same as coming_from_huggingface_hub.py, in C++.
#include <filesystem>
#include <fstream>
#include <hfasync/hfasync.hpp>
#include <hfasync/transfer/cache_tools.hpp>
#include <hfasync/transfer/remote_file.hpp>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> run(hfasync::Hub hub, hfasync::HfApi api, std::filesystem::path folder)
{
    //[call
    const hfasync::Json me = co_await api.whoami();
    const hfasync::ModelInfo model = co_await api.model_info("acme/tiny", {.files_metadata = true});
    std::cout << me["name"].as_string().value() << " " << model.sha.value_or("?") << "\n";
    //]

    //[download
    const auto file = co_await api.hf_hub_download("acme/tiny", "config.json");
    hfasync::SnapshotDownloadOptions wanted;
    wanted.allow_patterns = "*.json";
    const auto snapshot = co_await api.snapshot_download("acme/tiny", wanted);
    //]
    std::cout << file << " " << snapshot << "\n";

    //[listing
    auto models = api.list_models({.author = "acme", .limit = 5});
    while (auto found = co_await models.next())
        std::cout << found->id << "\n";
    //]

    //[upload
    co_await api.create_repo("acme/from-cpp", {.private_ = true, .exist_ok = true});
    auto commit = co_await api.upload_folder("acme/from-cpp", folder,
                                             {.commit_message = "All", .ignore_patterns = "*.tmp"});
    co_await api.upload_file(hfasync::UploadSource::bytes("hello"), "hello.txt", "acme/from-cpp");
    //]

    //[commit
    std::vector<hfasync::CommitOperation> operations;
    operations.push_back(hfasync::CommitOperationAdd("notes.txt", folder / "notes.txt"));
    operations.push_back(hfasync::CommitOperationDelete{.path_in_repo = "hello.txt"});
    commit = co_await api.create_commit("acme/from-cpp", operations, "Swap", {.create_pr = true});
    std::cout << commit.pr_url.value() << "\n";
    //]

    //[errors
    try {
        co_await api.hf_hub_download("acme/tiny", "missing.bin");
    } catch (const hfasync::EntryNotFoundError& error) {
        std::cout << error.context().status << "\n"; // 404
    }
    //]

    //[cache
    const auto cache = co_await hfasync::scan_cache_dir(hub);
    for (const auto& repo : cache.repos)
        std::cout << repo.repo_id << " " << repo.size_on_disk << "\n";
    //]

    //[filesystem
    auto remote = co_await hfasync::open_file(hub, "acme/tiny", "config.json");
    const std::string head = co_await remote.read(0, 10);
    //]
    co_await api.delete_repo("acme/from-cpp");
}

int main()
{
    //[client
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hfasync::HfApi api(hub);
    //]
    const auto folder = hub.options().cache.home / "coming-from";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "notes.txt") << "notes\n";
    hub.block_on(run(hub, api, folder));
}
