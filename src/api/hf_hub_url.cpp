#include <hfasync/hf_hub_url.hpp>

#include <hfasync/revision.hpp>

#include "api/common/call.hpp"
#include "api/common/repo_head.hpp"
#include "base/path_rules.hpp"

namespace hfasync {

std::string hf_hub_url(const Hub& hub, std::string_view repo_id, std::string_view filename,
                       const HfHubUrlOptions& options)
{
    std::string path(filename);
    if (options.subfolder && !options.subfolder->empty()) path.insert(0, *options.subfolder + "/");
    detail::check_repo_path(path);
    const auto revision = options.revision.value_or(std::string(default_revision));
    return detail::resolve_url(hub.state(), detail::repo_type_or_model(options.repo_type), repo_id, path,
                               revision)
        .text();
}

} // namespace hfasync
