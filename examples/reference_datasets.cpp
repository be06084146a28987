// The calls of the area "datasets"; docs/reference/datasets.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    co_await api.create_repo("acme/words", {.repo_type = "dataset", .exist_ok = true});
    co_await api.upload_file(hfasync::UploadSource::bytes("---\nlanguage: fr\n---\n"), "README.md",
                             "acme/words", {.repo_type = "dataset"});
    //[list_datasets
    auto datasets = api.list_datasets({.author = "acme", .language = "fr", .limit = 10});
    while (auto dataset = co_await datasets.next())
        std::cout << dataset->id << "\n";
    //]
    //[dataset_info
    auto info = co_await api.dataset_info("acme/words");
    std::cout << info.id << " is at " << info.sha.value() << "\n";
    //]
    //[get_dataset_tags
    const hfasync::Json tags = co_await api.get_dataset_tags();
    for (std::size_t i = 0; i < tags["language"].size(); ++i)
        std::cout << tags["language"][i]["id"].as_string().value_or("?") << "\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
