#include "cache/piece_record.hpp"

#include <dirent.h>

#include <algorithm>
#include <memory>
#include <random>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "policy/header_values.hpp"

namespace hfasync::detail {

namespace {

constexpr std::string_view suffix = ".incomplete";
constexpr std::string_view record_suffix = ".pieces.incomplete";
constexpr std::size_t unique_digits = 8;

/// FNV-1a: not against malice (the hash of the file is), but against half a line.
std::uint32_t check_of(std::string_view text) noexcept
{
    std::uint32_t hash = 2166136261U;
    for (const unsigned char c : text)
        hash = (hash ^ c) * 16777619U;
    return hash;
}

std::string with_check(std::string text)
{
    return fmt::format("{} {:08x}\n", text, check_of(text));
}

/// The line without its check; empty when it is not whole.
std::string_view checked(std::string_view line)
{
    const auto space = line.rfind(' ');
    if (space == std::string_view::npos) return {};
    const auto text = line.substr(0, space);
    return fmt::format("{:08x}", check_of(text)) == line.substr(space + 1) ? text : std::string_view{};
}

std::optional<ByteRange> parse_line(std::string_view text)
{
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto begin = parse_decimal(text.substr(0, space));
    const auto end = parse_decimal(text.substr(space + 1));
    if (!begin || !end || *begin >= *end) return std::nullopt;
    return ByteRange{*begin, *end};
}

/// "x/y.incomplete" -> "x/y"
std::string stem_of(const std::string& name)
{
    return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

PiecePlaces places(const Place& shared, std::string_view unique)
{
    const auto stem = stem_of(shared.name);
    const auto shown = stem_of(shared.shown.string());
    const auto place = [&](std::string_view end) {
        return Place{shared.folder, fmt::format("{}.{}{}", stem, unique, end),
                     fmt::format("{}.{}{}", shown, unique, end)};
    };
    return {.data = place(suffix), .record = place(record_suffix)};
}

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

Folder open_folder_of(const Place& place)
{
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const auto slash = place.name.rfind('/');
    const auto path = place.folder ? std::string(".") // a description of its own, for the position in it
                      : slash == std::string::npos ? std::string(".")
                                                   : place.name.substr(0, slash + 1);
    Fd fd(::openat(place.folder_fd(), path.c_str(), flags));
    if (!fd) return nullptr;
    Folder folder(::fdopendir(fd.get()));
    if (folder) (void)fd.release();
    return folder;
}

} // namespace

void PieceSet::add(ByteRange range)
{
    if (range.size() == 0) return;
    // The first that touches it or lies behind it.
    auto first = std::lower_bound(ranges_.begin(), ranges_.end(), range.begin,
                                  [](const ByteRange& a, std::uint64_t begin) { return a.end < begin; });
    auto last = first;
    for (; last != ranges_.end() && last->begin <= range.end; ++last) {
        range.begin = std::min(range.begin, last->begin);
        range.end = std::max(range.end, last->end);
    }
    if (first == last) {
        ranges_.insert(first, range);
        return;
    }
    *first = range;
    ranges_.erase(first + 1, last);
}

bool PieceSet::clip(std::uint64_t size)
{
    const auto before = total();
    std::erase_if(ranges_, [&](const ByteRange& range) { return range.begin >= size; });
    if (!ranges_.empty()) ranges_.back().end = std::min(ranges_.back().end, size);
    return total() != before;
}

std::uint64_t PieceSet::total() const
{
    std::uint64_t sum = 0;
    for (const auto& range : ranges_)
        sum += range.size();
    return sum;
}

std::uint64_t PieceSet::front() const
{
    return ranges_.empty() || ranges_.front().begin > 0 ? 0 : ranges_.front().end;
}

std::vector<ByteRange> PieceSet::missing(std::uint64_t size) const
{
    std::vector<ByteRange> out;
    std::uint64_t at = 0;
    for (const auto& range : ranges_) {
        if (range.begin > at) out.push_back({at, std::min(range.begin, size)});
        at = std::max(at, range.end);
    }
    if (at < size) out.push_back({at, size});
    return out;
}

std::string piece_record_head(std::string_view etag, std::uint64_t size)
{
    return with_check(fmt::format("hfasync-pieces 1 {} {}", etag, size));
}

std::string piece_record_line(ByteRange piece)
{
    return with_check(fmt::format("{} {}", piece.begin, piece.end));
}

std::optional<PieceRecord> parse_piece_record(std::string_view text, std::string_view etag,
                                              std::uint64_t size)
{
    const auto head = piece_record_head(etag, size);
    if (!text.starts_with(head)) return std::nullopt;
    PieceRecord record;
    record.valid = head.size();
    for (;;) {
        const auto rest = text.substr(record.valid);
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) return record;
        const auto piece = parse_line(checked(rest.substr(0, end)));
        if (!piece || piece->end > size) return record;
        record.pieces.add(*piece);
        record.valid += end + 1;
    }
}

PiecePlaces new_piece_places(const Place& shared)
{
    return places(shared, fmt::format("{:08x}", static_cast<std::uint32_t>(std::random_device{}())));
}

std::vector<PiecePlaces> find_piece_places(const Place& shared)
{
    std::vector<PiecePlaces> out;
    const auto folder = open_folder_of(shared);
    if (!folder) return out;
    auto stem = stem_of(shared.name);
    if (!shared.folder) stem.erase(0, stem.rfind('/') + 1);
    stem += '.';
    while (const auto* entry = ::readdir(folder.get())) {
        std::string_view name(entry->d_name);
        if (!name.starts_with(stem) || !name.ends_with(record_suffix)) continue;
        name.remove_prefix(stem.size());
        if (name.size() != unique_digits + record_suffix.size()) continue;
        const auto unique = name.substr(0, unique_digits);
        if (is_lower_hex(unique, unique_digits)) out.push_back(places(shared, unique));
    }
    return out;
}

} // namespace hfasync::detail
