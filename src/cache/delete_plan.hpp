// The deletion of cached revisions beside others that download. Blocking; for worker threads.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <hfasync/transfer/cache_tools.hpp>

namespace hfasync::detail {

/// Adds to `strategy` what goes with these revisions of a repo when others of it stay (or when the repo
/// cannot be deleted as a whole).
void plan_revisions(const CachedRepoInfo& repo, const std::set<std::string>& commit_hashes,
                    DeleteCacheStrategy& strategy);

/// Part of a strategy: what it says of one repo.
struct RepoDeletion {
    std::filesystem::path repo; ///< <cache>/models--acme--tiny
    bool whole = false;
    std::vector<std::filesystem::path> snapshots, refs, blobs;
};
/// Groups a strategy by repo. What does not lie in a folder named like a repo is left out: a strategy is a
/// plain value, and what it names is not deleted unless it is the cache's own.
std::vector<RepoDeletion> deletions_by_repo(const DeleteCacheStrategy& strategy);

/// Carries one out and adds to `done`. `revisions`: the commits that are to go.
void delete_from_repo(const RepoDeletion& deletion, const std::set<std::string>& revisions,
                      CacheDeletion& done);

/// Names of the blobs that any snapshot of the repo links to.
std::set<std::string> linked_blobs(const std::filesystem::path& repo);
/// <cache>/.locks/<repo folder>/<etag>.lock
std::filesystem::path blob_lock(const std::filesystem::path& repo, std::string_view etag);

} // namespace hfasync::detail
