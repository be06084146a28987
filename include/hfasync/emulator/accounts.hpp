// Users of the embedded Hub from a file.
#pragma once

#include <filesystem>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

namespace hfasync::emulator {

/// Reads accounts from JSON: a list of (or an object whose "users" and "organizations" are lists of) objects
/// with `name`, `full_name`, `email`, `pro`, `organization` (true for one), `tokens` (texts, or {"token",
/// "name", "role"}) and `organizations` (names, or {"name", "role"}). Organisations that are only named are
/// made. The first user is the one that Emulator::user() and token() give.
/// \throws OSError when the file cannot be read, ValueError when it is something else (the message names the
/// place)
std::vector<Account> load_accounts(const std::filesystem::path& file);

} // namespace hfasync::emulator
