// A download on its way: the shared `<etag>.incomplete`, or pieces under a name of their own; hashed while it
// is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "cache/piece_record.hpp"
#include "cache/place.hpp"

namespace hfasync::detail {

/// What the finished file must be. The ETag tells the hash: 64 hex digits are the SHA-256 of the content, 40
/// are git's blob hash, anything else cannot be checked.
struct ExpectedFile {
    std::string etag;
    std::uint64_t size = 0;
    std::string path; ///< in the repo, for messages
};

/// The holder has the file's lock. Blocking; for one worker thread at a time, except where it says otherwise.
///
/// A stream grows the shared partial. Left or thrown away at any point, that file is a gapless prefix that
/// the next download can use, whichever program it is. Pieces of several connections go into a file of
/// another name, beside a record of those that are complete: other programs believe what the shared name
/// holds.
class PartialFile {
public:
    /// Smaller files never come in pieces, and nobody looks for those of an earlier run.
    static constexpr std::uint64_t least_for_pieces = 8u << 20;

    enum class Sharing {
        shared,  ///< a name that others resume
        private_ ///< a name of our own (no working lock): removed unless published
    };

    /// Opens or makes it; never follows a link. \throws OSError
    PartialFile(Place place, ExpectedFile expected, Sharing sharing);
    PartialFile(PartialFile&&) noexcept;
    PartialFile& operator=(PartialFile&&) = delete;
    ~PartialFile();

    /// Bytes that are there. Of pieces: their sum.
    std::uint64_t offset() const;
    bool complete() const { return offset() == expected_.size; }
    const ExpectedFile& expected() const noexcept { return expected_; }

    /// Takes over what an earlier run left, and hashes what of it has no gap; throws away what cannot be
    /// used.
    void adopt_existing();
    /// Empty again, and a stream.
    void restart();
    /// write() and hash(); when it grows too long, all that is there is forgotten first.
    void append(std::span<const std::byte> data);
    /// At the end of the stream. \throws IntegrityError when the file grows beyond its size
    void write(std::span<const std::byte> data);
    /// What write() has got, in the same order; on another thread if need be.
    void hash(std::span<const std::byte> data);

    /// From now on write_piece() and no stream. The prefix that is there is the first piece.
    /// false: not for this file, whose content only its hash could vouch for. \throws OSError
    bool begin_pieces();
    bool in_pieces() const noexcept { return pieces_ != nullptr; }
    std::vector<ByteRange> missing() const;
    /// Thread-safe. \throws OSError
    void write_piece(std::uint64_t offset, std::span<const std::byte> data);
    /// Hashes up to `most` bytes that follow what is hashed, unless another thread is at it. Thread-safe.
    void hash_front(std::uint64_t most);

    /// \throws IntegrityError for another size or hash; what is there is then forgotten
    void verify();
    /// verify(), then the final name: all or nothing. Removes what earlier runs left of this file.
    void publish(const Place& to, bool durable);

private:
    struct Pieces;
    void open();
    void adopt_stream();
    void hash_front_locked(std::uint64_t most);
    bool adopt_best_pieces();
    std::uint64_t load(Pieces& pieces, std::uint64_t data_size) const;
    void check_name() const;
    void remove_leftovers();
    bool pieces_possible() const noexcept;

    Place shared_;
    Place place_; ///< shared_, or that of the pieces
    ExpectedFile expected_;
    Sharing sharing_;
    Fd file_;
    FileId opened_;
    std::uint64_t offset_ = 0; ///< of the stream
    std::optional<Hasher> hasher_;
    std::unique_ptr<Pieces> pieces_;
    bool made_here_ = false;
    bool published_ = false;
};

} // namespace hfasync::detail
