#include "store.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "waiting.hpp"

namespace cache_server {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what, int error)
{
    throw std::system_error(error, std::generic_category(), what);
}

constexpr const char* kept_folders[] = {"objects", "answers"};

} // namespace

OpenFile::~OpenFile()
{
    ::close(descriptor_);
}

std::string OpenFile::read(std::uint64_t offset, std::size_t size) const
{
    std::string out(size, '\0');
    while (true) {
        const auto got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) fail("a cached file cannot be read", got < 0 ? errno : EIO);
        out.resize(static_cast<std::size_t>(got));
        return out;
    }
}

void OpenFile::write(std::uint64_t offset, const std::string& bytes) const
{
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto put = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail("the cache cannot be written", errno);
        done += static_cast<std::size_t>(put);
    }
}

Store::Store(const Options& options, asio::thread_pool& disk, Metrics& metrics)
    : folder_(options.folder), disk_(disk.get_executor()), names_(asio::make_strand(disk.get_executor())),
      metrics_(metrics), max_bytes_(options.max_bytes)
{
    metrics_.max_bytes = max_bytes_;
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all); // files of private repos lie here
    lock_ = ::open((folder_ / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock_ < 0) fail((folder_ / "lock").string(), errno);
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock_);
        throw std::runtime_error(folder_.string() +
                                 " is in use by another cache server; give it one of its own");
    }
    fs::remove_all(folder_ / "partial");
    fs::create_directories(folder_ / "partial");
    look(folder_);
    while (used_ > max_bytes_)
        if (const auto path = evict_one(); !path.empty()) fs::remove(path);
}

Store::~Store()
{
    ::close(lock_);
}

void Store::look(const fs::path& folder)
{
    struct Found {
        fs::file_time_type used;
        std::string key;
        std::uint64_t size;
    };
    std::vector<Found> found;
    for (const auto* kept : kept_folders) {
        fs::create_directories(folder / kept);
        for (const auto& entry : fs::recursive_directory_iterator(folder / kept))
            if (entry.is_regular_file() && !entry.is_symlink())
                found.push_back({entry.last_write_time(), fs::relative(entry.path(), folder).string(),
                                 entry.file_size()});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
    for (const auto& file : found)
        add(file.key, file.size, nullptr);
}

void Store::add(const std::string& key, std::uint64_t size, const OpenFilePtr& open)
{
    remove(key);
    order_.push_front(key);
    entries_[key] = {size, order_.begin(), open};
    used_ += size;
    metrics_.stored_bytes = used_;
    metrics_.stored_files = entries_.size();
}

void Store::remove(const std::string& key)
{
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    used_ -= at->second.size;
    order_.erase(at->second.used);
    entries_.erase(at);
    metrics_.stored_bytes = used_;
    metrics_.stored_files = entries_.size();
}

fs::path Store::evict_one()
{
    for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
        const auto& entry = entries_.at(*at);
        if (!entry.open.expired()) continue;
        const auto key = *at;
        ++metrics_.evictions;
        metrics_.evicted_bytes += entry.size;
        remove(key);
        return path_of(key);
    }
    return {};
}

asio::awaitable<OpenFilePtr> Store::open(std::string key)
{
    const auto at = entries_.find(key);
    if (at == entries_.end()) co_return nullptr;
    order_.splice(order_.begin(), order_, at->second.used);
    if (auto already = at->second.open.lock()) co_return already;
    const auto size = at->second.size;
    auto file = co_await run_on(disk_, [path = path_of(key), size]() -> OpenFilePtr {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (descriptor < 0) return nullptr;
        ::futimens(descriptor, nullptr); // the order of use outlives the server
        struct stat facts{};
        auto opened = std::make_shared<const OpenFile>(descriptor, size);
        const bool whole =
            ::fstat(descriptor, &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == size;
        return whole ? opened : nullptr;
    });
    const auto again = entries_.find(key);
    if (again == entries_.end()) co_return file; // evicted meanwhile: what is open can be read
    if (!file)
        remove(key); // somebody has tidied up by hand
    else
        again->second.open = file;
    co_return file;
}

asio::awaitable<bool> Store::reserve(std::uint64_t size)
{
    if (size > max_bytes_) co_return false;
    while (used_ + reserved_ + size > max_bytes_) {
        auto path = evict_one();
        if (path.empty()) co_return false;
        co_await run_on(names_, [path = std::move(path)] {
            std::error_code ignored;
            fs::remove(path, ignored);
            return true;
        });
    }
    reserved_ += size;
    co_return true;
}

asio::awaitable<Store::Partial> Store::begin(std::uint64_t size)
{
    auto path = folder_ / "partial" / std::to_string(next_partial_++);
    auto file = co_await run_on(disk_, [path, size]() -> OpenFilePtr {
        const int descriptor = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
        if (descriptor < 0) fail(path.string(), errno);
        return std::make_shared<const OpenFile>(descriptor, size);
    });
    co_return Partial{std::move(path), std::move(file)};
}

asio::awaitable<void> Store::publish(Partial partial, std::string key)
{
    const auto size = partial.file->size();
    auto path = path_of(key);
    co_await run_on(names_, [from = partial.path, to = std::move(path)] {
        fs::create_directories(to.parent_path());
        fs::rename(from, to);
        return true;
    });
    release(size);
    add(key, size, partial.file);
}

asio::awaitable<void> Store::discard(Partial partial)
{
    release(partial.file->size());
    co_await run_on(names_, [path = partial.path] {
        std::error_code ignored;
        fs::remove(path, ignored);
        return true;
    });
}

asio::awaitable<void> Store::put(std::string key, std::string content)
{
    const auto size = content.size();
    if (!co_await reserve(size)) co_return;
    std::exception_ptr failure;
    std::optional<Partial> partial;
    try {
        partial = co_await begin(size);
        co_await run_on(disk_, [file = partial->file, content = std::move(content)] {
            file->write(0, content);
            return true;
        });
        co_await publish(*partial, std::move(key));
        co_return;
    } catch (...) {
        failure = std::current_exception();
    }
    if (partial)
        co_await discard(std::move(*partial)); // on a full disk it would stay in the way
    else
        release(size);
    std::rethrow_exception(failure);
}

} // namespace cache_server
