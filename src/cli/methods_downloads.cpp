#include "cli/method.hpp"

void hfasync::cli::add_downloads_methods(MethodList& list)
{
    list.push_back(method<&HfApi::hf_hub_download>("hf_hub_download", {"repo_id", "filename"}));
    list.push_back(method<&HfApi::snapshot_download>("snapshot_download", {"repo_id"}));
}
