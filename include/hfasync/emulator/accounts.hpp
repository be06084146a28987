// Users and papers of the embedded Hub from a file.
#pragma once

#include <filesystem>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

namespace hfasync::emulator {

/// Reads accounts from JSON: a list of (or an object whose "users" and "organizations" are lists of) objects
/// with `name`, `full_name`, `email`, `pro`, `details`, `organization` (true for one), `tokens` (texts, or
/// {"token", "name", "role"}), `organizations` (names, or {"name", "role"}) and `following` (names of users).
/// Organisations that are only named are created. The first user is the one that Emulator::user() and token()
/// return.
/// \throws OSError when the file cannot be read, ValueError when it has another form (the message names the
/// place)
std::vector<Account> load_accounts(const std::filesystem::path& file);

/// Reads the list "papers" of the same file: objects with `id`, `title`, `summary`, `authors` (names, or
/// {"name", "user"}), `published_at` and `submitted_at` (ISO 8601), `submitted_by` (a user), `upvotes`,
/// `comments` (texts) and `source`. None when the file has no such list.
/// \throws OSError, ValueError as above
std::vector<Paper> load_papers(const std::filesystem::path& file);

} // namespace hfasync::emulator
