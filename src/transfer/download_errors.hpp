// What a failed look at the Hub means for a download: the rules of the reference.
#pragma once

#include <exception>

#include <hfasync/error.hpp>

namespace hfasync::detail {

enum class HeadFailure {
    final,       ///< thrown at once: cancelled, TLS, proxy, no such file or revision, no token
    local_first, ///< a cached file stands in, else it is thrown: no such repo, gated
    unreachable, ///< a cached file stands in, else LocalEntryNotFoundError
};
HeadFailure classify_head_failure(const std::exception_ptr& failure) noexcept;

/// There is no cached file: throws what the call then ends with. A null failure: it was not tried
/// (local_files_only).
[[noreturn]] void throw_not_available(const std::exception_ptr& failure, bool force, const std::string& what);
/// \throws OfflineModeIsEnabled
[[noreturn]] void throw_offline();

} // namespace hfasync::detail
