// From the socket to the disk: one thread reads while others write and hash.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>

#include "api/common/hub_state.hpp"
#include "cache/file_lock.hpp"
#include "cache/partial_file.hpp"

namespace hfasync::detail {

/// A partial file and the lock that it is written under; closed together.
struct DownloadSession {
    FileLock lock;
    PartialFile file;
};

/// A few buffers that go round between the reader, a job that writes and one that hashes; the jobs run as
/// long as there is something to do: no hand-over between threads for each buffer. Dropping the pipe is safe
/// at any time; the jobs keep what they need.
class DownloadPipe {
public:
    /// Twice as large and more of them bring nothing (docs/measurements.md), and a kill would lose more.
    static constexpr std::size_t buffer_size = 256 << 10;
    static constexpr std::size_t for_a_stream = 6;
    static constexpr std::size_t for_a_piece = 3; ///< there are several connections

    DownloadPipe(std::shared_ptr<Hub::State> hub, std::shared_ptr<DownloadSession> session,
                 std::size_t most_buffers);
    ~DownloadPipe();
    DownloadPipe(const DownloadPipe&) = delete;

    /// An empty buffer of buffer_size bytes. \throws what the writer threw
    boost::asio::awaitable<std::unique_ptr<std::byte[]>> buffer();
    /// Hands a filled buffer to the writer: the next bytes of the stream.
    void push(std::unique_ptr<std::byte[]> buffer, std::size_t size);
    /// The same for bytes of a file in pieces.
    void push_piece(std::unique_ptr<std::byte[]> buffer, std::size_t size, std::uint64_t offset);
    /// Takes a buffer back that nothing came into: lost, the pipe would run out of them.
    void put_back(std::unique_ptr<std::byte[]> buffer);
    /// Waits until all is written, also after a cancel (switch throw_if_cancelled off before), and ends the
    /// pipe.
    /// \returns what the writer threw
    boost::asio::awaitable<std::exception_ptr> settle();

private:
    struct State;
    struct Filled;
    static void enqueue(const std::shared_ptr<State>& state, Filled filled);
    static void write_all(const std::shared_ptr<State>& state);
    static void hash_all(const std::shared_ptr<State>& state);

    std::shared_ptr<Hub::State> hub_;
    std::shared_ptr<State> state_;
};

} // namespace hfasync::detail
