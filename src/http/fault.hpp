// How an exchange ends without an answer, and which exception that is.
#pragma once

#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

#include "http/message.hpp"
#include "http/watchdog.hpp"

namespace hfasync::http {

enum class Phase { pool, resolve, connect, proxy, handshake, send, first_byte, body };
std::string_view to_string(Phase phase) noexcept;

struct Fault {
    errc code = errc::connection_lost;
    Phase phase = Phase::connect;
    boost::system::error_code cause;
    std::string detail; ///< more than `cause` says
};

/// The one place that decides between timed out, cancelled and lost. `timed_out` is what the watchdog marked
/// on the connection; a cancel counts only when the watchdog did not cause the end.
Fault fault_of(const boost::system::error_code& error, bool timed_out, Phase phase, std::string detail = {});
/// A repetition can help: everything but bad certificates, a proxy's refusal, answers that are no HTTP, and a
/// cancel.
bool is_transient(const Fault& fault) noexcept;

[[noreturn]] void throw_fault(const Fault& fault, Method method, const Url& url, int attempts = 1);

/// The limits of a call: a deadline a phase, never later than the end of the whole.
struct Limits {
    Timeouts timeouts;
    SteadyTime end = SteadyTime::max();

    explicit Limits(const Timeouts& of) : timeouts(of)
    {
        if (of.total.count() > 0) end = std::chrono::steady_clock::now() + of.total;
    }
    SteadyTime until(std::chrono::milliseconds limit) const
    {
        return limit.count() > 0 ? std::min(end, std::chrono::steady_clock::now() + limit) : end;
    }
};

} // namespace hfasync::http
