// A download on its way: the shared `<etag>.incomplete`, hashed while it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/hash.hpp"
#include "cache/place.hpp"

namespace hfasync::detail {

/// What the finished file must be. The ETag tells the hash: 64 hex digits are the SHA-256 of the content, 40
/// are git's blob hash, anything else cannot be checked.
struct ExpectedFile {
    std::string etag;
    std::uint64_t size = 0;
    std::string path; ///< in the repo, for messages
};

/// The holder has the file's lock. Blocking; for one worker thread at a time.
///
/// Left open or thrown away at any point, the file on disk is a gapless prefix that the next download can
/// use.
class PartialFile {
public:
    enum class Sharing {
        shared,  ///< a name that others resume
        private_ ///< a name of our own (no working lock): removed unless published
    };

    /// Opens or makes it; never follows a link. \throws OSError
    PartialFile(Place place, ExpectedFile expected, Sharing sharing);
    PartialFile(PartialFile&&) noexcept;
    PartialFile& operator=(PartialFile&&) = delete;
    ~PartialFile();

    /// Bytes that are there, written and hashed.
    std::uint64_t offset() const noexcept { return offset_; }
    bool complete() const noexcept { return offset_ == expected_.size; }
    const ExpectedFile& expected() const noexcept { return expected_; }

    /// Reads and hashes what an earlier run left; throws it away when it cannot be a prefix.
    void adopt_existing();
    /// Empty again.
    void restart();
    /// \throws IntegrityError when the file grows beyond its size (and forgets what is there)
    void append(std::span<const std::byte> data);
    /// \throws IntegrityError for another size or hash; what is there is then forgotten
    void verify();
    /// verify(), then the final name: all or nothing.
    void publish(const Place& to, bool durable);

private:
    void open();
    Place place_;
    ExpectedFile expected_;
    Sharing sharing_;
    Fd file_;
    FileId opened_;
    std::uint64_t offset_ = 0;
    std::optional<Hasher> hasher_;
    bool made_here_ = false;
    bool published_ = false;
};

} // namespace hfasync::detail
