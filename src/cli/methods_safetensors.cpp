#include "cli/method.hpp"

void hfasync::cli::add_safetensors_methods(MethodList& list)
{
    list.push_back(method<&HfApi::get_safetensors_metadata>("get_safetensors_metadata", {"repo_id"}));
    list.push_back(method<&HfApi::parse_safetensors_file_metadata>("parse_safetensors_file_metadata",
                                                                   {"repo_id", "filename"}));
}
