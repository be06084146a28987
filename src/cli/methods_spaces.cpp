#include "cli/method.hpp"

void hfasync::cli::add_spaces_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_spaces>("list_spaces"));
    list.push_back(method<&HfApi::space_info>("space_info", {"repo_id"}));
    list.push_back(method<&HfApi::add_space_secret>("add_space_secret", {"repo_id", "key", "value"}));
    list.push_back(method<&HfApi::delete_space_secret>("delete_space_secret", {"repo_id", "key"}));
    list.push_back(method<&HfApi::get_space_variables>("get_space_variables", {"repo_id"}));
    list.push_back(method<&HfApi::add_space_variable>("add_space_variable", {"repo_id", "key", "value"}));
    list.push_back(method<&HfApi::delete_space_variable>("delete_space_variable", {"repo_id", "key"}));
    list.push_back(method<&HfApi::get_space_runtime>("get_space_runtime", {"repo_id"}));
    list.push_back(method<&HfApi::request_space_hardware>("request_space_hardware", {"repo_id", "hardware"}));
    list.push_back(method<&HfApi::set_space_sleep_time>("set_space_sleep_time", {"repo_id", "sleep_time"}));
    list.push_back(method<&HfApi::pause_space>("pause_space", {"repo_id"}));
    list.push_back(method<&HfApi::restart_space>("restart_space", {"repo_id"}));
    list.push_back(method<&HfApi::duplicate_space>("duplicate_space", {"from_id"}));
    list.push_back(method<&HfApi::request_space_storage>("request_space_storage", {"repo_id", "storage"}));
    list.push_back(method<&HfApi::delete_space_storage>("delete_space_storage", {"repo_id"}));
}
