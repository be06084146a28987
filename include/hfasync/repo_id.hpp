// Repo types, repo ids and their validation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hfasync {

enum class RepoType { model, dataset, space };

/// "model", "dataset", "space".
std::string_view to_string(RepoType type) noexcept;
/// "models", "datasets", "spaces": the Hub's collection name in /api/ URLs and in cache folders.
std::string_view plural(RepoType type) noexcept;
/// "", "datasets/", "spaces/": the prefix of resolve URLs.
std::string_view url_prefix(RepoType type) noexcept;
/// \throws ValueError for other text ("Invalid repo type").
RepoType parse_repo_type(std::string_view text);

/// Checks the Hub's rules for a repo id: `name` or `org/name`, 1..96 characters of [A-Za-z0-9._-] (ASCII
/// only, whole text), no "--" or "..", not starting or ending with '-' or '.', not ending with ".git".
/// Source: `validate_repo_id`; unlike it, a trailing newline and non-ASCII letters are refused.
/// \throws HFValidationError
void validate_repo_id(std::string_view repo_id);

/// A validated id, split.
struct RepoIdParts {
    std::string_view owner; ///< empty for ids without a namespace
    std::string_view name;
};
RepoIdParts split_repo_id(std::string_view repo_id);

} // namespace hfasync
