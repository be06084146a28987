// update_repo_visibility is deprecated for callers; the table has all methods.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "cli/method.hpp"

void hfasync::cli::add_repos_methods(MethodList& list)
{
    list.push_back(method<&HfApi::repo_info>("repo_info", {"repo_id"}));
    list.push_back(method<&HfApi::repo_exists>("repo_exists", {"repo_id"}));
    list.push_back(method<&HfApi::revision_exists>("revision_exists", {"repo_id", "revision"}));
    list.push_back(method<&HfApi::auth_check>("auth_check", {"repo_id"}));
    list.push_back(method<&HfApi::create_repo>("create_repo", {"repo_id"}));
    list.push_back(method<&HfApi::delete_repo>("delete_repo", {"repo_id"}));
    list.push_back(method<&HfApi::update_repo_settings>("update_repo_settings", {"repo_id"}));
    list.push_back(method<&HfApi::update_repo_visibility>("update_repo_visibility", {"repo_id"}));
    list.push_back(method<&HfApi::move_repo>("move_repo", {"from_id", "to_id"}));
    list.push_back(method<&HfApi::get_full_repo_name>("get_full_repo_name", {"model_id"}));
}
