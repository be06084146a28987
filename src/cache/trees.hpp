// trees/<commit>.json: the listing of a commit, kept so that nobody has to ask for it again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/place.hpp"

namespace hfasync::detail {

/// A file of a commit, as its tree tells it.
struct TreeFile {
    std::string path;
    std::uint64_t size = 0; ///< bytes; of the object when it is in LFS
    std::string blob_id;    ///< of git: for an LFS file that of its pointer
    std::string lfs_sha256; ///< empty: a regular file
    std::uint64_t lfs_size = 0;
    std::string xet_hash; ///< empty: not known; kept for clients that use it

    /// The name of its blob in the cache.
    const std::string& etag() const noexcept { return lfs_sha256.empty() ? blob_id : lfs_sha256; }
    std::uint64_t bytes() const noexcept { return lfs_sha256.empty() ? size : lfs_size; }
    bool operator==(const TreeFile&) const = default;
};
using Tree = std::vector<TreeFile>;

/// Whether its hashes may become names of blobs.
bool has_usable_hashes(const TreeFile& file) noexcept;

/// The format that huggingface_hub (from 1.22 on) reads and writes: {"format_version": 1, "files": {path:
/// {size, blob_id, lfs_sha256?, lfs_size?, xet_hash?}}}. It always lists the whole commit, whatever was
/// downloaded.
std::string format_tree(std::span<const TreeFile> tree);
/// nullopt for anything that is not such a file, or that has a name or a hash that could not be used: it is
/// then asked for again and replaced. Its content is as little trusted as a server's.
std::optional<Tree> parse_tree(std::string_view text);

/// null when there is none, or none that can be used.
std::shared_ptr<const Tree> read_tree(const Place& from);
/// All or nothing. Never throws for a disk that cannot be written: it only saves a request.
void write_tree(const Place& to, const Place& temp, std::span<const TreeFile> tree) noexcept;

} // namespace hfasync::detail
