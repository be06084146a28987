// refs/<revision>: which commit a branch or tag was last seen at; and .no_exist markers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/layout.hpp"

namespace hfasync::detail {

/// The commit that a revision stands for on this disk: itself when it is a commit hash, else what its ref
/// says. nullopt without a ref, or when its content is no commit hash.
std::optional<std::string> resolve_cached_revision(const RepoLayout& layout, std::string_view revision);

/// Writes the ref (40 bytes, no newline: the reference drops a repo whose ref has one) unless it says so
/// already or the revision is the commit. The temporary lies in blobs/, the one folder where strangers do no
/// harm.
void write_ref(const RepoLayout& layout, std::string_view revision, std::string_view commit);

/// An empty .no_exist/<commit>/<path>. Never throws for a disk that cannot be written, as in the reference.
void mark_no_exist(const RepoLayout& layout, std::string_view commit, std::string_view path);
enum class CachedEntry {
    unknown,  ///< no ref, or nobody has asked for the file
    no_exist, ///< the Hub said that the commit has no such file
    there,
};
struct CachedLookup {
    CachedEntry entry = CachedEntry::unknown;
    std::string commit; ///< empty without a ref
};
/// What this disk knows of a file, in the documented order: refs, .no_exist, snapshots.
CachedLookup look_up(const RepoLayout& layout, std::string_view revision, std::string_view path);
bool is_marked_no_exist(const RepoLayout& layout, std::string_view commit, std::string_view path);

} // namespace hfasync::detail
