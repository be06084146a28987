// What the cache holds, as the reference's scan_cache_dir sees it. Blocking; for worker threads.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/transfer/cache_tools.hpp>

namespace hfasync::detail {

/// The cache folder without links in its path. \throws FileNotFoundError, ValueError when it is a file
std::filesystem::path open_cache_dir(const std::filesystem::path& cache_dir);
/// What lies in it and should be repos, sorted: all but .locks and the CACHEDIR.TAG of newer clients.
std::vector<std::filesystem::path> list_cache_dir(const std::filesystem::path& cache_dir);

/// models--acme--tiny; nullopt when the name is not of this kind.
struct CachedRepoName {
    RepoType type = RepoType::model;
    std::string repo_id;
};
std::optional<CachedRepoName> parse_repo_folder(std::string_view name);

/// A repo, or why it is none, in the words of the reference.
struct ScannedRepo {
    std::optional<CachedRepoInfo> repo;
    std::string warning;
};
ScannedRepo scan_cached_repo(const std::filesystem::path& repo_path);

/// Where a path leads to, as far as it exists: the target of a broken link too.
std::filesystem::path resolve_links(const std::filesystem::path& path);

/// A text as Python's repr() has it.
std::string python_repr(std::string_view text);

} // namespace hfasync::detail
