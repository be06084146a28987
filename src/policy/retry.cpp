#include "policy/retry.hpp"

#include <algorithm>

namespace hfasync::detail {

namespace {

bool may_repeat(const AttemptOutcome& outcome, Replay replay) noexcept
{
    switch (replay) {
    case Replay::safe:
        return true;
    // 429 and 503 are refusals: the Hub and its storage answer them before they act on a request.
    case Replay::unsent:
        return outcome.status != 0 ? outcome.status == 429 || outcome.status == 503 : !outcome.sent;
    case Replay::never:
        return false;
    }
    return false;
}

bool is_transient(const AttemptOutcome& outcome) noexcept
{
    return outcome.status != 0 ? is_transient_status(outcome.status)
                               : outcome.fault == TransportFault::transient;
}

std::chrono::milliseconds backoff(int attempt, const RetryLimits& options, const Jitter& jitter)
{
    auto limit = std::max<std::int64_t>(0, options.base.count());
    const auto cap = std::max<std::int64_t>(0, options.cap.count());
    for (int i = 0; i < attempt && limit < cap; ++i)
        limit *= 2;
    return std::chrono::milliseconds(jitter(static_cast<std::uint64_t>(std::min(limit, cap))));
}

} // namespace

bool is_transient_status(int status) noexcept
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::optional<std::chrono::milliseconds> server_wait(const AttemptOutcome& outcome,
                                                     std::chrono::milliseconds server_cap)
{
    const auto asked = outcome.retry_after ? outcome.retry_after : outcome.rate_limit;
    if (!asked) return std::nullopt;
    return std::clamp(*asked, std::chrono::milliseconds(0),
                      std::max(server_cap, std::chrono::milliseconds(0)));
}

RetryDecision decide_retry(int attempt, const AttemptOutcome& outcome, const RetryRule& rule,
                           const Jitter& jitter)
{
    if (attempt >= rule.options.max_retries || !is_transient(outcome) || !may_repeat(outcome, rule.replay))
        return {};
    if (outcome.sent && !rule.body_replayable) return {};
    RetryDecision decision{.again = true};
    if (const auto asked = server_wait(outcome, rule.options.server_cap)) {
        decision.wait = *asked;
        decision.told_by_server = true;
    } else {
        decision.wait = backoff(attempt, rule.options, jitter);
    }
    if (rule.left && decision.wait >= *rule.left) return {};
    return decision;
}

} // namespace hfasync::detail
