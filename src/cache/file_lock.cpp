#include "cache/file_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>

#include <hfasync/error.hpp>

#include "async/worker_pool.hpp"

namespace hfasync::detail {

namespace {

constexpr auto poll_interval = std::chrono::milliseconds(50); // filelock's

Fd open_lock(const std::filesystem::path& path)
{
    for (int attempt = 0;; ++attempt) {
        // No O_TRUNC: it would follow nothing here, but it would also write to what is not ours.
        Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
        if (fd) return fd;
        if (errno != ENOENT || attempt > 2) throw_errno("open the lock file", path);
        make_parents(path);
    }
}

/// Some network file systems say yes to everyone. Two descriptions of one file must not both get it; asked
/// once a folder of locks, on the first that succeeds there.
bool excludes_others(const Fd& held, const std::filesystem::path& path)
{
    static std::mutex mutex;
    static std::map<std::string, bool, std::less<>> known;
    const std::string_view whole = path.native();
    const auto folder = whole.substr(0, whole.rfind('/') + 1);
    const std::scoped_lock lock(mutex);
    const auto found = known.find(folder);
    if (found != known.end()) return found->second;
    const Fd second(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!second || !(file_id(second, path) == file_id(held, path)))
        return true; // replaced under us: ask again
    bool supported = true;
    const bool both = try_flock(second, path, supported);
    constexpr std::size_t most_known = 1024;
    if (known.size() >= most_known) known.clear();
    return known[std::string(folder)] = supported && !both;
}

} // namespace

void make_parents(const std::filesystem::path& path)
{
    std::error_code error;
    const auto folder = path.parent_path();
    if (folder.empty()) return;
    for (int attempt = 0; attempt < 3; ++attempt) { // others may remove empty folders meanwhile
        std::filesystem::create_directories(folder, error);
        if (error != std::errc::no_such_file_or_directory) break;
    }
    if (error) throw_os_error(error, "make the folder", folder);
}

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path)
{
    return try_lock(open_lock(path), path);
}

std::optional<FileLock> FileLock::try_lock(Fd file, const std::filesystem::path& path)
{
    bool supported = true;
    if (!try_flock(file, path, supported) && supported) return std::nullopt;
    const bool effective = supported && excludes_others(file, path);
    return FileLock(std::move(file), effective);
}

boost::asio::awaitable<void> poll_lock(WorkerPool* workers, std::shared_ptr<Clock> clock,
                                       std::function<bool()> attempt)
{
    while (!co_await workers->run(attempt))
        co_await clock->sleep_until(clock->now() + poll_interval);
}

} // namespace hfasync::detail
