// From the socket to the disk: one thread reads while another hashes and writes.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
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

/// A few buffers that go round between the reader and a writer job, which runs as long as there is something
/// to write: no hand-over between threads for each buffer. Dropping the pipe is safe at any time; the writer
/// job keeps what it needs.
class DownloadPipe {
public:
    static constexpr std::size_t buffer_size = 256 << 10;

    DownloadPipe(std::shared_ptr<Hub::State> hub, std::shared_ptr<DownloadSession> session);
    ~DownloadPipe();
    DownloadPipe(const DownloadPipe&) = delete;

    /// An empty buffer of buffer_size bytes. \throws what the writer threw
    boost::asio::awaitable<std::unique_ptr<std::byte[]>> buffer();
    /// Hands a filled buffer to the writer.
    void push(std::unique_ptr<std::byte[]> buffer, std::size_t size);
    /// Waits until all is written, also after a cancel (switch throw_if_cancelled off before), and ends the
    /// pipe.
    /// \returns what the writer threw
    boost::asio::awaitable<std::exception_ptr> settle();

private:
    struct State;
    static void write_all(const std::shared_ptr<State>& state);

    std::shared_ptr<Hub::State> hub_;
    std::shared_ptr<State> state_;
};

} // namespace hfasync::detail
