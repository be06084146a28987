// Where the bytes of an upload come from: a file, memory, or a stream.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace hfasync {

/// Bytes that are produced while they are read.
class ByteStream {
public:
    virtual ~ByteStream() = default;
    /// Fills some of `into`; 0 at the end.
    virtual boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) = 0;
};

/// Opens a stream at its first byte. Called once to hash the content and once for every time it is sent, so
/// each stream must yield the same bytes. The reference asks as much of a file object (`seek`, `tell`); for
/// bytes that come only once see UploadSource::once.
using ByteStreamFactory = std::function<std::unique_ptr<ByteStream>()>;

/// Content to upload. A value; copies share bytes that are in memory. Source: `path_or_fileobj`.
class UploadSource {
public:
    struct Stream {
        ByteStreamFactory open;
        std::optional<std::uint64_t> size; ///< bytes; found by reading once when unknown
        bool is_single = false;            ///< `open` returns a stream only once
    };
    using Bytes = std::shared_ptr<const std::string>;

    /// A local file; first looked at when the upload begins.
    template <class Path>
        requires(std::convertible_to<const Path&, std::filesystem::path> && !std::same_as<Path, UploadSource>)
    UploadSource(const Path& file) : value_(std::filesystem::path(file))
    {
    }
    static UploadSource bytes(std::string content)
    {
        return UploadSource(Value(std::make_shared<const std::string>(std::move(content))), 0);
    }
    static UploadSource bytes(std::span<const std::byte> content)
    {
        return bytes(std::string(reinterpret_cast<const char*>(content.data()), content.size()));
    }
    static UploadSource stream(ByteStreamFactory open, std::optional<std::uint64_t> size = {})
    {
        return UploadSource(Value(Stream{.open = std::move(open), .size = size}), 0);
    }
    /// Bytes that can be read only once: what a server is receiving, a pipe. The protocol requires the hash
    /// before the content, so they are put into an unnamed file in CachePaths::home while they are hashed.
    static UploadSource once(std::unique_ptr<ByteStream> content, std::optional<std::uint64_t> size = {})
    {
        auto rest = std::make_shared<std::unique_ptr<ByteStream>>(std::move(content));
        return UploadSource(
            Value(Stream{.open = [rest] { return std::move(*rest); }, .size = size, .is_single = true}), 0);
    }

    const std::filesystem::path* file() const noexcept { return std::get_if<std::filesystem::path>(&value_); }
    const Bytes* memory() const noexcept { return std::get_if<Bytes>(&value_); }
    const Stream* stream() const noexcept { return std::get_if<Stream>(&value_); }

private:
    using Value = std::variant<std::filesystem::path, Bytes, Stream>;
    UploadSource(Value value, int) : value_(std::move(value)) {}
    Value value_;
};

} // namespace hfasync
