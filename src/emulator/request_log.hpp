// What has been asked, for tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

/// Thread-safe. Keeps the last `most` requests, so that a benchmark does not fill the memory.
class RequestLog {
public:
    static constexpr std::size_t most = 100'000;

    /// `told`: of each request, see Options::on_request.
    explicit RequestLog(std::function<void(const SeenRequest&)> told = {}) : told_(std::move(told)) {}

    /// Before the answer is sent: whoever has read it finds its request here. \returns a number for sent()
    std::uint64_t add(const Request& request, int status, std::uint64_t received);
    void sent(std::uint64_t number, std::uint64_t bytes);
    std::vector<SeenRequest> all() const;
    /// After the answers that are under way, for at most `patience`: a client may have read its answer before
    /// the bytes are counted. Not on a thread of the server, which they need.
    std::vector<SeenRequest> all_settled(std::chrono::milliseconds patience) const;
    void forget();

private:
    struct Entry {
        std::uint64_t number = 0;
        Origin origin = Origin::hub;
        int status = 0;
        bool open = true; ///< its answer is under way
        std::uint64_t received = 0, sent = 0;
        std::string text; ///< "METHOD\nTARGET\nName: value\n..."
    };
    static SeenRequest seen(const Entry& entry);
    std::vector<SeenRequest> all_locked() const;
    void pop_front_locked();

    const std::function<void(const SeenRequest&)> told_;
    mutable std::mutex mutex_;
    mutable std::condition_variable settled_;
    std::size_t open_ = 0; ///< entries
    std::deque<Entry> entries_;
    std::uint64_t next_ = 0;
};

} // namespace hfasync::emulator
