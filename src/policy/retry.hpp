// When a failed request is sent again, and after how long. Sans-io: no clock, no timer, no socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace hfasync::detail {

/// What the transport may repeat.
enum class Replay {
    safe,   ///< idempotent: sent again after any transient failure (GET, HEAD, PUT of an object, DELETE)
    unsent, ///< sent again only when no byte of it can have reached the server, or after 429/503 (POST that
            ///< creates)
    never,
};

/// How an attempt ended without an answer.
enum class TransportFault {
    none,
    transient, ///< resolve, connect, reset, early end, a phase that took too long
    permanent, ///< bad certificate, refused by the proxy, cancelled, bad answer
};

struct AttemptOutcome {
    int status = 0; ///< 0 without an answer
    TransportFault fault = TransportFault::none;
    bool sent = false; ///< a byte of the request may have reached the server
    std::optional<std::chrono::milliseconds> retry_after; ///< from Retry-After
    std::optional<std::chrono::milliseconds> rate_limit;  ///< from RateLimit with r=0
};

/// RetryOptions, without what Asio brings along.
struct RetryLimits {
    int max_retries = 5;
    std::chrono::milliseconds base{1'000};
    std::chrono::milliseconds cap{8'000};
    std::chrono::milliseconds server_cap{300'000};
};

struct RetryRule {
    RetryLimits options;
    Replay replay = Replay::safe;
    bool body_replayable = true;
    std::optional<std::chrono::milliseconds> left; ///< until the caller's deadline
};

struct RetryDecision {
    bool again = false;
    std::chrono::milliseconds wait{0};
    bool told_by_server = false; ///< the wait comes from a header: others should wait too
};

/// Uniform in [0, limit].
using Jitter = std::function<std::uint64_t(std::uint64_t limit)>;

/// 408, 429, 500, 502, 503, 504.
bool is_transient_status(int status) noexcept;
/// The wait that the server asked for, at most `server_cap`: Retry-After, else RateLimit.
std::optional<std::chrono::milliseconds> server_wait(const AttemptOutcome& outcome,
                                                     std::chrono::milliseconds server_cap);
/// `attempt` is 0 for the first. Full jitter from 0 to min(cap, base * 2^attempt); a wait beyond the deadline
/// is not begun.
RetryDecision decide_retry(int attempt, const AttemptOutcome& outcome, const RetryRule& rule,
                           const Jitter& jitter);

} // namespace hfasync::detail
