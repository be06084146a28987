#include "cli/method.hpp"

void hfasync::cli::add_refs_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_repo_refs>("list_repo_refs", {"repo_id"}));
    list.push_back(method<&HfApi::list_repo_commits>("list_repo_commits", {"repo_id"}));
    list.push_back(method<&HfApi::create_branch>("create_branch", {"repo_id", "branch"}));
    list.push_back(method<&HfApi::delete_branch>("delete_branch", {"repo_id", "branch"}));
    list.push_back(method<&HfApi::create_tag>("create_tag", {"repo_id", "tag"}));
    list.push_back(method<&HfApi::delete_tag>("delete_tag", {"repo_id", "tag"}));
    list.push_back(method<&HfApi::super_squash_history>("super_squash_history", {"repo_id"}));
}
