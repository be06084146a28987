// What a request asks for: the Hub's URLs, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hfasync/repo_id.hpp>

namespace cache_server {

struct Repo {
    hfasync::RepoType type = hfasync::RepoType::model;
    std::string id;
    /// models--owner--name: a folder's name, and one that no other repo has.
    std::string key() const;
    auto operator<=>(const Repo&) const = default;
};

/// /ID/resolve/REVISION/PATH, after datasets/ or spaces/.
struct FileTarget {
    Repo repo;
    std::string revision;
    std::string path;
};

/// /api/{models,datasets,spaces}/ID[/WHAT[/REVISION[/...]]]
struct ApiTarget {
    Repo repo;
    std::string what;     ///< "", revision, tree, refs ...
    std::string revision; ///< empty when none is named
    bool expands = false; ///< asks for what changes without a commit
};

/// Nothing when the target is not one of these. \throws hfasync::ValueError for names that no Hub has
std::optional<FileTarget> file_target(std::string_view target);
std::optional<ApiTarget> api_target(std::string_view target);

/// Nothing for a broken escape.
std::optional<std::string> percent_decode(std::string_view text);

} // namespace cache_server
