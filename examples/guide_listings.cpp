// docs/guides/listings.md: generators, their adaptors, several at once.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <hfasync/hfasync.hpp>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> run(hfasync::HfApi api)
{
    //[next
    auto models = api.list_models({.author = "acme", .sort = "last_modified", .limit = 100});
    while (auto model = co_await models.next())
        std::cout << model->id << "\n";
    //]
    //[for_each
    std::uint64_t bytes = 0;
    co_await api.list_repo_tree("acme/tiny", {.recursive = true})
        .for_each([&](const hfasync::TreeEntry& entry) {
            if (const auto* file = std::get_if<hfasync::RepoFile>(&entry)) bytes += file->size;
            return bytes < 1'000'000'000; // false ends the listing
        });
    std::cout << bytes << " bytes\n";
    //]
    //[adaptors
    auto names = api.list_models({.search = "tiny"})
                     .filter([](const hfasync::ModelInfo& model) { return !model.private_.value_or(false); })
                     .transform([](hfasync::ModelInfo model) { return model.id; })
                     .take(10);
    for (const auto& name : co_await std::move(names).collect())
        std::cout << name << "\n";
    //]
    //[patterns
    const auto weights = co_await api.list_repo_files("acme/tiny")
                             .filter(hfasync::PathFilter(hfasync::Strings{"*.safetensors", "*.bin"}, "old/"))
                             .collect();
    //]
    std::cout << weights.size() << " files with weights\n";
    //[together
    auto [files, refs] =
        co_await (api.list_repo_files("acme/tiny").collect() && api.list_repo_refs("acme/tiny"));
    std::cout << files.size() << " files, " << refs.branches.size() << " branches\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
