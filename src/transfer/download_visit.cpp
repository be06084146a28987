#include "transfer/download_visit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/hash.hpp"
#include "cache/file_lock.hpp"
#include "cache/pointers.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

namespace {

ExpectedFile expected_of(const RemoteFile& file)
{
    return {.etag = file.etag, .size = file.size, .path = file.path};
}

/// The partial that goes with a lock: the shared one, or one of our own where locks do not work.
std::shared_ptr<DownloadSession> open_session(FileLock lock, Place partial, ExpectedFile expected, bool force)
{
    auto sharing = PartialFile::Sharing::shared;
    if (!lock.effective()) {
        static std::atomic<std::uint32_t> counter{static_cast<std::uint32_t>(::getpid()) * 2654435761U};
        const auto unique = fmt::format(".{:08x}.incomplete", counter.fetch_add(1));
        partial.name.replace(partial.name.rfind(".incomplete"), std::string::npos, unique);
        sharing = PartialFile::Sharing::private_;
    }
    PartialFile file(std::move(partial), std::move(expected), sharing);
    if (force)
        file.restart();
    else
        file.adopt_existing();
    return std::make_shared<DownloadSession>(DownloadSession{std::move(lock), std::move(file)});
}

bool blob_is_there(const fs::path& blob, std::uint64_t size)
{
    struct stat info{};
    return ::stat(blob.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           static_cast<std::uint64_t>(info.st_size) == size;
}

/// Points the snapshot at a blob that is there. Needs no lock, as in the reference.
bool link_blob(const DownloadCall& call, const RemoteFile& file)
{
    if (!blob_is_there(call.layout.blob(file.etag), file.size)) return false;
    try {
        make_pointer(call.layout, file.commit, file.path, file.etag, WithoutLinks::copy_blob);
        return true;
    } catch (const OSError& error) {
        if (error.code() != errc::file_modified) throw;
        return false; // deleted under us: it is downloaded again
    }
}

Visit visit_cache(const DownloadCall& call, const RemoteFile& file)
{
    if (!call.force && !file.new_here && link_blob(call, file)) return {.ready = true, .session = nullptr};
    auto lock = FileLock::try_lock(call.layout.lock(file.etag));
    if (!lock) return {};
    // Whoever had the lock before may have finished the same file; without links, as an entry of the snapshot
    // without a blob.
    if (!call.force && (link_blob(call, file) ||
                        (!file.new_here && has_pointer(call.layout, file.commit, file.path, file.size))))
        return {.ready = true, .session = nullptr};
    return {.ready = false,
            .session = open_session(std::move(*lock), Place::at(call.layout.incomplete(file.etag)),
                                    expected_of(file), call.force)};
}

bool has_hash(LocalDir& local, const RemoteFile& file)
{
    const auto shown = local.root() / file.path;
    const Fd fd = local.open_file(file.path);
    if (file_id(fd, shown).size != file.size) return false;
    Hasher hasher(HashKind::sha256);
    std::vector<std::byte> buffer(1 << 20);
    for (std::uint64_t at = 0;;) {
        const auto size = read_at(fd, buffer, at, shown);
        if (size == 0) break;
        hasher.update(std::span<const std::byte>(buffer).first(size));
        at += size;
    }
    return hasher.finish_hex() == file.etag;
}

/// Whether the file in the folder is the one that is wanted, by its metadata or, for LFS files, by its hash.
bool folder_is_current(const DownloadCall& call, const RemoteFile& file)
{
    if (!call.local->has_file(file.path)) return false;
    const auto metadata = call.local->read_metadata(file.path);
    if (metadata && metadata->etag == file.etag) return true;
    return !metadata && is_lower_hex(file.etag, 64) && has_hash(*call.local, file);
}

/// Copies what the shared cache has of the file beside its place and renames it.
bool copy_from_cache(const DownloadCall& call, const RemoteFile& file)
{
    if (!has_pointer(call.layout, file.commit, file.path, file.size)) return false;
    const auto from = call.layout.pointer(file.commit, file.path);
    const auto temp = call.local->beside(file.path, fmt::format(".{}.copy", ::getpid()));
    const Fd in = open_read(from);
    remove_place(temp);
    const Fd out = open_place(temp, O_WRONLY | O_CREAT | O_EXCL);
    if (!out) throw_errno("create", temp.shown);
    try {
        std::vector<std::byte> buffer(256 << 10);
        for (std::uint64_t at = 0;;) {
            const auto size = read_at(in, buffer, at, from);
            if (size == 0) break;
            write_all_at(out, std::span(buffer).first(size), at, temp.shown);
            at += size;
        }
        if (::fsync(out.get()) != 0) throw_errno("sync", temp.shown);
        rename_place(temp, call.local->file(file.path));
    } catch (...) {
        remove_place(temp);
        throw;
    }
    return true;
}

void record(const DownloadCall& call, const RemoteFile& file)
{
    call.local->write_metadata(file.path, file.commit, file.etag, call.hub->clock->wall());
}

/// A folder that cannot be written still serves what is right in it.
bool serve_from_folder(const DownloadCall& call, const RemoteFile& file)
{
    if (!folder_is_current(call, file)) return false;
    try {
        record(call, file);
    } catch (const OSError&) {
    }
    return true;
}

Visit visit_folder(const DownloadCall& call, const RemoteFile& file)
{
    auto& local = *call.local;
    if (!call.force && serve_from_folder(call, file)) return {.ready = true, .session = nullptr};
    const auto place = local.lock(file.path);
    Fd lock_file = open_place(place, O_RDWR | O_CREAT);
    if (!lock_file) throw_errno("open the lock file", place.shown);
    auto lock = FileLock::try_lock(std::move(lock_file), place.shown);
    if (!lock) return {};
    if (!call.force && serve_from_folder(call, file)) return {.ready = true, .session = nullptr};
    if (!call.force && copy_from_cache(call, file)) {
        record(call, file);
        return {.ready = true, .session = nullptr};
    }
    return {.ready = false,
            .session = open_session(std::move(*lock), local.incomplete(file.path, file.etag),
                                    expected_of(file), call.force)};
}

} // namespace

Visit visit_disk(const DownloadCall& call, const RemoteFile& file)
{
    return call.local ? visit_folder(call, file) : visit_cache(call, file);
}

bool take_what_is_there(const DownloadCall& call, const RemoteFile& file)
{
    if (call.local) return serve_from_folder(call, file);
    return link_blob(call, file) || has_pointer(call.layout, file.commit, file.path, file.size);
}

void publish(const DownloadCall& call, const RemoteFile& file, PartialFile& partial)
{
    if (call.local) {
        // On the disk before its record says so, and before the old file goes.
        partial.publish(call.local->file(file.path), true);
        record(call, file);
        return;
    }
    partial.publish(Place::at(call.layout.blob(file.etag)), call.hub->options.durable && !call.sync_at_end);
    make_pointer(call.layout, file.commit, file.path, file.etag, WithoutLinks::move_blob);
}

} // namespace hfasync::detail
