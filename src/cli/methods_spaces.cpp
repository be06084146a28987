#include "cli/method.hpp"

void hfasync::cli::add_spaces_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_spaces>("list_spaces"));
    list.push_back(method<&HfApi::space_info>("space_info", {"repo_id"}));
}
