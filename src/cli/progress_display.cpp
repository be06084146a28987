#include "cli/progress_display.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace hfasync::cli {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t most_items = 8;
constexpr auto redraw_every = 100ms;
constexpr auto line_every = 1s;

std::string_view verb(ProgressPhase phase)
{
    switch (phase) {
    case ProgressPhase::total:
        return "total";
    case ProgressPhase::download:
        return "download";
    case ProgressPhase::hash:
        return "hash";
    case ProgressPhase::preupload:
        return "check";
    case ProgressPhase::upload:
        return "upload";
    case ProgressPhase::commit:
        return "commit";
    }
    return "";
}

/// Server text may hold escape sequences; cut from the left, since the end of a path tells more.
std::string shown_name(std::string_view name, std::size_t width)
{
    std::string out;
    for (const char c : name)
        out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
    if (out.size() <= width) return out + std::string(width - out.size(), ' ');
    std::size_t from = out.size() - (width - 2);
    while (from < out.size() && (static_cast<unsigned char>(out[from]) & 0xc0) == 0x80)
        ++from; // never in the middle of a UTF-8 character
    return ".." + out.substr(from);
}

std::string bar(double part, std::size_t width)
{
    const auto full =
        static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(width)));
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

double part_of(std::uint64_t done, std::uint64_t total)
{
    return total == 0 ? 0.0 : static_cast<double>(done) / static_cast<double>(total);
}

} // namespace

std::string format_bytes(double bytes)
{
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < units.size()) {
        bytes /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string format_duration(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 359'999) return "--:--";
    const auto s = static_cast<long>(std::lround(seconds));
    if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    return fmt::format("{:02}:{:02}", s / 60, s % 60);
}

ProgressDisplay::Mode ProgressDisplay::mode_for(std::FILE* out)
{
    return ::isatty(::fileno(out)) == 1 ? Mode::live : Mode::lines;
}

unsigned ProgressDisplay::columns_of(std::FILE* out)
{
    winsize size{};
    if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

ProgressDisplay::ProgressDisplay(std::FILE* out, Mode mode, std::string title, Now now)
    : out_(out), mode_(mode), title_(std::move(title)), now_(std::move(now)), start_(now_())
{
}

ProgressDisplay::~ProgressDisplay()
{
    finish();
}

double ProgressDisplay::rate() const
{
    const double seconds = std::chrono::duration<double>(now_() - start_).count();
    // Bytes that came from the cache cost no time and would make the rate a lie.
    const auto moved = total_.done - std::min(total_.done, total_.cached);
    return seconds > 0 ? static_cast<double>(moved) / seconds : 0.0;
}

void ProgressDisplay::on_event(const ProgressEvent& event)
{
    if (mode_ == Mode::off || finished_) return;
    const bool is_total = event.phase == ProgressPhase::total && event.name.empty();
    if (is_total) {
        if (event.kind != ProgressKind::failed) total_ = event;
        total_known_ = true;
    } else if (event.kind == ProgressKind::started || event.kind == ProgressKind::advanced) {
        auto [at, added] = active_.try_emplace(event.name);
        if (added) at->second.order = ++order_;
        at->second.phase = event.phase;
        at->second.done = event.done;
        at->second.total = event.total;
    } else {
        active_.erase(event.name);
    }
    if (mode_ == Mode::lines)
        print_line(event);
    else
        draw(event.kind == ProgressKind::failed);
}

void ProgressDisplay::print_line(const ProgressEvent& event)
{
    const auto now = now_();
    if (event.kind == ProgressKind::failed) {
        fmt::print(out_, "{}: {} failed: {}\n", title_, shown_name(event.name, event.name.size() + 2),
                   shown_name(event.message, event.message.size()));
    } else if (total_known_ && now - drawn_ >= line_every) {
        drawn_ = now;
        fmt::print(out_, "{}\n", total_line(0));
    }
    std::fflush(out_);
}

std::string ProgressDisplay::total_line(unsigned columns) const
{
    const double speed = rate();
    const double left = speed > 0
                            ? static_cast<double>(total_.total - std::min(total_.done, total_.total)) / speed
                            : std::nan("");
    auto text = fmt::format("{}: {}/{} files  {}/{}  {}/s  ETA {}", title_, total_.items_done,
                            total_.items_total, format_bytes(static_cast<double>(total_.done)),
                            format_bytes(static_cast<double>(total_.total)), format_bytes(speed),
                            format_duration(left));
    if (columns > text.size() + 14) {
        const auto width = std::min<std::size_t>(columns - text.size() - 5, 30);
        text += "  " + bar(part_of(total_.done, total_.total), width);
    }
    if (columns > 0 && text.size() >= columns) text.resize(columns - 1);
    return text;
}

std::string ProgressDisplay::item_line(const std::string& name, const Item& item, unsigned columns) const
{
    const auto figures =
        fmt::format(" {:>9}/{:<9} {:3.0f}%", format_bytes(static_cast<double>(item.done)),
                    format_bytes(static_cast<double>(item.total)), 100 * part_of(item.done, item.total));
    const auto head = fmt::format("  {:<8} ", verb(item.phase));
    const std::size_t used = head.size() + figures.size() + 1;
    const std::size_t width = columns > used + 8 ? columns - used : 8;
    return head + shown_name(name, std::min<std::size_t>(width, 90)) + figures;
}

void ProgressDisplay::erase()
{
    if (lines_ == 0) return;
    fmt::print(out_, "\r\x1b[{}A\x1b[J", lines_); // the terminal may have echoed a key
    lines_ = 0;
}

void ProgressDisplay::draw(bool force)
{
    const auto now = now_();
    is_stale_ = true;
    if (!force && now - drawn_ < redraw_every) return;
    drawn_ = now;
    is_stale_ = false;
    const auto columns = columns_of(out_);
    std::vector<std::pair<const std::string*, const Item*>> items;
    items.reserve(active_.size());
    for (const auto& [name, item] : active_)
        items.emplace_back(&name, &item);
    const auto shown = std::min(items.size(), most_items);
    // Oldest first, so that lines keep their place while a file is under way.
    std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown), items.end(),
                      [](const auto& a, const auto& b) { return a.second->order < b.second->order; });
    std::string block;
    for (std::size_t i = 0; i < shown; ++i)
        block += item_line(*items[i].first, *items[i].second, columns) + "\n";
    unsigned lines = static_cast<unsigned>(shown);
    if (total_known_) {
        block += total_line(columns) + "\n";
        ++lines;
    }
    erase();
    fmt::print(out_, "{}", block);
    lines_ = lines;
    std::fflush(out_);
}

void ProgressDisplay::tick()
{
    if (mode_ != Mode::live || finished_) return;
    if (is_stale_ || (lines_ > 0 && now_() - drawn_ >= line_every)) draw(false);
}

void ProgressDisplay::finish(const std::string& closing_line)
{
    if (finished_) return;
    finished_ = true;
    if (mode_ == Mode::live) erase();
    if (mode_ != Mode::off && !closing_line.empty()) fmt::print(out_, "{}\n", closing_line);
    std::fflush(out_);
}

} // namespace hfasync::cli
