#include "cli/method.hpp"

void hfasync::cli::add_refs_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_repo_refs>("list_repo_refs", {"repo_id"}));
    list.push_back(method<&HfApi::list_repo_commits>("list_repo_commits", {"repo_id"}));
}
