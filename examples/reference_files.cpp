// The calls of the area "files"; docs/reference/files.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::Hub hub, hfasync::HfApi api)
{
    //[list_repo_tree
    auto entries = api.list_repo_tree("acme/tiny", {.recursive = true});
    while (auto entry = co_await entries.next()) {
        if (const auto* file = std::get_if<hfasync::RepoFile>(&*entry))
            std::cout << file->path << ": " << file->size << " bytes\n";
        else
            std::cout << std::get<hfasync::RepoFolder>(*entry).path << "/\n";
    }
    //]
    //[list_repo_files
    const auto paths = co_await api.list_repo_files("acme/tiny").collect();
    std::cout << paths.size() << " files\n";
    //]
    //[get_paths_info
    const auto found = co_await api.get_paths_info("acme/tiny", {"config.json", "missing.bin"});
    std::cout << found.size() << " of 2 exist\n";
    //]
    //[file_exists
    if (!co_await api.file_exists("acme/tiny", "missing.bin")) std::cout << "no such file\n";
    //]
    //[get_hf_file_metadata
    const auto url = hfasync::hf_hub_url(hub, "acme/tiny", "config.json");
    const auto file = co_await api.get_hf_file_metadata(url);
    std::cout << file.etag.value() << ", " << file.size.value() << " bytes\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hub, hfasync::HfApi(hub)));
}
