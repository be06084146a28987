// Whole files on the disk, at most so many bytes of them: the ones that were used last stay.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "metrics.hpp"
#include "options.hpp"

namespace cache_server {

/// An open file. A stored file that is open is not evicted.
class OpenFile {
public:
    OpenFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    std::uint64_t size() const noexcept { return size_; }
    /// At most `size` bytes; blocking. \throws std::system_error also when there are none
    std::string read(std::uint64_t offset, std::size_t size) const;
    void write(std::uint64_t offset, const std::string& bytes) const; ///< blocking
    /// What was written outlives a power cut; blocking. \throws std::system_error
    void sync() const;

private:
    int descriptor_;
    std::uint64_t size_;
};
using OpenFilePtr = std::shared_ptr<const OpenFile>;

class Store {
public:
    using Disk = boost::asio::thread_pool::executor_type;

    /// Looks at what is there; blocking. Files that break off are removed, and what is too much.
    /// \throws std::runtime_error when another server uses the folder, std::filesystem::filesystem_error
    Store(const Options& options, boost::asio::thread_pool& disk, Metrics& metrics,
          std::size_t most_answers = 200'000);
    ~Store();
    Store(const Store&) = delete;

    bool has(const std::string& key) const { return entries_.contains(key); }
    /// Null when it is not there.
    boost::asio::awaitable<OpenFilePtr> open(std::string key);
    /// `file`, which was opened by this key, is not what the key says: it goes, unless another has its place.
    boost::asio::awaitable<void> drop(std::string key, OpenFilePtr file);

    /// Room for a file; false when the files in use leave none.
    boost::asio::awaitable<bool> reserve(std::uint64_t size);
    void release(std::uint64_t size) { reserved_ -= on_disk(size); }
    /// A file without a key, of the size that was reserved.
    struct Partial {
        std::filesystem::path path;
        OpenFilePtr file;
    };
    boost::asio::awaitable<Partial> begin(std::uint64_t size);
    /// The file is whole: it gets its key when the disk has it, and the reserved room is its own.
    boost::asio::awaitable<void> publish(Partial partial, std::string key);
    /// Removes it and releases its room.
    boost::asio::awaitable<void> discard(Partial partial);
    /// Keeps a text, if there is room. Of those below answers/ the last used ones stay.
    boost::asio::awaitable<void> put(std::string key, std::string content);

    Disk disk() const { return disk_; }

private:
    using Keys = std::list<std::string>; ///< last used first
    struct Entry {
        std::uint64_t size = 0;
        std::uint64_t made = 0; ///< tells it from an earlier file of the same key
        std::uint64_t used = 0; ///< greater: later
        Keys::iterator place;   ///< among those of its kind
        std::weak_ptr<const OpenFile> open;
    };
    /// What a file of this size takes of the disk: small ones are many, and take whole blocks.
    static std::uint64_t on_disk(std::uint64_t size) noexcept;
    Keys& keys_like(const std::string& key);
    void look(const std::filesystem::path& folder);
    void add(const std::string& key, std::uint64_t size, const OpenFilePtr& open);
    void touch(Entry& entry, Keys& keys);
    void remove(const std::string& key);
    /// The entry that was not used longest and is not in use, or null.
    const Entry* idle(const Keys& keys) const;
    /// Forgets it; its path, or nothing when there is none.
    std::filesystem::path evict(const Entry* entry);
    std::filesystem::path evict_one();
    std::filesystem::path evict_answer();
    boost::asio::awaitable<void> trim_answers();
    boost::asio::awaitable<void> unlink(std::filesystem::path path);
    std::filesystem::path path_of(const std::string& key) const { return folder_ / key; }

    std::filesystem::path folder_;
    Disk disk_;
    boost::asio::strand<Disk> names_; ///< renames and removals, in the order in which they were decided
    Metrics& metrics_;
    std::uint64_t max_bytes_;
    std::size_t most_answers_;
    std::uint64_t used_ = 0;
    std::uint64_t reserved_ = 0;
    std::uint64_t next_partial_ = 0;
    std::uint64_t turn_ = 0;
    int lock_ = -1;
    Keys objects_, answers_;
    std::unordered_map<std::string, Entry> entries_;
};

} // namespace cache_server
