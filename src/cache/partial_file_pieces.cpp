#include "cache/partial_file_pieces.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace {

std::string read_text(const Fd& file, const Place& place)
{
    std::string text(file_id(file, place.shown).size, '\0');
    text.resize(read_at(file, std::as_writable_bytes(std::span(text)), 0, place.shown));
    return text;
}

/// In this order: a record without its data is known to be stale.
void remove_pair(const PiecePlaces& places) noexcept
{
    remove_place(places.data);
    remove_place(places.record);
}

} // namespace

bool PartialFile::pieces_possible() const noexcept
{
    return hasher_ && expected_.size >= least_for_pieces;
}

bool PartialFile::begin_pieces()
{
    if (pieces_) return true;
    if (!pieces_possible()) return false;
    auto pieces = std::make_unique<Pieces>();
    const ByteRange prefix{0, offset_};
    pieces->done.add(prefix);
    pieces->hashed = offset_;
    if (sharing_ == Sharing::shared) {
        auto places = new_piece_places(shared_);
        pieces->record = open_place(places.record, O_RDWR | O_CREAT | O_EXCL);
        if (!pieces->record) throw_errno("create", places.record.shown);
        pieces->record_place = places.record;
        try {
            auto text = piece_record_head(expected_.etag, expected_.size);
            if (offset_ > 0) text += piece_record_line(prefix);
            pieces->note_locked(text);
            // Only now: a kill before leaves the shared partial as it was.
            check_name();
            rename_place(place_, places.data);
        } catch (...) {
            remove_place(places.record);
            throw;
        }
        place_ = std::move(places.data);
    }
    pieces_ = std::move(pieces);
    return true;
}

std::vector<ByteRange> PartialFile::missing() const
{
    if (!pieces_)
        return offset_ < expected_.size ? std::vector{ByteRange{offset_, expected_.size}}
                                        : std::vector<ByteRange>{};
    const std::scoped_lock lock(pieces_->mutex);
    return pieces_->done.missing(expected_.size);
}

void PartialFile::write_piece(std::uint64_t offset, std::span<const std::byte> data)
{
    const ByteRange piece{offset, offset + data.size()};
    if (piece.end > expected_.size) throw_too_long(expected_);
    write_all_at(file_, data, offset, place_.shown);
    const std::scoped_lock lock(pieces_->mutex);
    pieces_->done.add(piece);
    pieces_->note_locked(piece_record_line(piece));
}

void PartialFile::hash_front(std::uint64_t most)
{
    if (!pieces_) return;
    const std::unique_lock hashing(pieces_->hashing, std::try_to_lock);
    if (hashing) hash_front_locked(most);
}

void PartialFile::hash_front_locked(std::uint64_t most)
{
    auto& pieces = *pieces_;
    pieces.buffer.resize(256 << 10);
    for (std::uint64_t budget = most; budget > 0;) {
        std::uint64_t front = 0;
        {
            const std::scoped_lock lock(pieces.mutex);
            front = pieces.done.front();
        }
        if (front <= pieces.hashed) return;
        const auto want = std::min<std::uint64_t>({pieces.buffer.size(), front - pieces.hashed, budget});
        const auto size = read_at(file_, std::span(pieces.buffer).first(want), pieces.hashed, place_.shown);
        if (size == 0)
            throw OSError(errc::file_modified,
                          fmt::format("Another program cut {} during the download; try again.",
                                      printable(place_.shown.string())));
        hash(std::span<const std::byte>(pieces.buffer).first(size));
        pieces.hashed += size;
        budget -= size;
    }
}

bool PartialFile::adopt_best_pieces()
{
    if (sharing_ != Sharing::shared || !pieces_possible()) return false;
    struct Found {
        PiecePlaces places;
        std::unique_ptr<Pieces> pieces;
        Fd data;
        FileId id;
        std::uint64_t total = 0;
    };
    std::optional<Found> best;
    // A stream that got further is worth more: it needs no reading twice.
    std::uint64_t most = opened_.size <= expected_.size ? opened_.size : 0;
    for (auto& places : find_piece_places(shared_)) {
        Found found{.places = places,
                    .pieces = std::make_unique<Pieces>(),
                    .data = open_place(places.data, O_RDWR),
                    .id = {}};
        auto& pieces = *found.pieces;
        pieces.record = open_place(places.record, O_RDWR);
        pieces.record_place = places.record;
        if (found.data) found.id = file_id(found.data, places.data.shown);
        if (found.data && pieces.record && found.id.size <= expected_.size)
            found.total = load(pieces, found.id.size);
        if (found.total <= most) {
            remove_pair(places);
            continue;
        }
        if (best) remove_pair(best->places);
        most = found.total;
        best = std::move(found);
    }
    if (!best) return false;
    place_ = best->places.data;
    file_ = std::move(best->data);
    opened_ = best->id;
    pieces_ = std::move(best->pieces);
    made_here_ = false;
    return true;
}

std::uint64_t PartialFile::load(Pieces& pieces, std::uint64_t data_size) const
{
    auto record =
        parse_piece_record(read_text(pieces.record, pieces.record_place), expected_.etag, expected_.size);
    if (!record) return 0;
    pieces.done = std::move(record->pieces);
    if (!pieces.done.clip(data_size)) {
        if (::ftruncate(pieces.record.get(), static_cast<off_t>(record->valid)) != 0)
            throw_errno("cut", pieces.record_place.shown);
        pieces.record_size = record->valid;
        return pieces.done.total();
    }
    // It tells of bytes that are gone: they must not come back as a hole when the file grows again.
    if (::ftruncate(pieces.record.get(), 0) != 0) throw_errno("cut", pieces.record_place.shown);
    auto text = piece_record_head(expected_.etag, expected_.size);
    for (const auto& range : pieces.done.ranges())
        text += piece_record_line(range);
    pieces.note_locked(text);
    return pieces.done.total();
}

void PartialFile::remove_leftovers()
{
    if (expected_.size < least_for_pieces) return;
    for (const auto& places : find_piece_places(shared_))
        remove_pair(places);
}

} // namespace hfasync::detail
