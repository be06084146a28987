#include "transfer/addition.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "async/task_group.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t sample_size = 512; // what the Hub's upload-mode rules look at
constexpr std::size_t buffer_size = small_file;
constexpr std::uint64_t bytes_per_job = 16u << 20; // between two looks at cancellation and progress

void inspect_file(Addition& addition, const std::filesystem::path& file)
{
    std::error_code ec;
    if (!std::filesystem::is_regular_file(file, ec))
        throw ValueError("Provided path: '" + file.string() + "' is not a file on the local file system",
                         {.path = file.string()});
    const Fd fd = open_read(file);
    addition.identity = file_id(fd, file);
    addition.size = addition.identity->size;
    std::array<std::byte, sample_size> head{};
    const auto n = read_at(fd, head, 0, file);
    addition.sample.assign(reinterpret_cast<const char*>(head.data()), n);
}

/// Reads a stream to its end. The sink is called on the coroutine's thread.
asio::awaitable<std::uint64_t> drain_stream(HubPtr hub, const UploadSource::Stream* source,
                                            std::function<void(std::string_view)> sink)
{
    const auto stream = source->open();
    if (!stream)
        throw ValueError("The stream of an upload could not be opened: its factory returned nothing");
    const auto memory = co_await hub->memory.acquire(buffer_size);
    std::string buffer(buffer_size, '\0');
    std::uint64_t total = 0;
    for (;;) {
        const auto n = co_await stream->read(asio::buffer(buffer));
        if (n == 0) break;
        total += n;
        const std::string_view part(buffer.data(), n);
        co_await hub->workers.run([&] { sink(part); });
    }
    co_return total;
}

/// A file without a name: it is gone with its last descriptor, whatever becomes of the process.
Fd open_unnamed_file(const std::filesystem::path& folder)
{
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    if (ec) throw_os_error(ec, "make", folder);
    if (Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); fd) return fd;
    // File systems without O_TMPFILE.
    auto name = (folder / ".upload-XXXXXX").string();
    Fd fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd) throw_errno("make a temporary file in", folder);
    ::unlink(name.c_str());
    return fd;
}

/// From now on the content is that file's.
void turn_into_file(Addition& addition, Fd spool)
{
    // By this name the file can be opened like any other, for each part and each attempt.
    const std::filesystem::path path("/proc/self/fd/" + std::to_string(spool.get()));
    addition.identity = file_id(spool, path);
    addition.spool = std::make_shared<const Fd>(std::move(spool));
    addition.source = UploadSource(path);
}

asio::awaitable<void> inspect_stream(HubPtr hub, AdditionPtr addition)
{
    // The upload-mode request wants sample and size: the hash comes with the same reading.
    const auto source = *addition->source.stream();
    Hasher hasher(HashKind::sha256);
    std::string sample;
    const auto folder = hub->options.cache.home;
    Fd spool;
    if (source.is_single) co_await hub->workers.run([&] { spool = open_unnamed_file(folder); });
    std::uint64_t written = 0;
    const auto size = co_await drain_stream(hub, &source, [&](std::string_view part) {
        hasher.update(part);
        if (sample.size() < sample_size) sample.append(part.substr(0, sample_size - sample.size()));
        if (!spool) return;
        write_all_at(spool, std::as_bytes(std::span(part)), written, folder);
        written += part.size();
    });
    if (source.is_single) co_await hub->workers.run([&] { turn_into_file(*addition, std::move(spool)); });
    if (source.size && *source.size != size)
        throw ValueError("The stream for '" + addition->path_in_repo + "' has " + std::to_string(size) +
                         " bytes, but " + std::to_string(*source.size) + " were announced");
    addition->sample = std::move(sample);
    addition->sha256 = hasher.finish_hex();
    addition->size = size;
}

/// A file that fits into the buffer.
void hash_now(Addition& addition, std::string& buffer)
{
    const auto& file = *addition.source.file();
    const auto size = static_cast<std::size_t>(*addition.size);
    const Fd fd = open_unchanged(file, addition.identity);
    if (read_at(fd, std::as_writable_bytes(std::span(buffer.data(), size)), 0, file) != size)
        throw_modified(file);
    check_unchanged(fd, file, addition.identity);
    const std::string_view content(buffer.data(), size);
    addition.sha256 = sha256_hex(content);
    addition.sample = content.substr(0, sample_size);
}

/// Feeds the content to a hasher in steps.
asio::awaitable<std::string> digest(HubPtr hub, AdditionPtr addition, Hasher hasher, ByteCount on_read)
{
    if (addition->source.stream()) {
        std::uint64_t total = 0;
        co_await drain_stream(hub, addition->source.stream(), [&](std::string_view part) {
            hasher.update(part);
            total += part.size();
        });
        if (total != addition->size)
            throw FileModified(errc::file_modified,
                               "The stream for '" + addition->path_in_repo +
                                   "' gave another number of bytes when it was opened again");
        co_return hasher.finish_hex();
    }
    const auto size = *addition->size;
    const auto* memory = addition->source.memory();
    const auto* file = addition->source.file();
    Fd fd;
    std::string buffer;
    Budget::Grant grant, open_file;
    if (file) {
        open_file = co_await hub->open_files.acquire(1);
        grant = co_await hub->memory.acquire(buffer_size);
        co_await hub->workers.run([&] {
            buffer.resize(buffer_size);
            fd = open_unchanged(*file, addition->identity);
        });
    }
    for (std::uint64_t done = 0; done < size;) {
        const auto end = std::min(size, done + bytes_per_job);
        co_await hub->workers.run([&] {
            if (memory) return hasher.update(std::string_view(**memory).substr(done, end - done));
            for (auto at = done; at < end;) {
                const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at));
                const auto n = read_at(fd, std::as_writable_bytes(std::span(buffer.data(), want)), at, *file);
                if (n == 0) throw_modified(*file);
                if (at == 0 && addition->sample.empty())
                    addition->sample.assign(buffer, 0, std::min(n, sample_size));
                hasher.update(std::string_view(buffer.data(), n));
                at += n;
            }
            if (end == size) check_unchanged(fd, *file, addition->identity);
        });
        done = end;
        if (on_read) on_read(done);
    }
    co_return hasher.finish_hex();
}

} // namespace

void throw_modified(const std::filesystem::path& file)
{
    throw FileModified(errc::file_modified,
                       "'" + file.string() +
                           "' changed while it was being uploaded; upload it again once it is at rest",
                       {.path = file.string()});
}

void check_unchanged(const Fd& fd, const std::filesystem::path& file, const std::optional<FileId>& identity)
{
    if (identity && file_id(fd, file) != *identity) throw_modified(file);
}

Fd open_unchanged(const std::filesystem::path& file, const std::optional<FileId>& identity)
{
    Fd fd = open_read(file);
    check_unchanged(fd, file, identity);
    return fd;
}

asio::awaitable<void> inspect(HubPtr hub, std::vector<AdditionPtr> additions)
{
    std::vector<AdditionPtr> files;
    for (const auto& addition : additions) {
        if (addition->size) continue;
        if (addition->source.file()) {
            files.push_back(addition);
        } else if (const auto* memory = addition->source.memory()) {
            addition->size = (*memory)->size();
            addition->sample = (*memory)->substr(0, sample_size);
        }
    }
    // Many small looks: one job for a handful of them.
    constexpr std::size_t per_job = 64;
    for (std::size_t begin = 0; begin < files.size(); begin += per_job)
        co_await hub->workers.run([&] {
            for (std::size_t i = begin; i < std::min(files.size(), begin + per_job); ++i)
                inspect_file(*files[i], *files[i]->source.file());
        });
    for (const auto& addition : additions)
        if (!addition->size) co_await inspect_stream(hub, addition);
}

asio::awaitable<void> hash(HubPtr hub, AdditionPtr addition, ByteCount on_read)
{
    if (addition->sha256.empty())
        addition->sha256 = co_await digest(hub, addition, Hasher(HashKind::sha256), std::move(on_read));
}

asio::awaitable<std::vector<std::exception_ptr>> hash_small(HubPtr hub, std::vector<AdditionPtr> additions)
{
    std::vector<std::exception_ptr> failures(additions.size());
    if (additions.empty()) co_return failures;
    const auto open_file = co_await hub->open_files.acquire(1);
    const auto memory = co_await hub->memory.acquire(buffer_size);
    co_await hub->workers.run([&] {
        std::string buffer(buffer_size, '\0');
        for (std::size_t i = 0; i < additions.size(); ++i)
            try {
                hash_now(*additions[i], buffer);
            } catch (...) {
                failures[i] = std::current_exception();
            }
    });
    co_return failures;
}

asio::awaitable<std::string> git_blob_id(HubPtr hub, AdditionPtr addition)
{
    co_return co_await digest(hub, addition, git_blob_hasher(*addition->size), {});
}

asio::awaitable<std::string> read_text(HubPtr hub, AdditionPtr addition, std::size_t most)
{
    if (*addition->size > most)
        throw ValueError("'" + addition->path_in_repo + "' has " + std::to_string(*addition->size) +
                         " bytes; at most " + std::to_string(most) + " make sense for this file");
    if (const auto* memory = addition->source.memory()) co_return **memory;
    std::string text;
    if (addition->source.stream()) {
        co_await drain_stream(hub, addition->source.stream(), [&](std::string_view part) { text += part; });
        co_return text;
    }
    const auto& file = *addition->source.file();
    co_await hub->workers.run([&] {
        text.resize(*addition->size);
        const Fd fd = open_unchanged(file, addition->identity);
        if (read_at(fd, std::as_writable_bytes(std::span(text)), 0, file) != text.size())
            throw_modified(file);
        check_unchanged(fd, file, addition->identity);
    });
    co_return text;
}

} // namespace hfasync::detail
