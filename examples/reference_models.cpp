// The calls of the area "models"; docs/reference/models.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[list_models
    auto models = api.list_models({.author = "acme", .search = "tiny", .sort = "last_modified", .limit = 10});
    while (auto model = co_await models.next())
        std::cout << model->id << ", liked by " << model->likes.value_or(0) << "\n";
    //]
    //[model_info
    auto info = co_await api.model_info("acme/tiny", {.revision = "main", .files_metadata = true});
    for (const auto& file : info.siblings.value())
        std::cout << file.rfilename << ": " << file.size.value_or(0) << " bytes\n";
    std::cout << "license: " << info.card_data["license"].as_string().value_or("none") << "\n";
    //]
    //[get_model_tags
    const hfasync::Json tags = co_await api.get_model_tags();
    for (const auto& type : tags.keys())
        std::cout << tags[type].size() << " tags of type " << type << "\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
