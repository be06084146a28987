// The calls of the area "collections"; docs/reference/collections.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[create_collection
    auto collection =
        co_await api.create_collection("Small models", {.namespace_ = "acme", .exists_ok = true});
    std::cout << collection.slug << "\n";
    //]
    //[add_collection_item
    collection = co_await api.add_collection_item(collection.slug, "acme/tiny", "model",
                                                  {.note = "the smallest", .exists_ok = true});
    const std::string item = collection.items.front().item_object_id;
    //]
    //[update_collection_item
    co_await api.update_collection_item(collection.slug, item, {.note = "small", .position = 0});
    //]
    //[update_collection_metadata
    collection = co_await api.update_collection_metadata(
        collection.slug, {.description = "They fit everywhere", .theme = "green"});
    //]
    //[get_collection
    for (const auto& one : (co_await api.get_collection(collection.slug)).items)
        std::cout << one.item_type << " " << one.item_id << "\n";
    //]
    //[list_collections
    auto collections = api.list_collections({.owner = "acme", .limit = 5});
    while (auto one = co_await collections.next())
        std::cout << one->title << "\n";
    //]
    //[delete_collection_item
    co_await api.delete_collection_item(collection.slug, item);
    //]
    //[delete_collection
    co_await api.delete_collection(collection.slug, {.missing_ok = true});
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
