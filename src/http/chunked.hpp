// The framing of chunked bodies, apart from any I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hfasync::http {

/// Feed it the bytes between the pieces of data; it says when data comes and how much. Extensions and
/// trailers are dropped, and capped: 4 KiB a size line, 16 KiB of trailers.
class ChunkDecoder {
public:
    enum class Next { framing, data, end, broken };

    Next next() const noexcept;
    /// Bytes of data before the next framing.
    std::uint64_t data_left() const noexcept { return left_; }
    void took_data(std::uint64_t amount) noexcept;
    /// Consumes framing; returns how many bytes of `bytes` it was.
    std::size_t feed(std::string_view bytes) noexcept;

private:
    enum class At { size, extension, size_lf, data, data_cr, data_lf, trailer, trailer_lf, end, broken };
    At size_byte(char c) noexcept;
    At trailer_byte(char c) noexcept;

    At at_ = At::size;
    std::uint64_t left_ = 0;
    int digits_ = 0;
    std::size_t line_ = 0;     ///< bytes of this size line
    std::size_t trailers_ = 0; ///< bytes of all trailers
    bool empty_line_ = true;
};

} // namespace hfasync::http
