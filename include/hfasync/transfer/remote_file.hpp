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

/// Of open_file and stream_file.
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

/// A file of the Hub that is read without being downloaded. Copies share; thread-safe.
///
/// The commit is pinned when the file is opened: a branch that moves on changes nothing. *Retries*: a body
/// that breaks off goes on at the byte that it reached; an expired signed URL is asked for again. *Memory*:
/// reads go into the caller's buffer; read-ahead takes at most half of the Hub's memory budget, for all files
/// together.
class RemoteFile {
public:
    std::uint64_t size() const noexcept; ///< bytes
    /// SHA-256 of an LFS file (64 hex digits), git blob hash of a regular one (40).
    const std::string& etag() const noexcept;
    const std::string& commit() const noexcept; ///< that all reads are of
    const std::string& path() const noexcept;   ///< in the repo

    /// Fills `into` with what stands at `offset`; fewer bytes only at the end of the file. `into` must
    /// outlive the call; several calls may be pending.
    ///
    /// A read that begins where the last one ended is served from a block that was fetched ahead. What is
    /// read in part cannot be hashed: size, position and identity of every answer are checked. *Errors*:
    /// FileModified (the file is not the one that was opened), BadResponseError, IntegrityError,
    /// ConnectionError, TimeoutError.
    boost::asio::awaitable<std::size_t> read_at(std::uint64_t offset, boost::asio::mutable_buffer into) const;
    /// The same into a text of its own: at most `size` bytes.
    boost::asio::awaitable<std::string> read(std::uint64_t offset, std::size_t size) const;

    struct State; ///< of the implementation
    explicit RemoteFile(std::shared_ptr<State> state) : state_(std::move(state)) {}

private:
    std::shared_ptr<State> state_;
};

/// Asks for a file's metadata, as hf_hub_download does, and opens it for reading; one request.
///
/// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError, EntryNotFoundError,
/// FileMetadataError, OfflineModeIsEnabled, ValueError.
boost::asio::awaitable<RemoteFile> open_file(Hub hub, std::string repo_id, std::string filename,
                                             OpenFileOptions options = {});

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
/// A connection that breaks is made again, and the stream goes on at the byte that it reached: who reads it
/// does not notice. The commit is pinned at the first buffer. A stream of the whole file is hashed while it
/// runs: when size or hash are wrong, next() throws IntegrityError in place of the end. The next buffer is
/// received while the present one is worked on (HubOptions::prefetch). *Errors*: as open_file and
/// RemoteFile::read_at.
AsyncGenerator<std::string> stream_file(Hub hub, std::string repo_id, std::string filename,
                                        StreamFileOptions options = {});

} // namespace hfasync
