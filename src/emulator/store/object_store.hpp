// Content-addressed files on disk: git blobs by SHA-1, LFS objects by SHA-256, folder records by tree id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/os.hpp"
#include "emulator/store/digest.hpp"

namespace hfasync::emulator::store {

/// Where the bytes of an object are. Objects never change, so that the path may be opened at any time later.
struct ObjectFile {
    std::string path; ///< empty: an LFS object taken on trust, of which only the size is known
    std::uint64_t size = 0;
    std::shared_ptr<const std::string> memory; ///< the bytes, when the object is small and cached; else null
};

class ObjectStore;

/// Takes a git blob of unknown size in chunks. Up to a megabyte stays in memory, more goes to a temporary
/// file (git's hash begins with the size: it can only be computed at the end). Abandoned when destroyed
/// unfinished.
class BlobWriter {
public:
    BlobWriter(BlobWriter&&) noexcept = default;
    ~BlobWriter();
    void write(std::string_view chunk);
    std::uint64_t size() const noexcept { return size_; }
    /// Publishes the blob. Call once.
    Oid finish();

private:
    friend class ObjectStore;
    explicit BlobWriter(ObjectStore& store) : store_(&store) {}
    void spool();
    Oid hash_file() const;

    ObjectStore* store_;
    std::string memory_;
    std::filesystem::path temp_;
    detail::Fd file_;
    std::uint64_t size_ = 0;
};

/// Takes an LFS object whose id and size were announced, hashing it as it is written.
class LfsWriter {
public:
    LfsWriter(LfsWriter&&) noexcept = default;
    ~LfsWriter();
    /// \throws StoreError 400 when more than the announced size arrives
    void write(std::span<const std::byte> chunk);
    std::uint64_t written() const noexcept { return written_; }
    /// Publishes the object. \throws StoreError 400 when size or hash are not those announced
    void finish();

private:
    friend class ObjectStore;
    LfsWriter(ObjectStore& store, Sha256 oid, std::uint64_t size);

    ObjectStore* store_;
    Sha256 oid_;
    std::uint64_t size_ = 0, written_ = 0;
    detail::Hasher hasher_;
    std::filesystem::path temp_;
    detail::Fd file_;
};

/// One multipart upload of an LFS object: all parts are written into one file, in any order and at the same
/// time. A part may be written again (a retry beside a dead connection): the writer that began last counts.
/// Kept until completed or the store goes.
class MultipartUpload {
public:
    MultipartUpload(ObjectStore& store, std::string id, Sha256 oid, std::uint64_t size,
                    std::uint64_t part_size);
    ~MultipartUpload();
    MultipartUpload(const MultipartUpload&) = delete;

    const std::string& id() const noexcept { return id_; }
    const Sha256& oid() const noexcept { return oid_; }
    std::uint64_t size() const noexcept { return size_; }
    std::uint64_t part_size() const noexcept { return part_size_; }
    std::uint32_t part_count() const noexcept;
    /// Bytes that part `number` (from 1) must have. \throws StoreError 400 for a number out of range
    std::uint64_t size_of_part(std::uint32_t number) const;
    /// Numbers (from 1) and ETags (without quotes) of the parts that have arrived.
    std::map<std::uint32_t, std::string> parts() const;

    class PartWriter {
    public:
        PartWriter(PartWriter&&) noexcept = default;
        /// \throws StoreError 400 when more than the part's size arrives, 409 when the part is being sent
        /// again
        void write(std::span<const std::byte> chunk);
        std::uint64_t written() const noexcept { return written_; }
        /// \returns the ETag (hex, without quotes). \throws StoreError 400 when the part is short
        std::string finish();

    private:
        friend class MultipartUpload;
        PartWriter(std::shared_ptr<MultipartUpload> upload, std::uint32_t number);
        std::shared_ptr<MultipartUpload> upload_;
        std::uint32_t number_;
        std::uint64_t expected_, written_ = 0, turn_ = 0;
        detail::Hasher hasher_;
    };
    /// \throws StoreError 400 for a number out of range
    static PartWriter write_part(const std::shared_ptr<MultipartUpload>& upload, std::uint32_t number);

    /// Checks that every part is there with its ETag (quotes are dropped), then size and SHA-256 of the
    /// whole, and publishes the object. Reads the whole file: call it on a worker thread. Repeating it after
    /// success is fine.
    /// \throws StoreError 400
    void complete(const std::vector<std::pair<std::uint32_t, std::string>>& etags);

private:
    ObjectStore& store_;
    const std::string id_;
    const Sha256 oid_;
    const std::uint64_t size_, part_size_;
    std::filesystem::path temp_;
    detail::Fd file_;
    mutable std::shared_mutex
        mutex_; ///< shared by those who write parts, alone by who begins, ends, completes
    std::map<std::uint32_t, std::string> etags_;
    std::map<std::uint32_t, std::uint64_t> turns_; ///< which writer of a part is the latest
    bool completed_ = false;
};

struct ObjectStoreOptions {
    std::filesystem::path root;
    std::size_t memory_bytes = 64u << 20;  ///< cache of small blobs
    std::size_t memory_object = 64u << 10; ///< larger ones are never cached
};

/// Thread-safe. Every object becomes visible by a rename of a finished file.
class ObjectStore {
public:
    explicit ObjectStore(ObjectStoreOptions options);
    ~ObjectStore();
    ObjectStore(const ObjectStore&) = delete;

    Oid put_blob(std::string_view content);
    BlobWriter write_blob() { return BlobWriter(*this); }
    /// Copies a file of this machine. The size is taken when it is opened.
    std::pair<Oid, std::uint64_t> put_blob_file(const std::filesystem::path& file);
    std::optional<ObjectFile> find_blob(const Oid& oid) const;
    /// Whole content; for small blobs (README.md, .gitattributes). \throws StoreError 500 when it is not
    /// there
    std::shared_ptr<const std::string> read_blob(const Oid& oid) const;

    LfsWriter write_lfs(const Sha256& oid, std::uint64_t size) { return {*this, oid, size}; }
    Sha256 put_lfs(std::string_view content);
    std::pair<Sha256, std::uint64_t> put_lfs_file(const std::filesystem::path& file);
    std::optional<ObjectFile> find_lfs(const Sha256& oid) const;
    /// From now on the object counts as present with this size, though its bytes are elsewhere
    /// (Options::storage_url).
    void trust_lfs(const Sha256& oid, std::uint64_t size);

    std::shared_ptr<MultipartUpload> start_multipart(const Sha256& oid, std::uint64_t size,
                                                     std::uint64_t part_size);
    /// Null when there is none (or it belongs to an earlier run).
    std::shared_ptr<MultipartUpload> find_multipart(std::string_view upload_id) const;
    void forget_multipart(std::string_view upload_id);

    /// Folder records (see tree.hpp), by git tree id.
    void put_tree_record(const Oid& oid, std::string_view record);
    std::optional<std::string> read_tree_record(const Oid& oid) const;

    const std::filesystem::path& root() const noexcept { return options_.root; }

private:
    friend class BlobWriter;
    friend class LfsWriter;
    friend class MultipartUpload;
    std::string blob_path(const Oid& oid) const;
    std::string lfs_path(const Sha256& oid) const;
    std::filesystem::path tree_path(const Oid& oid) const;
    std::filesystem::path new_temp() const;
    void publish(const std::filesystem::path& temp, const std::filesystem::path& final_path) const;
    void write_whole(const std::filesystem::path& final_path, std::string_view content) const;
    void remember(const Oid& oid, std::shared_ptr<const std::string> content) const;
    void load_trusted();

    ObjectStoreOptions options_;
    mutable std::mutex memory_mutex_;
    struct Cached {
        std::shared_ptr<const std::string> content;
        std::list<Oid>::iterator place;
    };
    mutable std::unordered_map<Oid, Cached, DigestHash> memory_;
    mutable std::list<Oid> recent_; ///< most recently used first
    mutable std::size_t memory_used_ = 0;
    mutable std::shared_mutex lfs_mutex_;
    std::unordered_map<Sha256, std::uint64_t, DigestHash> trusted_;
    mutable std::mutex uploads_mutex_;
    std::map<std::string, std::shared_ptr<MultipartUpload>, std::less<>> uploads_;
};

} // namespace hfasync::emulator::store
