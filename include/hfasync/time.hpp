// Points in time as the Hub writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hfasync {

/// UTC, microseconds.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// Reads ISO 8601 in UTC ("2024-01-02T03:04:05Z", 0 to 9 fraction digits, Z or +00:00; digits below a
/// microsecond are cut). nullopt for anything else.
std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept;
/// "2024-01-02T03:04:05.000Z" (milliseconds).
std::string format_timestamp(Timestamp time);
/// Reads an HTTP date (RFC 9110: IMF-fixdate, RFC 850, asctime).
std::optional<Timestamp> parse_http_date(std::string_view text) noexcept;
/// IMF-fixdate.
std::string format_http_date(Timestamp time);

} // namespace hfasync
