#include "cli/method.hpp"

void hfasync::cli::add_access_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_pending_access_requests>("list_pending_access_requests", {"repo_id"}));
    list.push_back(
        method<&HfApi::list_accepted_access_requests>("list_accepted_access_requests", {"repo_id"}));
    list.push_back(
        method<&HfApi::list_rejected_access_requests>("list_rejected_access_requests", {"repo_id"}));
    list.push_back(method<&HfApi::cancel_access_request>("cancel_access_request", {"repo_id", "user"}));
    list.push_back(method<&HfApi::accept_access_request>("accept_access_request", {"repo_id", "user"}));
    list.push_back(method<&HfApi::reject_access_request>("reject_access_request", {"repo_id", "user"}));
    list.push_back(method<&HfApi::grant_access>("grant_access", {"repo_id", "user"}));
}
