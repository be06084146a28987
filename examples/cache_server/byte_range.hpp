// The Range header of a GET.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cache_server {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0; ///< one behind the last
    std::uint64_t size() const noexcept { return end - first; }
    bool operator==(const ByteRange&) const = default;
};

enum class RangeKind { whole, part, unsatisfiable };

struct WantedRange {
    RangeKind kind = RangeKind::whole;
    ByteRange range; ///< the whole file unless it is a part
};

/// What of a file of `size` bytes is asked for. One range of bytes is honoured; anything else asks for the
/// whole file, as RFC 9110 allows. `if_range` that is not this ETag does so too.
WantedRange wanted_range(std::string_view range, std::string_view if_range, std::string_view etag,
                         std::uint64_t size);

/// If-None-Match names this ETag, or any.
bool names_etag(std::string_view if_none_match, std::string_view etag);

} // namespace cache_server
