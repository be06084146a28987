#include "emulator/store/object_store.hpp"

#include <atomic>
#include <fstream>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;
using detail::Fd;
using detail::Hasher;
using detail::HashKind;

namespace {

constexpr std::size_t chunk_size = 256u << 10;

/// Feeds a file from its start to `take`, chunk by chunk, and returns how many bytes there were.
template <class Take>
std::uint64_t for_each_chunk(const Fd& file, const fs::path& path, Take take)
{
    std::vector<std::byte> buffer(chunk_size);
    std::uint64_t offset = 0;
    while (const std::size_t n = detail::read_at(file, buffer, offset, path)) {
        take(std::span(buffer).first(n));
        offset += n;
    }
    return offset;
}

std::string sharded(const std::string& root, std::string_view kind, const std::string& hex)
{
    std::string path;
    path.reserve(root.size() + kind.size() + hex.size() + 1);
    return path.append(root).append(kind).append(hex, 0, 2).append("/").append(hex, 2);
}

} // namespace

ObjectStore::ObjectStore(ObjectStoreOptions options) : options_(std::move(options))
{
    // What a killed run left unfinished is worth nothing: nobody knows its upload ids.
    std::error_code ignored;
    fs::remove_all(options_.root / "tmp", ignored);
    for (const char* folder : {"tmp", "blobs", "lfs", "trees"})
        fs::create_directories(options_.root / folder);
    load_trusted();
}

ObjectStore::~ObjectStore() = default;

// Texts: every answer with a file asks for one, and a fs::path takes its parts apart each time.
std::string ObjectStore::blob_path(const Oid& oid) const
{
    return sharded(options_.root.native(), "/blobs/", oid.hex());
}

std::string ObjectStore::lfs_path(const Sha256& oid) const
{
    return sharded(options_.root.native(), "/lfs/", oid.hex());
}

fs::path ObjectStore::tree_path(const Oid& oid) const
{
    const std::string hex = oid.hex();
    return options_.root / "trees" / hex.substr(0, 2) / hex.substr(2);
}

fs::path ObjectStore::new_temp() const
{
    static std::atomic<std::uint64_t> next{0};
    return options_.root / "tmp" / fmt::format("{}-{}", ::getpid(), ++next);
}

void ObjectStore::publish(const fs::path& temp, const fs::path& final_path) const
{
    std::error_code code;
    fs::create_directory(final_path.parent_path(), code);
    fs::rename(temp, final_path, code);
    if (code) detail::throw_os_error(code, "publish", final_path);
}

void ObjectStore::write_whole(const fs::path& final_path, std::string_view content) const
{
    if (fs::exists(final_path)) return;
    const fs::path temp = new_temp();
    {
        const Fd file = detail::open_write(temp, true);
        detail::write_all_at(file, std::as_bytes(std::span(content)), 0, temp);
    }
    publish(temp, final_path);
}

void ObjectStore::remember(const Oid& oid, std::shared_ptr<const std::string> content) const
{
    if (content->size() > options_.memory_object) return;
    const std::scoped_lock lock(memory_mutex_);
    if (memory_.contains(oid)) return;
    constexpr std::size_t overhead = 200; // an empty file is not free either
    recent_.push_front(oid);
    memory_used_ += content->size() + overhead;
    memory_.emplace(oid, Cached{std::move(content), recent_.begin()});
    while (memory_used_ > options_.memory_bytes && !recent_.empty()) {
        const auto oldest = memory_.find(recent_.back());
        memory_used_ -= oldest->second.content->size() + overhead;
        memory_.erase(oldest);
        recent_.pop_back();
    }
}

Oid ObjectStore::put_blob(std::string_view content)
{
    Hasher hasher = detail::git_blob_hasher(content.size());
    hasher.update(content);
    const Oid oid = Oid::from_raw(hasher.finish_raw());
    write_whole(blob_path(oid), content);
    remember(oid, std::make_shared<const std::string>(content));
    return oid;
}

std::pair<Oid, std::uint64_t> ObjectStore::put_blob_file(const fs::path& file)
{
    const Fd source = detail::open_read(file);
    BlobWriter writer = write_blob();
    for_each_chunk(source, file, [&](std::span<const std::byte> chunk) {
        writer.write({reinterpret_cast<const char*>(chunk.data()), chunk.size()});
    });
    const std::uint64_t size = writer.size();
    return {writer.finish(), size};
}

std::optional<ObjectFile> ObjectStore::find_blob(const Oid& oid) const
{
    ObjectFile found{.path = blob_path(oid), .size = 0, .memory = nullptr};
    {
        const std::scoped_lock lock(memory_mutex_);
        if (const auto cached = memory_.find(oid); cached != memory_.end()) {
            recent_.splice(recent_.begin(), recent_, cached->second.place);
            found.memory = cached->second.content;
            found.size = found.memory->size();
            return found;
        }
    }
    std::error_code code;
    found.size = fs::file_size(found.path, code);
    if (code) return std::nullopt;
    if (found.size <= options_.memory_object) {
        std::string content(found.size, '\0');
        const Fd file = detail::open_read(found.path);
        content.resize(detail::read_at(file, std::as_writable_bytes(std::span(content)), 0, found.path));
        found.memory = std::make_shared<const std::string>(std::move(content));
        remember(oid, found.memory);
    }
    return found;
}

std::shared_ptr<const std::string> ObjectStore::read_blob(const Oid& oid) const
{
    const auto found = find_blob(oid);
    if (!found)
        throw StoreError(500, "", fmt::format("The object {} is missing from the data folder", oid.hex()));
    if (found->memory) return found->memory;
    std::string content(found->size, '\0');
    const Fd file = detail::open_read(found->path);
    content.resize(detail::read_at(file, std::as_writable_bytes(std::span(content)), 0, found->path));
    return std::make_shared<const std::string>(std::move(content));
}

Sha256 ObjectStore::put_lfs(std::string_view content)
{
    Hasher hasher(HashKind::sha256);
    hasher.update(content);
    const Sha256 oid = Sha256::from_raw(hasher.finish_raw());
    write_whole(lfs_path(oid), content);
    return oid;
}

std::pair<Sha256, std::uint64_t> ObjectStore::put_lfs_file(const fs::path& file)
{
    const Fd source = detail::open_read(file);
    const fs::path temp = new_temp();
    const Fd target = detail::open_write(temp, true);
    Hasher hasher(HashKind::sha256);
    std::uint64_t size = 0;
    for_each_chunk(source, file, [&](std::span<const std::byte> chunk) {
        hasher.update(chunk);
        detail::write_all_at(target, chunk, size, temp);
        size += chunk.size();
    });
    const Sha256 oid = Sha256::from_raw(hasher.finish_raw());
    publish(temp, lfs_path(oid));
    return {oid, size};
}

std::optional<ObjectFile> ObjectStore::find_lfs(const Sha256& oid) const
{
    ObjectFile found{.path = lfs_path(oid), .size = 0, .memory = nullptr};
    std::error_code code;
    found.size = fs::file_size(found.path, code);
    if (!code) return found;
    const std::shared_lock lock(lfs_mutex_);
    if (const auto trusted = trusted_.find(oid); trusted != trusted_.end())
        return ObjectFile{.path = {}, .size = trusted->second, .memory = nullptr};
    return std::nullopt;
}

void ObjectStore::trust_lfs(const Sha256& oid, std::uint64_t size)
{
    const std::unique_lock lock(lfs_mutex_);
    if (!trusted_.emplace(oid, size).second) return;
    std::ofstream(options_.root / "trusted", std::ios::app) << oid.hex() << ' ' << size << '\n';
}

void ObjectStore::load_trusted()
{
    std::ifstream file(options_.root / "trusted");
    std::string hex;
    std::uint64_t size = 0;
    while (file >> hex >> size)
        if (const auto oid = Sha256::parse(hex)) trusted_.emplace(*oid, size);
}

void ObjectStore::put_tree_record(const Oid& oid, std::string_view record)
{
    write_whole(tree_path(oid), record);
}

std::optional<std::string> ObjectStore::read_tree_record(const Oid& oid) const
{
    const fs::path path = tree_path(oid);
    std::error_code code;
    const std::uint64_t size = fs::file_size(path, code);
    if (code) return std::nullopt;
    std::string record(size, '\0');
    const Fd file = detail::open_read(path);
    record.resize(detail::read_at(file, std::as_writable_bytes(std::span(record)), 0, path));
    return record;
}

std::shared_ptr<MultipartUpload> ObjectStore::start_multipart(const Sha256& oid, std::uint64_t size,
                                                              std::uint64_t part_size)
{
    static std::atomic<std::uint64_t> next{0};
    // Not guessable on purpose: on the Hub, too, the id is a part of what the signed URLs protect.
    Hasher hasher(HashKind::sha256);
    hasher.update(oid.raw());
    hasher.update(fmt::format("{}-{}-{}", ++next, ::getpid(),
                              std::chrono::steady_clock::now().time_since_epoch().count()));
    std::string id = hasher.finish_hex().substr(0, 32);
    auto upload = std::make_shared<MultipartUpload>(*this, id, oid, size, part_size);
    const std::scoped_lock lock(uploads_mutex_);
    return uploads_.emplace(std::move(id), std::move(upload)).first->second;
}

std::shared_ptr<MultipartUpload> ObjectStore::find_multipart(std::string_view upload_id) const
{
    const std::scoped_lock lock(uploads_mutex_);
    const auto found = uploads_.find(upload_id);
    return found == uploads_.end() ? nullptr : found->second;
}

void ObjectStore::forget_multipart(std::string_view upload_id)
{
    const std::scoped_lock lock(uploads_mutex_);
    if (const auto found = uploads_.find(upload_id); found != uploads_.end()) uploads_.erase(found);
}

} // namespace hfasync::emulator::store
