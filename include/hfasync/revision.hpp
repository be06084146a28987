// Revisions: branch, tag, commit or refs/pr/N.
#pragma once

#include <string>
#include <string_view>

namespace hfasync {

inline constexpr std::string_view default_revision = "main";

/// Exactly 40 lower-case hex digits.
bool is_commit_hash(std::string_view text) noexcept;
/// Refuses what would be unsafe as part of a URL or of `refs/<revision>`: empty, control bytes, backslash,
/// "." or ".." parts, empty parts, a leading or trailing slash, parts over 255 bytes.
/// \throws HFValidationError
void validate_revision(std::string_view revision);

} // namespace hfasync
