// How many ranged connections one large file gets, and which bytes each of them fetches. Sans-io: the caller
// tells what arrived and when.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <hfasync/error.hpp>

namespace hfasync::detail {

/// [begin, end) of a file.
struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t size() const noexcept { return end - begin; }
    bool operator==(const ByteRange&) const = default;
};

/// The numbers of the policy; the defaults are what the measurements in docs/measurements.md led to.
struct RangeRules {
    using Duration = std::chrono::nanoseconds;
    std::uint64_t least_left = 8u << 20; ///< bytes that a further connection is worth its handshake for
    Duration least_time = std::chrono::seconds(1); ///< and the time that they would take
    double fast = 300e6;        ///< bytes/s of one connection: not the network is what limits
    double least_waiting = 0.5; ///< part of the time that a connection must wait for the network
    Duration window = std::chrono::milliseconds(200); ///< least time of a measurement
    Duration most_settling = std::chrono::seconds(2); ///< for new connections to get up to speed
    Duration quiet = std::chrono::seconds(15);        ///< after a step that did not pay
    std::uint64_t least_piece = 4u << 20;
    std::uint64_t most_piece = 256u << 20;
    Duration piece_time = std::chrono::seconds(2); ///< the most that a piece should take,
    Duration least_piece_time = std::chrono::milliseconds(250);
    int waits_a_piece = 20; ///< and how often the wait for its first byte, which then costs little
};

/// What one measurement found.
struct RangeView {
    std::uint64_t left = 0;      ///< bytes that nobody has received yet
    double rate = 0;             ///< bytes/s of all connections together
    double waiting = 1;          ///< part of the time that they waited for the network, not for our disk
    std::size_t connections = 1; ///< open now
    std::size_t most = 8;
    bool resting = false; ///< a step did not pay a short while ago
    /// Before the last step, when this measurement is the first since then.
    struct Step {
        std::size_t connections = 0;
        double rate = 0;
    };
    std::optional<Step> step;
};

struct RangeDecision {
    std::size_t open = 0;   ///< so many more connections
    std::size_t retire = 0; ///< so many fewer
    bool rest = false;      ///< no step for a while
    bool operator==(const RangeDecision&) const = default;
};

/// One connection, then four, then all, as long as each step raises the total rate; a step that does not is
/// taken back.
RangeDecision decide_ranges(const RangeView& view, const RangeRules& rules = {});

/// Measures, and asks decide_ranges when a measurement is complete. Not thread-safe.
class RangePlan {
public:
    using Time = std::chrono::steady_clock::time_point;

    RangePlan(std::size_t most, Time now, RangeRules rules = {});

    /// What a request costs before its first byte comes.
    void latency(std::chrono::nanoseconds wait) { latency_ = wait; }
    /// A new connection received its first byte, `after` its request.
    void started(Time now, std::chrono::nanoseconds after);
    /// `bytes` arrived on one of them, which waited `waited` for them. What it asks for has been done when
    /// the next call comes, except that fewer may have been opened (opened()).
    RangeDecision received(Time now, std::uint64_t bytes, std::chrono::nanoseconds waited,
                           std::uint64_t left);
    /// How many of those that were asked for really were opened.
    void opened(Time now, std::size_t count);
    /// A connection ended by itself; `refused`: the server wants no more than there are now.
    void ended(Time now, bool refused);

    std::size_t connections() const noexcept { return connections_; }
    /// How much a connection asks for at once, when `unclaimed` bytes are nobody's.
    std::uint64_t piece(std::uint64_t unclaimed) const;

private:
    void begin_window(Time at, std::chrono::nanoseconds length);

    RangeRules rules_;
    std::size_t most_;
    std::size_t connections_ = 1;
    std::size_t pending_ = 0; ///< opened, nothing received yet
    Time opened_at_;
    std::chrono::nanoseconds slowest_start_{0};
    std::optional<std::chrono::nanoseconds> latency_;
    Time window_begin_;
    std::chrono::nanoseconds window_length_;
    std::uint64_t bytes_ = 0;
    std::chrono::nanoseconds waited_{0};
    double rate_ = 0; ///< of the last complete window,
    double pace_ = 0; ///< and of one connection in it
    std::optional<RangeView::Step> step_;
    Time rest_until_{};
};

/// Who fetches what: ranges that are nobody's, and one claim a connection. Not thread-safe.
class RangeBoard {
public:
    explicit RangeBoard(std::vector<ByteRange> missing) : free_(std::move(missing)) {}

    /// The next bytes for `who`: from the front, so that the hash can follow, at most `most` of them. When
    /// all is claimed, the back half of the largest claim, if that is still `least_theft` or more.
    std::optional<ByteRange> claim(std::size_t who, std::uint64_t most, std::uint64_t least_theft);
    /// More for `who` right behind its claim, if that is nobody's: its response can go on.
    bool extend(std::size_t who, std::uint64_t most);
    /// `who` has received `bytes` more. \returns how many of them were still its own
    std::uint64_t advance(std::size_t who, std::uint64_t bytes);
    /// What is left of its claim; another one may have taken the end of it.
    ByteRange left(std::size_t who) const;
    /// The rest of the claim is nobody's again.
    void release(std::size_t who);
    /// Claims beyond `most` bytes give the rest back.
    void cut(std::uint64_t most);
    std::uint64_t unclaimed() const;
    std::uint64_t missing() const; ///< unclaimed and claimed

private:
    void give_back(ByteRange range);
    std::vector<ByteRange> free_; ///< ascending, apart
    std::map<std::size_t, ByteRange> claims_;
};

/// Whether to go on with another response can help after such an end of a body.
bool breaks_off(errc code) noexcept;

/// Whether a download that keeps breaking off goes on, and after how long.
class ResumePatience {
public:
    ResumePatience(int max_retries, std::chrono::milliseconds base, std::chrono::milliseconds cap)
        : max_retries_(max_retries), base_(base), cap_(cap)
    {
    }
    /// After a response that brought `gained` bytes; nullopt: give up. At once while it pays, with doubled
    /// waits while it does not.
    std::optional<std::chrono::milliseconds> next(std::uint64_t gained);

private:
    int max_retries_;
    std::chrono::milliseconds base_, cap_;
    int fruitless_ = 0;
    int resumes_ = 0;
};

/// A server that sends, but next to nothing: the time between two reads never runs out, this does.
class RateFloor {
public:
    static constexpr std::chrono::seconds window{60};
    static constexpr std::uint64_t least = 3000; ///< bytes that must arrive in it

    /// A read that took `waited` brought `bytes`. \returns whether the body goes on
    bool read(std::chrono::nanoseconds waited, std::uint64_t bytes) noexcept
    {
        waited_ += waited;
        bytes_ += bytes;
        if (waited_ < window) return true;
        const bool enough = bytes_ >= least;
        waited_ = {};
        bytes_ = 0;
        return enough;
    }

private:
    std::chrono::nanoseconds waited_{0};
    std::uint64_t bytes_ = 0;
};

} // namespace hfasync::detail
