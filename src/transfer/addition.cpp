#include "transfer/addition.hpp"

#include <algorithm>
#include <array>

#include "async/task_group.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t sample_size = 512; // what the Hub's upload-mode rules look at
constexpr std::size_t buffer_size = 256u << 10;
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

asio::awaitable<void> inspect_stream(HubPtr hub, AdditionPtr addition)
{
    // The upload-mode request wants sample and size: the hash comes with the same reading.
    const auto* source = addition->source.stream();
    Hasher hasher(HashKind::sha256);
    std::string sample;
    const auto size = co_await drain_stream(hub, source, [&](std::string_view part) {
        hasher.update(part);
        if (sample.size() < sample_size) sample.append(part.substr(0, sample_size - sample.size()));
    });
    if (source->size && *source->size != size)
        throw ValueError("The stream for '" + addition->path_in_repo + "' has " + std::to_string(size) +
                         " bytes, but " + std::to_string(*source->size) + " were announced");
    addition->sample = std::move(sample);
    addition->sha256 = hasher.finish_hex();
    addition->size = size;
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
