#include "emulator/store/merge_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace hfasync::emulator::store {

namespace {

using Lines = std::vector<std::string_view>;

// The search keeps one row a step: 1,000 differing lines cost 8 MB.
constexpr std::ptrdiff_t most_steps = 1000;

/// Pairs of equal lines, from the end to the begin, by Myers' greedy search; nullopt beyond most_steps.
class Script {
public:
    Script(const Lines& before, const Lines& after, std::size_t skip, std::size_t tail)
        : a_(before), b_(after), skip_(skip), n_(static_cast<std::ptrdiff_t>(before.size() - skip - tail)),
          m_(static_cast<std::ptrdiff_t>(after.size() - skip - tail))
    {
    }

    std::optional<std::vector<LineChange>> find()
    {
        for (std::ptrdiff_t steps = 0; steps <= most_steps; ++steps) {
            rows_.emplace_back(static_cast<std::size_t>(2 * steps + 1));
            for (std::ptrdiff_t k = -steps; k <= steps; k += 2) {
                const auto x = advance(steps, k);
                at(steps, k) = x;
                if (x >= n_ && x - k >= m_) return walk_back(steps);
            }
        }
        return std::nullopt;
    }

private:
    std::ptrdiff_t& at(std::ptrdiff_t steps, std::ptrdiff_t k)
    {
        return rows_[static_cast<std::size_t>(steps)][static_cast<std::size_t>(k + steps)];
    }
    // Whether diagonal k of this many steps comes from above (a line of `after` is put in).
    bool comes_down(std::ptrdiff_t steps, std::ptrdiff_t k)
    {
        return k == -steps || (k != steps && at(steps - 1, k - 1) < at(steps - 1, k + 1));
    }
    std::ptrdiff_t start(std::ptrdiff_t steps, std::ptrdiff_t k)
    {
        if (steps == 0) return 0;
        return comes_down(steps, k) ? at(steps - 1, k + 1) : at(steps - 1, k - 1) + 1;
    }
    std::ptrdiff_t advance(std::ptrdiff_t steps, std::ptrdiff_t k)
    {
        auto x = start(steps, k);
        while (x < n_ && x - k < m_ && x >= 0 && x - k >= 0 &&
               a_[skip_ + static_cast<std::size_t>(x)] == b_[skip_ + static_cast<std::size_t>(x - k)])
            ++x;
        return x;
    }
    std::vector<LineChange> walk_back(std::ptrdiff_t steps)
    {
        std::vector<LineChange> out;
        std::ptrdiff_t k = n_ - m_;
        for (; steps > 0; --steps) {
            const auto x = start(steps, k);
            const bool down = comes_down(steps, k);
            const auto old_begin = skip_ + static_cast<std::size_t>(down ? x : x - 1);
            const auto new_begin = skip_ + static_cast<std::size_t>(down ? x - k - 1 : x - k);
            out.push_back({old_begin, old_begin + (down ? 0 : 1), new_begin, new_begin + (down ? 1 : 0)});
            k += down ? 1 : -1;
        }
        std::reverse(out.begin(), out.end());
        return out;
    }

    const Lines& a_;
    const Lines& b_;
    std::size_t skip_;
    std::ptrdiff_t n_, m_;
    std::vector<std::vector<std::ptrdiff_t>> rows_;
};

/// Neighbouring changes as one.
std::vector<LineChange> joined(const std::vector<LineChange>& changes)
{
    std::vector<LineChange> out;
    for (const auto& change : changes) {
        if (!out.empty() && out.back().old_end == change.old_begin &&
            out.back().new_end == change.new_begin) {
            out.back().old_end = change.old_end;
            out.back().new_end = change.new_end;
        } else {
            out.push_back(change);
        }
    }
    return out;
}

void append(std::string& out, const Lines& lines, std::size_t begin, std::size_t end)
{
    for (auto i = begin; i < end; ++i)
        out.append(lines[i]);
}

/// One side of a merge, read from the begin.
class Side {
public:
    Side(const Lines& base, std::string_view text)
        : lines_(split_lines(text)), changes_(line_changes(base, lines_))
    {
    }
    bool done() const { return next_ == changes_.size(); }
    std::size_t begin() const { return changes_[next_].old_begin; }
    /// Takes all changes that begin at `end` or before, and moves `end` behind them. False: there was none.
    bool take(std::size_t& end)
    {
        const auto first = next_;
        while (!done() && begin() <= end) {
            end = std::max(end, changes_[next_].old_end);
            shift_ += static_cast<std::ptrdiff_t>(changes_[next_].new_end - changes_[next_].new_begin) -
                      static_cast<std::ptrdiff_t>(changes_[next_].old_end - changes_[next_].old_begin);
            ++next_;
        }
        return next_ != first;
    }
    std::ptrdiff_t shift() const { return shift_; }
    std::string text(std::size_t begin, std::ptrdiff_t begin_shift, std::size_t end) const
    {
        std::string out;
        append(out, lines_, static_cast<std::size_t>(static_cast<std::ptrdiff_t>(begin) + begin_shift),
               static_cast<std::size_t>(static_cast<std::ptrdiff_t>(end) + shift_));
        return out;
    }

private:
    Lines lines_;
    std::vector<LineChange> changes_;
    std::size_t next_ = 0;
    std::ptrdiff_t shift_ = 0; ///< of the lines behind what was taken
};

std::string range(std::size_t begin, std::size_t end)
{
    const auto count = end - begin;
    const auto first = count == 0 ? begin : begin + 1;
    return count == 1 ? fmt::format("{}", first) : fmt::format("{},{}", first, count);
}

void append_line(std::string& out, char mark, std::string_view line)
{
    out.push_back(mark);
    out.append(line);
    if (!line.ends_with('\n')) out.append("\n\\ No newline at end of file\n");
}

} // namespace

std::vector<std::string_view> split_lines(std::string_view text)
{
    Lines out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        out.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return out;
}

std::vector<LineChange> line_changes(const Lines& before, const Lines& after)
{
    const auto most = std::min(before.size(), after.size());
    std::size_t skip = 0, tail = 0;
    while (skip < most && before[skip] == after[skip])
        ++skip;
    while (tail < most - skip && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    if (skip + tail == before.size() && skip + tail == after.size()) return {};
    if (const auto found = Script(before, after, skip, tail).find()) return joined(*found);
    return {{skip, before.size() - tail, skip, after.size() - tail}};
}

std::optional<std::string> merge_text(std::string_view base, std::string_view ours, std::string_view theirs)
{
    const auto lines = split_lines(base);
    Side left(lines, ours), right(lines, theirs);
    std::string out;
    std::size_t at = 0;
    while (!left.done() || !right.done()) {
        const auto begin = left.done()    ? right.begin()
                           : right.done() ? left.begin()
                                          : std::min(left.begin(), right.begin());
        append(out, lines, at, begin);
        const auto left_shift = left.shift(), right_shift = right.shift();
        auto end = begin;
        bool of_left = false, of_right = false;
        for (bool more = true; more;) {
            const bool from_left = left.take(end), from_right = right.take(end);
            of_left = of_left || from_left;
            of_right = of_right || from_right;
            more = from_left || from_right;
        }
        const auto left_text = left.text(begin, left_shift, end);
        const auto right_text = right.text(begin, right_shift, end);
        if (of_left && of_right && left_text != right_text) return std::nullopt;
        out += of_left ? left_text : right_text;
        at = end;
    }
    append(out, lines, at, lines.size());
    return out;
}

std::string unified_hunks(std::string_view before, std::string_view after)
{
    constexpr std::size_t context = 3;
    const auto a = split_lines(before), b = split_lines(after);
    const auto changes = line_changes(a, b);
    std::string out;
    for (std::size_t i = 0; i < changes.size();) {
        auto last = i;
        while (last + 1 < changes.size() &&
               changes[last + 1].old_begin - changes[last].old_end <= 2 * context)
            ++last;
        const auto lead = std::min(context, changes[i].old_begin);
        const auto trail = std::min(context, a.size() - changes[last].old_end);
        out +=
            fmt::format("@@ -{} +{} @@\n", range(changes[i].old_begin - lead, changes[last].old_end + trail),
                        range(changes[i].new_begin - lead, changes[last].new_end + trail));
        auto at = changes[i].old_begin - lead;
        for (; i <= last; ++i) {
            for (; at < changes[i].old_begin; ++at)
                append_line(out, ' ', a[at]);
            for (; at < changes[i].old_end; ++at)
                append_line(out, '-', a[at]);
            for (auto line = changes[i].new_begin; line < changes[i].new_end; ++line)
                append_line(out, '+', b[line]);
        }
        for (const auto end = at + trail; at < end; ++at)
            append_line(out, ' ', a[at]);
    }
    return out;
}

bool looks_binary(std::string_view content) noexcept
{
    return content.substr(0, 8000).find('\0') != std::string_view::npos;
}

} // namespace hfasync::emulator::store
