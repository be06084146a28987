// Where a file of a repo is found.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hfasync/hub.hpp>

namespace hfasync {

/// Options of hf_hub_url.
struct HfHubUrlOptions {
    std::optional<std::string> subfolder; ///< folder of the repo, put before `filename`
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
};

/// The URL of a file below the Hub's endpoint, as get_hf_file_metadata takes it:
/// `<endpoint>/[datasets/|spaces/]<repo_id>/resolve/<revision>/<filename>`, each part quoted. Makes no
/// request: the file need not exist.
/// *Errors*: ValueError for an invalid id, type, revision or path. Source: the function `hf_hub_url`.
std::string hf_hub_url(const Hub& hub, std::string_view repo_id, std::string_view filename,
                       const HfHubUrlOptions& options = {});

} // namespace hfasync
