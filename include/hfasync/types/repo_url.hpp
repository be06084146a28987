// RepoUrl: the web address of a repo, split.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hfasync/describe.hpp>

namespace hfasync {

/// The web address of a repo and its parts. Source: `RepoUrl`.
struct RepoUrl {
    std::string url;
    std::string endpoint;
    std::optional<std::string> namespace_; ///< user or organisation; absent for old ids without one
    std::string repo_name;
    std::string repo_id;
    std::string repo_type; ///< model, dataset or space

    /// Reads `<endpoint>/[datasets/|spaces/][namespace/]name`, `hf://...` and plain ids. An address of
    /// huggingface.co or hub-ci.huggingface.co is treated as one of the endpoint.
    /// \throws ValueError for other text and unknown repo types
    static RepoUrl parse(std::string_view url, std::string_view endpoint = "https://huggingface.co");
    bool operator==(const RepoUrl&) const = default;
};
HFASYNC_DESCRIBE(RepoUrl, url, endpoint, namespace_, repo_name, repo_id, repo_type)

} // namespace hfasync
