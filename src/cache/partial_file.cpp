#include "cache/partial_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "cache/file_lock.hpp"
#include "cache/partial_file_pieces.hpp"

namespace hfasync::detail {

namespace {

std::optional<Hasher> hasher_for(const ExpectedFile& expected)
{
    if (is_lower_hex(expected.etag, 64)) return Hasher(HashKind::sha256);
    if (is_lower_hex(expected.etag, 40)) return git_blob_hasher(expected.size);
    return std::nullopt;
}

[[noreturn]] void throw_integrity(const ExpectedFile& expected, const std::string& what)
{
    ErrorContext context;
    context.path = printable(expected.path);
    context.hint = "The connection or the server delivers something else than it announced; try again, or "
                   "use force_download";
    auto message =
        fmt::format("Consistency check failed for {}: {}. Nothing was kept; try again.", context.path, what);
    throw IntegrityError(errc::integrity, std::move(message), std::move(context));
}

} // namespace

void throw_too_long(const ExpectedFile& expected)
{
    throw_integrity(expected,
                    fmt::format("more than the {} bytes that were announced arrived", expected.size));
}

PartialFile::PartialFile(Place place, ExpectedFile expected, Sharing sharing)
    : shared_(std::move(place)), place_(shared_), expected_(std::move(expected)), sharing_(sharing),
      hasher_(hasher_for(expected_))
{
    open();
}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : shared_(std::move(other.shared_)), place_(std::move(other.place_)),
      expected_(std::move(other.expected_)), sharing_(other.sharing_), file_(std::move(other.file_)),
      opened_(other.opened_), offset_(other.offset_), hasher_(std::move(other.hasher_)),
      pieces_(std::move(other.pieces_)), made_here_(other.made_here_),
      published_(std::exchange(other.published_, true))
{
}

PartialFile::~PartialFile()
{
    if (!published_ && sharing_ == Sharing::private_) remove_place(place_);
}

void PartialFile::open()
{
    for (int attempt = 0;; ++attempt) {
        // One call for the usual case: nothing is there yet. Created so, it has 0666 & ~umask already.
        file_ = open_place(place_, O_RDWR | O_CREAT | O_EXCL);
        made_here_ = static_cast<bool>(file_);
        int error = file_ ? 0 : errno;
        if (error == EEXIST) {
            file_ = open_place(place_, O_RDWR);
            error = file_ ? 0 : errno;
        }
        struct stat info{};
        if (file_) {
            if (::fstat(file_.get(), &info) != 0) throw_errno("inspect", place_.shown);
            if (S_ISREG(info.st_mode)) break;
            error = ELOOP;
        }
        if (attempt > 2) throw_os_error({error, std::generic_category()}, "write", place_.shown);
        if (error == ENOENT && !place_.folder)
            make_parents(place_.shown);
        else if (error == ELOOP)
            remove_place(place_); // a link or a device under the partial's name is nobody's download
        else if (error != ENOENT)
            throw_os_error({error, std::generic_category()}, "write", place_.shown);
    }
    opened_ = file_id(file_, place_.shown);
}

std::uint64_t PartialFile::offset() const
{
    if (!pieces_) return offset_;
    const std::scoped_lock lock(pieces_->mutex);
    return pieces_->done.total();
}

void PartialFile::adopt_existing()
{
    if (adopt_best_pieces())
        hash_front(expected_.size);
    else
        adopt_stream();
}

void PartialFile::adopt_stream()
{
    if (opened_.size == 0) return;
    if (opened_.size > expected_.size) return restart();
    std::vector<std::byte> buffer(1 << 20);
    while (offset_ < opened_.size) {
        const auto size = read_at(
            file_, std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), opened_.size - offset_)),
            offset_, place_.shown);
        if (size == 0) return restart(); // it shrank under us
        hash(std::span<const std::byte>(buffer).first(size));
        offset_ += size;
    }
}

void PartialFile::restart()
{
    if (pieces_) {
        pieces_.reset();
        if (sharing_ == Sharing::shared) remove_leftovers();
        place_ = shared_;
        if (sharing_ == Sharing::shared) open();
    }
    if (::ftruncate(file_.get(), 0) != 0) throw_errno("empty", place_.shown);
    offset_ = 0;
    opened_.size = 0;
    hasher_ = hasher_for(expected_);
}

void PartialFile::append(std::span<const std::byte> data)
{
    if (data.size() > expected_.size - offset_) {
        restart();
        throw_too_long(expected_);
    }
    write(data);
    hash(data);
}

void PartialFile::write(std::span<const std::byte> data)
{
    if (data.size() > expected_.size - offset_) throw_too_long(expected_);
    write_all_at(file_, data, offset_, place_.shown);
    offset_ += data.size();
}

void PartialFile::hash(std::span<const std::byte> data)
{
    if (hasher_) hasher_->update(data);
}

void PartialFile::verify()
{
    if (const auto got = offset(); got != expected_.size) {
        restart();
        throw_integrity(expected_,
                        fmt::format("the file should be of size {} but has size {}", expected_.size, got));
    }
    if (!hasher_) return;
    if (pieces_) {
        const std::scoped_lock hashing(pieces_->hashing);
        hash_front_locked(expected_.size);
    }
    const auto hash = hasher_->finish_hex();
    if (hash == expected_.etag) return;
    restart();
    throw_integrity(expected_, fmt::format("its hash should be {} but is {}", expected_.etag, hash));
}

void PartialFile::publish(const Place& to, bool durable)
{
    if (!pieces_ && opened_.size > offset_ && ::ftruncate(file_.get(), static_cast<off_t>(offset_)) != 0)
        throw_errno("cut", place_.shown);
    verify();
    if (!made_here_) {
        check_name();
        if (::fchmod(file_.get(), default_file_mode()) != 0 && errno != EPERM)
            throw_errno("set the rights of", place_.shown);
    }
    if (durable && ::fsync(file_.get()) != 0) throw_errno("sync", place_.shown);
    rename_place(place_, to);
    published_ = true;
    if (sharing_ != Sharing::shared) return;
    if (pieces_) remove_place(shared_);
    remove_leftovers();
}

void PartialFile::check_name() const
{
    // Others may have made the file with other rights, and may have exchanged the name since (they hold no
    // lock then).
    struct stat named{};
    if (::fstatat(place_.folder_fd(), place_.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0)
        throw_errno("inspect", place_.shown);
    if (named.st_ino != opened_.inode || named.st_dev != opened_.device)
        throw OSError(errc::file_modified,
                      fmt::format("Another program replaced {} during the download; try again.",
                                  printable(place_.shown.string())));
}

} // namespace hfasync::detail
