// Values of response headers that decide what happens next. Pure; hostile text gives nullopt, never a guess.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <hfasync/time.hpp>

namespace hfasync::detail {

/// ASCII case folding only: header names and hosts are ASCII.
bool iequals(std::string_view a, std::string_view b) noexcept;
std::string to_lower(std::string_view text);
/// Without blanks and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;

/// A decimal number and nothing else; nullopt on overflow, signs, blanks.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;
/// Content-Length: the same, and a list of equal numbers ("5, 5") as RFC 9110 allows.
std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept;

/// Content-Range: "bytes 0-9/100", "bytes 0-9/*", "bytes */100".
struct ContentRange {
    std::optional<std::uint64_t> first, last; ///< both or none
    std::optional<std::uint64_t> total;
    bool operator==(const ContentRange&) const = default;
};
std::optional<ContentRange> parse_content_range(std::string_view text) noexcept;

/// Retry-After in whole seconds or as an HTTP date; a date in the past is zero. Values are cut at one day.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, Timestamp now) noexcept;

/// The Hub's `RateLimit: "api";r=0;t=55` (IETF draft): what is left, and the seconds until it is whole again.
struct RateLimit {
    std::string policy; ///< "api", "resolver", ...
    std::uint64_t remaining = 0;
    std::chrono::milliseconds reset{0};
};
std::optional<RateLimit> parse_rate_limit(std::string_view text);

/// An ETag that vouches for every byte: quoted, without `W/`, not empty.
bool is_strong_etag(std::string_view text) noexcept;

/// The target of rel="next" in a Link header, as it stands there (may be relative).
std::optional<std::string> parse_link_next(std::string_view text);

} // namespace hfasync::detail
