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
constexpr std::uint64_t block = 4096;

/// A name without a file costs a transfer, no more: a file system that cannot do this is good enough.
void sync_folder(const fs::path& folder)
{
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

/// The folder of `to` and, when it is new, the one above note what they have.
void name_file(const fs::path& from, const fs::path& to)
{
    const auto folder = to.parent_path();
    const bool is_new = fs::create_directories(folder);
    fs::rename(from, to);
    sync_folder(folder);
    if (is_new) sync_folder(folder.parent_path());
}

struct Opened {
    OpenFilePtr file;
    bool lost = false; ///< it is not there, or not as it was: else the system has its reasons
};

Opened open_whole(const fs::path& path, std::uint64_t size)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return {nullptr, errno == ENOENT || errno == ENOTDIR || errno == ELOOP};
    auto file = std::make_shared<const OpenFile>(descriptor, size);
    ::futimens(descriptor, nullptr); // the order of use outlives the server
    struct stat facts{};
    if (::fstat(descriptor, &facts) != 0) return {};
    if (static_cast<std::uint64_t>(facts.st_size) != size) return {nullptr, true};
    return {std::move(file), false};
}

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

void OpenFile::sync() const
{
    while (::fdatasync(descriptor_) != 0)
        if (errno != EINTR) fail("the cache cannot be written", errno);
}

Store::Store(const Options& options, asio::thread_pool& disk, Metrics& metrics, std::size_t most_answers)
    : folder_(options.folder), disk_(disk.get_executor()), names_(asio::make_strand(disk.get_executor())),
      metrics_(metrics), max_bytes_(options.max_bytes), most_answers_(most_answers)
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
    while (answers_.size() > most_answers_)
        if (const auto path = evict_answer(); !path.empty()) fs::remove(path);
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

std::uint64_t Store::on_disk(std::uint64_t size) noexcept
{
    return std::max<std::uint64_t>(1, size / block + (size % block != 0 ? 1 : 0)) * block;
}

Store::Keys& Store::keys_like(const std::string& key)
{
    return key.starts_with("answers/") ? answers_ : objects_;
}

void Store::add(const std::string& key, std::uint64_t size, const OpenFilePtr& open)
{
    remove(key);
    auto& keys = keys_like(key);
    keys.push_front(key);
    ++turn_;
    entries_[key] = {size, turn_, turn_, keys.begin(), open};
    used_ += on_disk(size);
    metrics_.stored_bytes = used_;
    metrics_.stored_files = entries_.size();
}

void Store::touch(Entry& entry, Keys& keys)
{
    entry.used = ++turn_;
    keys.splice(keys.begin(), keys, entry.place);
}

void Store::remove(const std::string& key)
{
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    used_ -= on_disk(at->second.size);
    keys_like(key).erase(at->second.place);
    entries_.erase(at);
    metrics_.stored_bytes = used_;
    metrics_.stored_files = entries_.size();
}

const Store::Entry* Store::idle(const Keys& keys) const
{
    for (auto at = keys.rbegin(); at != keys.rend(); ++at)
        if (const auto& entry = entries_.at(*at); entry.open.expired()) return &entry;
    return nullptr;
}

fs::path Store::evict(const Entry* entry)
{
    if (entry == nullptr) return {};
    const auto key = *entry->place;
    ++metrics_.evictions;
    metrics_.evicted_bytes += entry->size;
    remove(key);
    return path_of(key);
}

fs::path Store::evict_one()
{
    const auto *object = idle(objects_), *answer = idle(answers_);
    if (object == nullptr || answer == nullptr) return evict(object != nullptr ? object : answer);
    return evict(object->used < answer->used ? object : answer);
}

fs::path Store::evict_answer()
{
    return evict(idle(answers_));
}

asio::awaitable<void> Store::unlink(fs::path path)
{
    co_await run_on(names_, [path = std::move(path)] {
        std::error_code ignored;
        fs::remove(path, ignored);
        return true;
    });
}

asio::awaitable<OpenFilePtr> Store::open(std::string key)
{
    const auto at = entries_.find(key);
    if (at == entries_.end()) co_return nullptr;
    touch(at->second, keys_like(key));
    if (auto already = at->second.open.lock()) co_return already;
    const auto size = at->second.size, made = at->second.made;
    auto opened = co_await run_on(disk_, [path = path_of(key), size] { return open_whole(path, size); });
    const auto again = entries_.find(key);
    if (again == entries_.end() || again->second.made != made)
        co_return opened.file; // evicted or replaced meanwhile: what is open can be read
    if (opened.lost) {         // somebody has tidied up by hand, or worse
        remove(key);
        co_await unlink(path_of(key));
    } else if (opened.file) {
        again->second.open = opened.file;
    }
    co_return opened.file;
}

asio::awaitable<void> Store::drop(std::string key, OpenFilePtr file)
{
    const auto at = entries_.find(key);
    if (at == entries_.end() || at->second.open.lock() != file) co_return;
    remove(key);
    co_await unlink(path_of(key));
}

asio::awaitable<bool> Store::reserve(std::uint64_t size)
{
    if (size > max_bytes_) co_return false;
    const auto room = on_disk(size);
    if (room > max_bytes_) co_return false;
    while (used_ + reserved_ + room > max_bytes_) {
        auto path = evict_one();
        if (path.empty()) co_return false;
        co_await unlink(std::move(path));
    }
    reserved_ += room;
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
    // The bytes before the name: a power cut must not leave a name with fewer. Not among the renames and
    // removals, which would wait for it.
    co_await run_on(disk_, [file = partial.file]() mutable {
        file->sync();
        file.reset(); // else it may be in use for a moment longer, in the other thread
        return true;
    });
    co_await run_on(names_, [from = partial.path, to = path_of(key)] {
        name_file(from, to);
        return true;
    });
    release(size);
    add(key, size, partial.file);
}

asio::awaitable<void> Store::discard(Partial partial)
{
    release(partial.file->size());
    co_await unlink(partial.path);
}

asio::awaitable<void> Store::trim_answers()
{
    while (answers_.size() > most_answers_) {
        auto path = evict_answer();
        if (path.empty()) co_return; // all are in use
        co_await unlink(std::move(path));
    }
}

asio::awaitable<void> Store::put(std::string key, std::string content)
{
    const auto size = content.size();
    if (!co_await reserve(size)) co_return;
    std::exception_ptr failure;
    std::optional<Partial> partial;
    try {
        partial = co_await begin(size);
        co_await run_on(disk_, [file = partial->file, content = std::move(content)]() mutable {
            file->write(0, content);
            file.reset();
            return true;
        });
        co_await publish(*partial, std::move(key));
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return co_await trim_answers();
    if (partial)
        co_await discard(std::move(*partial)); // on a full disk it would stay in the way
    else
        release(size);
    std::rethrow_exception(failure);
}

} // namespace cache_server
