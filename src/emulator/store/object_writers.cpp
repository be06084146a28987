// The streaming ways into the object store.
#include "emulator/store/object_store.hpp"

#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;
using detail::Fd;
using detail::Hasher;
using detail::HashKind;

namespace {

constexpr std::size_t memory_limit = 1u << 20;
constexpr std::size_t chunk_size = 256u << 10;

[[noreturn]] void refuse(const std::string& message)
{
    throw StoreError(400, "", message);
}

void remove_quietly(const fs::path& path) noexcept
{
    std::error_code ignored;
    if (!path.empty()) fs::remove(path, ignored);
}

void hash_all(Hasher& hasher, const Fd& file, const fs::path& path)
{
    std::vector<std::byte> buffer(chunk_size);
    std::uint64_t offset = 0;
    while (const std::size_t n = detail::read_at(file, buffer, offset, path)) {
        hasher.update(std::span<const std::byte>(buffer).first(n));
        offset += n;
    }
}

} // namespace

// --- BlobWriter

BlobWriter::~BlobWriter()
{
    if (file_) remove_quietly(temp_);
}

void BlobWriter::spool()
{
    temp_ = store_->new_temp();
    file_ = detail::open_write(temp_, true);
    detail::write_all_at(file_, std::as_bytes(std::span(memory_)), 0, temp_);
    memory_ = {};
}

void BlobWriter::write(std::string_view chunk)
{
    if (!file_ && size_ + chunk.size() > memory_limit) spool();
    if (file_)
        detail::write_all_at(file_, std::as_bytes(std::span(chunk)), size_, temp_);
    else
        memory_.append(chunk);
    size_ += chunk.size();
}

Oid BlobWriter::hash_file() const
{
    Hasher hasher = detail::git_blob_hasher(size_);
    hash_all(hasher, file_, temp_);
    return Oid::from_raw(hasher.finish_raw());
}

Oid BlobWriter::finish()
{
    if (!file_) return store_->put_blob(memory_);
    const Oid oid = hash_file();
    store_->publish(temp_, store_->blob_path(oid));
    file_.reset();
    return oid;
}

// --- LfsWriter

LfsWriter::LfsWriter(ObjectStore& store, Sha256 oid, std::uint64_t size)
    : store_(&store), oid_(oid), size_(size), hasher_(HashKind::sha256), temp_(store.new_temp()),
      file_(detail::open_write(temp_, true))
{
}

LfsWriter::~LfsWriter()
{
    if (file_) remove_quietly(temp_);
}

void LfsWriter::write(std::span<const std::byte> chunk)
{
    if (chunk.size() > size_ - written_)
        refuse(fmt::format("More than the announced {} bytes were sent", size_));
    hasher_.update(chunk);
    detail::write_all_at(file_, chunk, written_, temp_);
    written_ += chunk.size();
}

void LfsWriter::finish()
{
    if (written_ != size_) refuse(fmt::format("{} bytes were announced, {} were sent", size_, written_));
    if (Sha256::from_raw(hasher_.finish_raw()) != oid_)
        refuse(fmt::format("The content's SHA-256 is not {}", oid_.hex()));
    store_->publish(temp_, store_->lfs_path(oid_));
    file_.reset();
}

// --- MultipartUpload

MultipartUpload::MultipartUpload(ObjectStore& store, std::string id, Sha256 oid, std::uint64_t size,
                                 std::uint64_t part_size)
    : store_(store), id_(std::move(id)), oid_(oid), size_(size), part_size_(part_size),
      temp_(store.new_temp())
{
    if (size == 0 || part_size == 0) refuse("A multipart upload needs a size and a part size above zero");
    file_ = detail::open_write(temp_, true);
}

MultipartUpload::~MultipartUpload()
{
    if (!completed_) remove_quietly(temp_);
}

std::uint32_t MultipartUpload::part_count() const noexcept
{
    return static_cast<std::uint32_t>((size_ - 1) / part_size_ + 1);
}

std::uint64_t MultipartUpload::size_of_part(std::uint32_t number) const
{
    if (number == 0 || number > part_count())
        refuse(fmt::format("There is no part {}: the upload has {} parts", number, part_count()));
    return number < part_count() ? part_size_ : size_ - part_size_ * (number - 1);
}

std::map<std::uint32_t, std::string> MultipartUpload::parts() const
{
    const std::shared_lock lock(mutex_);
    return etags_;
}

MultipartUpload::PartWriter MultipartUpload::write_part(const std::shared_ptr<MultipartUpload>& upload,
                                                        std::uint32_t number)
{
    return {upload, number};
}

MultipartUpload::PartWriter::PartWriter(std::shared_ptr<MultipartUpload> upload, std::uint32_t number)
    : upload_(std::move(upload)), number_(number), expected_(upload_->size_of_part(number)),
      hasher_(HashKind::sha1)
{
    const std::scoped_lock lock(upload_->mutex_);
    if (upload_->completed_) refuse("The upload is completed already");
    // From now on the part's bytes are neither the old nor the new ones.
    upload_->etags_.erase(number);
    turn_ = ++upload_->turns_[number];
}

void MultipartUpload::PartWriter::write(std::span<const std::byte> chunk)
{
    if (chunk.size() > expected_ - written_)
        refuse(fmt::format("Part {} has more than its {} bytes", number_, expected_));
    hasher_.update(chunk);
    const std::shared_lock lock(upload_->mutex_);
    if (upload_->completed_ || upload_->turns_.at(number_) != turn_)
        throw StoreError(409, "",
                         fmt::format("Part {} is being sent again, or the upload is complete", number_));
    detail::write_all_at(upload_->file_, chunk, (number_ - 1) * upload_->part_size_ + written_,
                         upload_->temp_);
    written_ += chunk.size();
}

std::string MultipartUpload::PartWriter::finish()
{
    if (written_ != expected_)
        refuse(fmt::format("Part {} has {} bytes, {} were sent", number_, expected_, written_));
    std::string etag = hasher_.finish_hex();
    const std::scoped_lock lock(upload_->mutex_);
    if (upload_->completed_ || upload_->turns_.at(number_) != turn_)
        throw StoreError(409, "",
                         fmt::format("Part {} is being sent again, or the upload is complete", number_));
    upload_->etags_[number_] = etag;
    return etag;
}

void MultipartUpload::complete(const std::vector<std::pair<std::uint32_t, std::string>>& etags)
{
    const std::scoped_lock lock(mutex_);
    if (completed_) return;
    if (etags.size() != part_count())
        refuse(fmt::format("The upload has {} parts, {} were listed", part_count(), etags.size()));
    std::uint32_t expected = 0;
    for (const auto& [number, quoted] : etags) {
        std::string_view etag = quoted;
        if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
            etag = etag.substr(1, etag.size() - 2);
        if (number != ++expected) refuse("The parts must be listed once each, by number");
        const auto found = etags_.find(number);
        if (found == etags_.end()) refuse(fmt::format("Part {} was not uploaded", number));
        if (found->second != etag) refuse(fmt::format("The ETag of part {} is another", number));
    }
    Hasher hasher(HashKind::sha256);
    hash_all(hasher, file_, temp_);
    if (Sha256::from_raw(hasher.finish_raw()) != oid_)
        refuse(fmt::format("The content's SHA-256 is not {}", oid_.hex()));
    store_.publish(temp_, store_.lfs_path(oid_));
    completed_ = true;
    file_.reset();
}

} // namespace hfasync::emulator::store
