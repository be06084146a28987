// What those who follow /events are told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "status.hpp"

namespace mirror {

/// The state as JSON, made once for all readers, and at most once a tick: while files are moved it changes
/// all the time, and the thread that would make it for each reader is the one that moves them.
class Feed {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds tick{100};
    static constexpr std::size_t most_readers =
        64; ///< they have no end, so they must not be all there is room for

    /// One reader, while it reads.
    class Reader {
    public:
        explicit Reader(Feed& feed) : feed_(feed) { ++feed_.readers_; }
        ~Reader() { --feed_.readers_; }
        Reader(const Reader&) = delete;

    private:
        Feed& feed_;
    };
    bool has_room() const { return readers_ < most_readers; }

    struct Event {
        std::uint64_t version = 0; ///< another state, another version
        std::shared_ptr<const std::string> json;
    };
    const Event& latest(const Status& status, Clock::time_point now)
    {
        if (!event_.json || (event_.version != status.version() && now - made_at_ >= tick)) {
            event_ = {.version = status.version(),
                      .json = std::make_shared<const std::string>(status.json())};
            made_at_ = now;
        }
        return event_;
    }

private:
    std::size_t readers_ = 0;
    Event event_;
    Clock::time_point made_at_{};
};

} // namespace mirror
