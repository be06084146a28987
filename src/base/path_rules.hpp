// Which names may become paths, headers or targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hfasync::detail {

/// Checks a file name of a repo before it becomes a path: refuses empty, absolute, ".." and "." parts, empty
/// parts, backslash, drive letters, NUL and control bytes, parts over 255 bytes.
/// \throws ValueError naming the rule
void check_repo_path(std::string_view path);
/// The same, and for local_dir also `.cache/huggingface/**` and (case-folded) `.git/**`.
void check_local_dir_path(std::string_view path);
/// ^[0-9A-Za-z._-]{1,128}$ and not "." or "..". \throws FileMetadataError
void check_etag(std::string_view etag);
/// 40 lower-case hex. \throws FileMetadataError
void check_commit_hash(std::string_view commit);
/// Refuses bytes < 0x20 and 0x7f. `what` names it in the message, the value is not shown when `secret`.
/// \throws ValueError
void check_header_value(std::string_view value, std::string_view what, bool secret = false);

/// Python's fnmatch.fnmatchcase: *, ?, [seq], [!seq]; '*' matches '/'.
bool fnmatch(std::string_view name, std::string_view pattern);
} // namespace hfasync::detail
