#include "cli/method.hpp"

void hfasync::cli::add_files_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_repo_tree>("list_repo_tree", {"repo_id"}));
    list.push_back(method<&HfApi::list_repo_files>("list_repo_files", {"repo_id"}));
    list.push_back(method<&HfApi::get_paths_info>("get_paths_info", {"repo_id", "paths"}));
    list.push_back(method<&HfApi::file_exists>("file_exists", {"repo_id", "filename"}));
    list.push_back(method<&HfApi::get_hf_file_metadata>("get_hf_file_metadata", {"url"}));
}
