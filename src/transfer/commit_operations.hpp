// Rules for the paths of commit operations. Pure.
#pragma once

#include <string>
#include <vector>

#include <hfasync/api/commits.hpp>

namespace hfasync::detail {

/// Normalises and checks a path_in_repo: no leading "/" or "./"; ".", "..", a ".git" or ".cache" part, and
/// what could not be downloaded again, are refused. \throws ValueError
std::string checked_path_in_repo(std::string path);
/// The same for a deletion, where a trailing "/" means a folder.
std::string checked_deleted_path(std::string path);

/// One line for each path that is written twice, or written and deleted. Source:
/// `_warn_on_overwriting_operations`.
std::vector<std::string> overwriting_warnings(const std::vector<CommitOperation>& operations);

/// "refs/pr/3" and 3 from ".../discussions/3". \throws RuntimeError
std::uint64_t pull_request_number(const std::string& url);

} // namespace hfasync::detail
