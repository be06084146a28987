// snapshots/<commit>/<path>: links to blobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/os.hpp"
#include "cache/layout.hpp"

namespace hfasync::detail {

/// Bytes of the file that the snapshot has; nullopt when has_pointer would say no.
std::optional<std::uint64_t> pointer_size(const RepoLayout& layout, std::string_view commit,
                                          std::string_view path);
/// The same for many files of one snapshot: its folder and blobs/ are opened once.
class PointerSizes {
public:
    PointerSizes(const RepoLayout& layout, std::string_view commit);
    /// `path` is checked already.
    std::optional<std::uint64_t> size(const std::string& path) const;

private:
    Fd snapshot_;
    Fd blobs_;
};
/// Whether the snapshot has the file: a link that resolves into blobs/, or a regular file (caches made where
/// links do not work). With `size`, a file of another size does not count (a blob torn by a power loss).
bool has_pointer(const RepoLayout& layout, std::string_view commit, std::string_view path,
                 std::optional<std::uint64_t> size = std::nullopt);

/// What becomes of a blob when the file system has no links.
enum class WithoutLinks {
    move_blob, ///< it was just published for this path
    copy_blob, ///< it was there before, for another path
};

/// Points snapshots/<commit>/<path> at the blob, whatever stood there before. The new entry replaces the old
/// one by a rename.
/// \throws OSError; errc::file_modified when the blob was deleted meanwhile (cache tools take no lock)
void make_pointer(const RepoLayout& layout, std::string_view commit, std::string_view path,
                  std::string_view etag, WithoutLinks without_links);

/// Copies a file beside `to` and renames it over: never a half of it under the final name.
void copy_over(const std::filesystem::path& from, const std::filesystem::path& to,
               const std::filesystem::path& temp);

} // namespace hfasync::detail
