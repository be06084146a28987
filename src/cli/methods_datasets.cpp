#include "cli/method.hpp"

void hfasync::cli::add_datasets_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_datasets>("list_datasets"));
    list.push_back(method<&HfApi::dataset_info>("dataset_info", {"repo_id"}));
    list.push_back(method<&HfApi::get_dataset_tags>("get_dataset_tags"));
}
