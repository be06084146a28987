// One file on its way from the upstream, read by everybody who waits for it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include <hfasync/generator.hpp>

#include "reply.hpp"
#include "store.hpp"
#include "waiting.hpp"

namespace cache_server {

/// The disk has no room that is not in use.
class NoRoom : public std::runtime_error {
public:
    NoRoom() : std::runtime_error("the cache is full of files that are in use") {}
};

/// The bytes are on the disk as far as received() tells; the file gets its key when all are there and the
/// library has found size and hash to be right.
class Transfer {
public:
    Transfer(const asio::any_io_executor& executor, std::string key, std::uint64_t size)
        : key_(std::move(key)), size_(size), changed_(executor)
    {
    }
    asio::awaitable<void> run(Store& store, Metrics& metrics, hfasync::AsyncGenerator<std::string> bytes);

    std::uint64_t size() const noexcept { return size_; }
    std::uint64_t received() const noexcept { return received_; }
    bool failed() const noexcept { return failure_ != nullptr; }
    /// Waits until there are bytes from `offset` on, and gives their number. The last byte is given out when
    /// the file has been found to be right, so that nobody takes a wrong file for a whole one.
    /// \throws what the transfer failed with, NoRoom
    asio::awaitable<std::uint64_t> wait_for(std::uint64_t offset);
    const OpenFilePtr& file() const noexcept { return file_; }
    asio::cancellation_signal& cancel() noexcept { return cancel_; }

private:
    asio::awaitable<void> receive(Store& store, Metrics& metrics, hfasync::AsyncGenerator<std::string> bytes);
    void end(std::exception_ptr failure);

    std::string key_;
    std::uint64_t size_;
    std::uint64_t received_ = 0;
    bool finished_ = false;
    std::exception_ptr failure_;
    OpenFilePtr file_;
    Signal changed_;
    asio::cancellation_signal cancel_;
};

/// Bytes `first` to `end` of a stored file.
std::unique_ptr<Body> stored_body(OpenFilePtr file, Store::Disk disk, std::uint64_t first, std::uint64_t end);
/// The same of one that is on its way.
std::unique_ptr<Body> arriving_body(std::shared_ptr<Transfer> transfer, Store::Disk disk, std::uint64_t first,
                                    std::uint64_t end);
/// What the upstream sends, kept nowhere. Returns when the first bytes are there.
asio::awaitable<std::unique_ptr<Body>> passing_body(hfasync::AsyncGenerator<std::string> bytes,
                                                    Metrics& metrics);

} // namespace cache_server
