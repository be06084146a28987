// Uploads a folder with a progress display of your own.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> publish(hfasync::HfApi api, std::string folder)
{
    auto repo = co_await api.create_repo("acme/published", {.exist_ok = true});
    const auto report = [](const hfasync::ProgressEvent& e) {
        if (e.kind == hfasync::ProgressKind::committed) std::cout << "committed " << e.done << " files\n";
    };
    co_await api.upload_large_folder(repo.repo_id, folder, "model", {.print_report = false}, report);
    auto files = co_await api.list_repo_files(repo.repo_id).collect();
    std::cout << repo.url << " has " << files.size() << " files\n";
}

int main(int argc, char** argv)
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(publish(hfasync::HfApi(hub), argc > 1 ? argv[1] : "."));
}
