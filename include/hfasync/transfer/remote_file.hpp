// Remote files read in place: at any offset, or as a stream.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>

namespace hfasync {

/// Options of open_file.
struct OpenFileOptions {
    std::optional<std::string> subfolder; ///< put before the file name
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::map<std::string, std::string>> proxies; ///< scheme to URL, in place of the Hub's
    std::optional<double> etag_timeout; ///< seconds to wait for the file's metadata; default 10
    Token token;
    std::size_t read_ahead = 1u << 20; ///< bytes fetched at once when reads follow each other; 0: none
};
HFASYNC_DESCRIBE(OpenFileOptions, subfolder, repo_type, revision, proxies, etag_timeout, token, read_ahead)

/// A file of the Hub that is read without being downloaded. Copies share state; thread-safe.
///
/// The commit is pinned when the file is opened: a branch that moves on changes nothing. *Retries*: a body
/// that breaks off is resumed at the byte that it reached; an expired signed URL is renewed. *Memory*: reads
/// go into the caller's buffer; read-ahead takes at most half of the Hub's memory budget, for all files
/// together.
class RemoteFile {
public:
    std::uint64_t size() const noexcept; ///< bytes
    /// SHA-256 of an LFS file (64 hex digits), git blob hash of a regular one (40).
    const std::string& etag() const noexcept;
    const std::string& commit() const noexcept; ///< the commit that all reads are from
    const std::string& path() const noexcept;   ///< in the repo

    /// Fills `into` with the bytes at `offset`; fewer bytes only at the end of the file. `into` must outlive
    /// the call; several calls may be pending.
    ///
    /// A read that begins where the last one ended is served from a block fetched ahead. A part of a file
    /// cannot be verified by its hash: size, position and identity of every answer are checked. *Errors*:
    /// FileModified (the file is not the one that was opened), BadResponseError, IntegrityError,
    /// ConnectionError, TimeoutError.
    boost::asio::awaitable<std::size_t> read_at(std::uint64_t offset, boost::asio::mutable_buffer into) const;
    /// The same into a new string: at most `size` bytes.
    boost::asio::awaitable<std::string> read(std::uint64_t offset, std::size_t size) const;

    struct State; ///< of the implementation
    explicit RemoteFile(std::shared_ptr<State> state) : state_(std::move(state)) {}

private:
    std::shared_ptr<State> state_;
};

/// Fetches a file's metadata, as hf_hub_download does, and opens the file for reading; one request.
///
/// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError, EntryNotFoundError,
/// FileMetadataError, OfflineModeIsEnabled, ValueError. Source: hfasync's own.
boost::asio::awaitable<RemoteFile> open_file(Hub hub, std::string repo_id, std::string filename,
                                             OpenFileOptions options = {});

/// Options of stream_file.
struct StreamFileOptions {
    std::optional<std::string> subfolder; ///< put before the file name
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::map<std::string, std::string>> proxies; ///< scheme to URL, in place of the Hub's
    std::optional<double> etag_timeout; ///< seconds to wait for the file's metadata; default 10
    Token token;
    std::uint64_t offset = 0;            ///< of the first byte
    std::optional<std::uint64_t> length; ///< bytes; default: to the end
};
HFASYNC_DESCRIBE(StreamFileOptions, subfolder, repo_type, revision, proxies, etag_timeout, token, offset,
                 length)

/// The bytes of a file in order, in buffers of at most 256 KiB; nothing is written to the disk.
///
/// A connection that breaks is made again, and the stream resumes at the byte that it reached, unnoticed by
/// its reader. The commit is pinned at the first buffer. A stream of the whole file is hashed while it runs:
/// when size or hash is wrong, next() throws IntegrityError in place of the end. The next buffer is received
/// while the current one is processed (HubOptions::prefetch). *Errors*: as open_file and RemoteFile::read_at;
/// ValueError for an `offset` beyond the end. Source: hfasync's own.
AsyncGenerator<std::string> stream_file(Hub hub, std::string repo_id, std::string filename,
                                        StreamFileOptions options = {});

} // namespace hfasync
