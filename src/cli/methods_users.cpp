#include "cli/method.hpp"

void hfasync::cli::add_users_methods(MethodList& list)
{
    list.push_back(method<&HfApi::whoami>("whoami"));
    list.push_back(method<&HfApi::get_token_permission>("get_token_permission"));
    list.push_back(method<&HfApi::like>("like", {"repo_id"}));
    list.push_back(method<&HfApi::unlike>("unlike", {"repo_id"}));
    list.push_back(method<&HfApi::list_liked_repos>("list_liked_repos"));
    list.push_back(method<&HfApi::list_repo_likers>("list_repo_likers", {"repo_id"}));
    list.push_back(method<&HfApi::get_user_overview>("get_user_overview", {"username"}));
    list.push_back(method<&HfApi::list_organization_members>("list_organization_members", {"organization"}));
    list.push_back(method<&HfApi::list_user_followers>("list_user_followers", {"username"}));
    list.push_back(method<&HfApi::list_user_following>("list_user_following", {"username"}));
}
