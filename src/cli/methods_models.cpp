#include "cli/method.hpp"

void hfasync::cli::add_models_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_models>("list_models"));
    list.push_back(method<&HfApi::model_info>("model_info", {"repo_id"}));
    list.push_back(method<&HfApi::get_model_tags>("get_model_tags"));
}
