// Whether a download fits on the disk.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

namespace hfasync::detail {

/// The warning for `need` bytes where only `free` are left; nullopt when they fit.
std::optional<std::string> space_warning(std::uint64_t need, std::uint64_t free,
                                         const std::filesystem::path& folder, const std::string& what);
/// The same for the file system of `folder`, which need not exist yet. Blocking. nullopt also when that
/// cannot be found out.
std::optional<std::string> check_space(std::uint64_t need, const std::filesystem::path& folder,
                                       const std::string& what) noexcept;

/// A disk that ran full under a download as an error that names the file, what it needs and what is free;
/// anything else as it is.
std::exception_ptr explain_full_disk(std::exception_ptr failure, const std::string& file, std::uint64_t need,
                                     const std::filesystem::path& folder) noexcept;

/// Makes all that was written below `folder` survive a power loss: one syncfs(2). Blocking.
/// \throws OSError
void sync_file_system(const std::filesystem::path& folder);

} // namespace hfasync::detail
