#include "emulator/file_reply.hpp"

#include <algorithm>
#include <charconv>

#include "base/os.hpp"

namespace hfasync::emulator {

namespace {

struct Range {
    std::uint64_t first = 0, last = 0; ///< inclusive
};
enum class RangeKind { none, good, unsatisfiable };

std::optional<std::uint64_t> digits(std::string_view text)
{
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

/// One range only; several are answered with the whole (RFC 9110 allows it).
RangeKind read_range(std::string_view text, std::uint64_t size, Range& out)
{
    if (!text.starts_with("bytes=") || text.find(',') != std::string_view::npos) return RangeKind::none;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return RangeKind::none;
    const auto first = digits(text.substr(0, dash));
    const auto last = digits(text.substr(dash + 1));
    if (!first) {
        if (dash != 0 || !last) return RangeKind::none;
        if (*last == 0 || size == 0) return RangeKind::unsatisfiable;
        out = {size - std::min(*last, size), size - 1};
        return RangeKind::good;
    }
    if (dash + 1 < text.size() && (!last || *last < *first)) return RangeKind::none;
    if (*first >= size) return RangeKind::unsatisfiable;
    out = {*first, last ? std::min(*last, size - 1) : size - 1};
    return RangeKind::good;
}

bool names_etag(std::string_view list, std::string_view etag)
{
    return list == "*" || list.find(etag) != std::string_view::npos;
}

void set_body(Reply& reply, const store::ObjectFile& object, std::uint64_t offset, std::uint64_t size)
{
    if (object.memory) {
        reply.body = object.memory;
        reply.slice_offset = offset;
        reply.slice_size = size;
    } else
        reply.body =
            FileSlice{std::make_shared<const detail::Fd>(detail::open_read(object.path)), offset, size};
}

} // namespace

Reply object_reply(const Request& request, const store::ObjectFile& object, std::string_view etag,
                   std::string_view content_type)
{
    Reply reply;
    reply.headers.append("Accept-Ranges: bytes\r\nContent-Type: ")
        .append(content_type)
        .append("\r\nETag: ")
        .append(etag)
        .append("\r\n");
    if (const auto known = request.header("if-none-match"); !known.empty() && names_etag(known, etag)) {
        reply.status = 304;
        return reply;
    }
    Range range{0, object.size == 0 ? 0 : object.size - 1};
    auto kind = RangeKind::none;
    const auto condition = request.header("if-range");
    if (!request.ignore_range && (condition.empty() || condition == etag))
        kind = read_range(request.header("range"), object.size, range);
    if (kind == RangeKind::unsatisfiable) {
        reply.status = 416;
        reply.header("Content-Range", "bytes */" + std::to_string(object.size));
        reply.body = std::string("Requested Range Not Satisfiable");
        return reply;
    }
    const auto size = kind == RangeKind::good ? range.last - range.first + 1 : object.size;
    if (kind == RangeKind::good) {
        reply.status = 206;
        reply.header("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                          std::to_string(range.last) + "/" + std::to_string(object.size));
    }
    if (request.method == "HEAD")
        reply.announced_size = size;
    else
        set_body(reply, object, kind == RangeKind::good ? range.first : 0, size);
    return reply;
}

} // namespace hfasync::emulator
