#include <hfasync/time.hpp>

#include <array>

namespace hfasync {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                            "Thursday", "Friday", "Saturday"};

/// Takes text from the front; every step after the first that failed is skipped.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int digits(std::size_t count)
    {
        int value = 0;
        ok_ = ok_ && rest_.size() >= count;
        for (std::size_t i = 0; ok_ && i < count; ++i) {
            ok_ = is_digit(rest_[i]);
            value = value * 10 + (rest_[i] - '0');
        }
        if (ok_) rest_.remove_prefix(count);
        return ok_ ? value : 0;
    }
    void literal(std::string_view text)
    {
        ok_ = ok_ && rest_.starts_with(text);
        if (ok_) rest_.remove_prefix(text.size());
    }
    bool accept(std::string_view text)
    {
        const bool found = ok_ && rest_.starts_with(text);
        if (found) rest_.remove_prefix(text.size());
        return found;
    }
    template <std::size_t N>
    int name(const std::array<std::string_view, N>& names)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (accept(names[i])) return static_cast<int>(i);
        ok_ = false;
        return 0;
    }
    /// ".123456789" or nothing; digits below a microsecond are cut.
    microseconds fraction()
    {
        if (!accept(".")) return microseconds{0};
        std::int64_t value = 0;
        int count = 0;
        while (!rest_.empty() && is_digit(rest_.front())) {
            if (count < 6) value = value * 10 + (rest_.front() - '0');
            ++count;
            rest_.remove_prefix(1);
        }
        ok_ = ok_ && count > 0 && count <= 9;
        for (; count < 6; ++count)
            value *= 10;
        return microseconds{value};
    }
    bool at_end() const { return ok_ && rest_.empty(); }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    std::string_view rest_;
    bool ok_ = true;
};

struct Parts {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    microseconds fraction{0};
};

std::optional<Timestamp> assemble(const Parts& parts)
{
    const year_month_day date{year{parts.year}, month{static_cast<unsigned>(parts.month)},
                              day{static_cast<unsigned>(parts.day)}};
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
    return Timestamp{sys_days{date}} + hours{parts.hour} + minutes{parts.minute} + seconds{parts.second} +
           parts.fraction;
}

void clock_time(Scanner& in, Parts& parts)
{
    parts.hour = in.digits(2);
    in.literal(":");
    parts.minute = in.digits(2);
    in.literal(":");
    parts.second = in.digits(2);
}

std::optional<Timestamp> parse_imf(std::string_view text) // Sun, 06 Nov 1994 08:49:37 GMT
{
    Scanner in(text);
    Parts parts;
    in.name(day_names);
    in.literal(", ");
    parts.day = in.digits(2);
    in.literal(" ");
    parts.month = in.name(month_names) + 1;
    in.literal(" ");
    parts.year = in.digits(4);
    in.literal(" ");
    clock_time(in, parts);
    in.literal(" GMT");
    return in.at_end() ? assemble(parts) : std::nullopt;
}

std::optional<Timestamp> parse_rfc850(std::string_view text) // Sunday, 06-Nov-94 08:49:37 GMT
{
    Scanner in(text);
    Parts parts;
    in.name(long_day_names);
    in.literal(", ");
    parts.day = in.digits(2);
    in.literal("-");
    parts.month = in.name(month_names) + 1;
    in.literal("-");
    const int two_digits = in.digits(2);
    parts.year = two_digits + (two_digits < 70 ? 2000 : 1900); // POSIX's window
    in.literal(" ");
    clock_time(in, parts);
    in.literal(" GMT");
    return in.at_end() ? assemble(parts) : std::nullopt;
}

std::optional<Timestamp> parse_asctime(std::string_view text) // Sun Nov  6 08:49:37 1994
{
    Scanner in(text);
    Parts parts;
    in.name(day_names);
    in.literal(" ");
    parts.month = in.name(month_names) + 1;
    in.literal(" ");
    parts.day = in.accept(" ") ? in.digits(1) : in.digits(2);
    in.literal(" ");
    clock_time(in, parts);
    in.literal(" ");
    parts.year = in.digits(4);
    return in.at_end() ? assemble(parts) : std::nullopt;
}

void append_number(std::string& out, std::int64_t value, int width)
{
    const auto digits = std::to_string(value);
    for (auto i = static_cast<int>(digits.size()); i < width; ++i)
        out.push_back('0');
    out += digits;
}

void append_clock(std::string& out, const hh_mm_ss<microseconds>& time)
{
    append_number(out, time.hours().count(), 2);
    out.push_back(':');
    append_number(out, time.minutes().count(), 2);
    out.push_back(':');
    append_number(out, time.seconds().count(), 2);
}

} // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept
{
    Scanner in(text);
    Parts parts;
    parts.year = in.digits(4);
    in.literal("-");
    parts.month = in.digits(2);
    in.literal("-");
    parts.day = in.digits(2);
    in.literal("T");
    clock_time(in, parts);
    parts.fraction = in.fraction();
    if (!in.accept("Z")) in.literal("+00:00");
    return in.at_end() && parts.second < 60 ? assemble(parts) : std::nullopt;
}

std::string format_timestamp(Timestamp time)
{
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss<microseconds> clock{time - midnight};
    std::string out;
    append_number(out, static_cast<int>(date.year()), 4);
    out.push_back('-');
    append_number(out, static_cast<unsigned>(date.month()), 2);
    out.push_back('-');
    append_number(out, static_cast<unsigned>(date.day()), 2);
    out.push_back('T');
    append_clock(out, clock);
    out.push_back('.');
    append_number(out, clock.subseconds().count() / 1000, 3);
    out.push_back('Z');
    return out;
}

std::optional<Timestamp> parse_http_date(std::string_view text) noexcept
{
    if (auto time = parse_imf(text)) return time;
    if (auto time = parse_rfc850(text)) return time;
    return parse_asctime(text);
}

std::string format_http_date(Timestamp time)
{
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    std::string out(day_names[weekday{midnight}.c_encoding()]);
    out += ", ";
    append_number(out, static_cast<unsigned>(date.day()), 2);
    out += " ";
    out += month_names[static_cast<unsigned>(date.month()) - 1];
    out += " ";
    append_number(out, static_cast<int>(date.year()), 4);
    out += " ";
    append_clock(out, hh_mm_ss<microseconds>{time - midnight});
    out += " GMT";
    return out;
}

} // namespace hfasync
