// What only a partial file in pieces has.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "cache/partial_file.hpp"

namespace hfasync::detail {

struct PartialFile::Pieces {
    std::mutex mutex; ///< of what is done and of the record
    PieceSet done;
    Fd record; ///< none for a private file
    std::uint64_t record_size = 0;
    Place record_place;

    std::mutex hashing; ///< of the hasher and what follows
    std::uint64_t hashed = 0;
    std::vector<std::byte> buffer;

    void note_locked(const std::string& lines)
    {
        if (!record) return;
        try {
            write_all_at(record, std::as_bytes(std::span(lines)), record_size, record_place.shown);
            record_size += lines.size();
        } catch (...) {
            record.reset(); // a line behind half of one would never be read
            throw;
        }
    }
};

[[noreturn]] void throw_too_long(const ExpectedFile& expected);

} // namespace hfasync::detail
