// What a HEAD of a file says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <hfasync/describe.hpp>

namespace hfasync {

/// A file of the Hub as its resolve URL describes it. Source: `HfFileMetadata`.
struct HfFileMetadata {
    std::optional<std::string> commit_hash; ///< of the revision that was asked for
    std::optional<std::string> etag;        ///< without W/ and quotes: SHA-256 (LFS) or git blob id
    std::string location;                   ///< where the bytes are; a signed URL for LFS files
    std::optional<std::uint64_t> size;      ///< bytes
    bool operator==(const HfFileMetadata&) const = default;
};
HFASYNC_DESCRIBE(HfFileMetadata, commit_hash, etag, location, size)

} // namespace hfasync
