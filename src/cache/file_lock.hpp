// The lock files that all programs on one cache share: flock(2), as the reference's filelock does.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <hfasync/clock.hpp>

#include "base/os.hpp"

namespace hfasync::detail {

class WorkerPool;

/// Makes the folders above `path`; only asked for after an ENOENT, so that the usual case costs no call.
void make_parents(const std::filesystem::path& path);

/// One held lock: an open file description of its own, never unlinked (others may hold it next).
class FileLock {
public:
    /// Opens (O_CREAT, O_NOFOLLOW) and tries once. nullopt when another holds it. Blocking; for a worker.
    static std::optional<FileLock> try_lock(const std::filesystem::path& path);
    /// The same on a file that is already open.
    static std::optional<FileLock> try_lock(Fd file, const std::filesystem::path& path);

    /// false: this file system has no working flock; the holder must not touch the shared partial.
    bool effective() const noexcept { return effective_; }

private:
    FileLock(Fd file, bool effective) : file_(std::move(file)), effective_(effective) {}
    Fd file_;
    bool effective_;
};

/// Calls `attempt` on the pool until it returns true, every 50 ms as the reference's filelock does. For ever,
/// like the reference, but a cancel ends it.
boost::asio::awaitable<void> poll_lock(WorkerPool* workers, std::shared_ptr<Clock> clock,
                                       std::function<bool()> attempt);

} // namespace hfasync::detail
