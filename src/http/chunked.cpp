#include "http/chunked.hpp"

namespace hfasync::http {

namespace {

constexpr std::size_t most_size_line = 4 * 1024;
constexpr std::size_t most_trailers = 16 * 1024;

int hex_digit(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

ChunkDecoder::Next ChunkDecoder::next() const noexcept
{
    switch (at_) {
    case At::data:
        return Next::data;
    case At::end:
        return Next::end;
    case At::broken:
        return Next::broken;
    default:
        return Next::framing;
    }
}

void ChunkDecoder::took_data(std::uint64_t amount) noexcept
{
    left_ -= amount;
    if (left_ == 0) at_ = At::data_cr;
}

ChunkDecoder::At ChunkDecoder::size_byte(char c) noexcept
{
    if (++line_ > most_size_line) return At::broken;
    if (at_ == At::size_lf) {
        if (c != '\n') return At::broken;
        line_ = 0;
        digits_ = 0;
        return left_ == 0 ? At::trailer : At::data;
    }
    if (c == '\r') return digits_ > 0 ? At::size_lf : At::broken;
    if (at_ == At::extension) return c == '\n' ? At::broken : At::extension;
    if (const int digit = hex_digit(c); digit >= 0) {
        if (++digits_ > 15) return At::broken; // 2^60 is more than any file
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return At::size;
    }
    return digits_ > 0 && (c == ';' || c == ' ' || c == '\t') ? At::extension : At::broken;
}

ChunkDecoder::At ChunkDecoder::trailer_byte(char c) noexcept
{
    if (++trailers_ > most_trailers) return At::broken;
    if (at_ == At::trailer_lf) {
        if (c != '\n') return At::broken;
        if (empty_line_) return At::end;
        empty_line_ = true;
        return At::trailer;
    }
    if (c == '\r') return At::trailer_lf;
    if (c == '\n') return At::broken;
    empty_line_ = false;
    return At::trailer;
}

std::size_t ChunkDecoder::feed(std::string_view bytes) noexcept
{
    std::size_t used = 0;
    while (used < bytes.size() && next() == Next::framing) {
        const char c = bytes[used++];
        switch (at_) {
        case At::data_cr:
            at_ = c == '\r' ? At::data_lf : At::broken;
            break;
        case At::data_lf:
            at_ = c == '\n' ? At::size : At::broken;
            break;
        case At::trailer:
        case At::trailer_lf:
            at_ = trailer_byte(c);
            break;
        default:
            at_ = size_byte(c);
            break;
        }
    }
    return used;
}

} // namespace hfasync::http
