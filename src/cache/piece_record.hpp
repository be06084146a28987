// What is complete of a file that several connections write at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/place.hpp"
#include "policy/range_plan.hpp"

namespace hfasync::detail {

/// Bytes that are there, as ranges that neither touch nor overlap.
class PieceSet {
public:
    void add(ByteRange range);
    /// Nothing beyond `size` is there. \returns whether that changed anything
    bool clip(std::uint64_t size);
    const std::vector<ByteRange>& ranges() const noexcept { return ranges_; }
    std::uint64_t total() const;
    /// The end of what begins at 0 and has no gap.
    std::uint64_t front() const;
    /// What a file of `size` bytes still lacks.
    std::vector<ByteRange> missing(std::uint64_t size) const;

private:
    std::vector<ByteRange> ranges_; ///< ascending
};

/// The record is text: a line for the file, then one for each piece that was written, with a check of its
/// own. Lines are only appended, so that a kill can tear the last one and no other.
std::string piece_record_head(std::string_view etag, std::uint64_t size);
std::string piece_record_line(ByteRange piece);

struct PieceRecord {
    PieceSet pieces;
    std::uint64_t valid = 0; ///< bytes of the record that count; what follows is torn
};
/// nullopt for a record of another file, or none. Reads up to the first line that is not what it should be.
std::optional<PieceRecord> parse_piece_record(std::string_view text, std::string_view etag,
                                              std::uint64_t size);

/// A file of pieces and its record: `<etag>.<8 hex>.incomplete` and `<etag>.<8 hex>.pieces.incomplete`,
/// beside the shared `<etag>.incomplete`.
struct PiecePlaces {
    Place data;
    Place record;
};
/// Names that nobody else uses.
PiecePlaces new_piece_places(const Place& shared);
/// Those of which there is a record; `shared` is the place of the shared partial. Reads the folder: not for
/// small files. Nothing when it cannot be read.
std::vector<PiecePlaces> find_piece_places(const Place& shared);

} // namespace hfasync::detail
