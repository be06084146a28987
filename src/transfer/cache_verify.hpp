// Hashes of what the cache holds, compared with its names.
#pragma once

#include <filesystem>
#include <vector>

#include <hfasync/transfer/cache_tools.hpp>

#include "base/os.hpp"
#include "cache/scan.hpp"

namespace hfasync::detail {

/// A file that is to be looked at. Its state is set already when there is nothing to hash.
struct VerifyJob {
    std::filesystem::path repo; ///< its folder
    VerifiedFile file;
    bool hash = false;
};

/// The blobs of a repo, the files of its snapshots where there are no links, and links that lead nowhere.
/// Blocking; for a worker. \throws OSError, std::filesystem::filesystem_error
std::vector<VerifyJob> list_for_verification(const std::filesystem::path& repo, const CachedRepoName& name);

/// Deletes what does not match or what leads nowhere, and the links to it, under its lock. `seen`: the file
/// as it was hashed; one that was replaced since is left alone. Blocking.
/// \returns why it was kept; empty when it is gone
std::string delete_bad_file(const VerifyJob& job, const FileId& seen);

} // namespace hfasync::detail
