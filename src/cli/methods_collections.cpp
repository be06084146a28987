#include "cli/method.hpp"

void hfasync::cli::add_collections_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_collections>("list_collections"));
    list.push_back(method<&HfApi::get_collection>("get_collection", {"collection_slug"}));
    list.push_back(method<&HfApi::create_collection>("create_collection", {"title"}));
    list.push_back(
        method<&HfApi::update_collection_metadata>("update_collection_metadata", {"collection_slug"}));
    list.push_back(method<&HfApi::delete_collection>("delete_collection", {"collection_slug"}));
    list.push_back(method<&HfApi::add_collection_item>("add_collection_item",
                                                       {"collection_slug", "item_id", "item_type"}));
    list.push_back(method<&HfApi::update_collection_item>("update_collection_item",
                                                          {"collection_slug", "item_object_id"}));
    list.push_back(method<&HfApi::delete_collection_item>("delete_collection_item",
                                                          {"collection_slug", "item_object_id"}));
}
