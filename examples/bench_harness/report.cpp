#include "report.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

namespace bench_harness {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<const char*, double>, 4> percentiles{
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}}};

double seconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

double a_second(std::uint64_t count, std::chrono::nanoseconds elapsed)
{
    return elapsed.count() <= 0 ? 0 : static_cast<double>(count) / seconds(elapsed);
}

double micros(double nanoseconds)
{
    return std::round(nanoseconds) / 1000;
}

/// Three significant digits with a unit.
std::string duration_text(double ns)
{
    constexpr std::array<std::pair<double, const char*>, 4> units{
        {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
    for (const auto& [size, name] : units)
        if (ns >= size || size == 1) {
            const auto value = ns / size;
            return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, name);
        }
    return {};
}

/// All calls as one.
Measured total_of(const Outcome& outcome)
{
    Measured total;
    total.name = "total";
    for (const auto& one : outcome.calls) {
        total.latency.merge(one.latency);
        for (const auto& [type, count] : one.errors)
            total.errors[type] += count;
    }
    return total;
}

json::object json_of(const Measured& measured, std::chrono::nanoseconds elapsed)
{
    const auto& latency = measured.latency;
    json::object times{{"min", micros(static_cast<double>(latency.min()))}, {"mean", micros(latency.mean())}};
    for (const auto& [name, percent] : percentiles)
        times[name] = micros(static_cast<double>(latency.percentile(percent)));
    times["max"] = micros(static_cast<double>(latency.max()));
    json::object errors;
    for (const auto& [type, count] : measured.errors)
        errors[type] = count;
    json::array histogram;
    for (const auto& bucket : latency.buckets())
        histogram.push_back({{"from", micros(static_cast<double>(bucket.first))},
                             {"to", micros(static_cast<double>(bucket.last))},
                             {"count", bucket.count}});
    json::object out{{"name", measured.name},
                     {"calls", measured.calls()},
                     {"succeeded", latency.count()},
                     {"failed", measured.failures()},
                     {"throughput", a_second(latency.count(), elapsed)},
                     {"latency_us", std::move(times)},
                     {"errors", std::move(errors)},
                     {"histogram_us", std::move(histogram)}};
    if (!measured.unit.empty()) {
        out["unit"] = measured.unit;
        out["gained"] = measured.gained;
    }
    return out;
}

/// 1, 1.5, 2, 3, 5, 7, 10 ... nanoseconds, from below the least value to above the greatest.
std::vector<std::uint64_t> row_edges(const Histogram& latency)
{
    std::vector<std::uint64_t> edges{0};
    for (std::uint64_t decade = 10; decade <= 1'000'000'000'000'000; decade *= 10)
        for (const std::uint64_t tenths : {10, 15, 20, 30, 50, 70}) {
            const auto edge = decade / 10 * tenths / 10;
            if (edge <= latency.min()) edges.front() = edge;
            if (edge > latency.min() && edge > edges.back()) edges.push_back(edge);
            if (edge > latency.max()) return edges;
        }
    edges.push_back(~std::uint64_t{0});
    return edges;
}

/// A row a bar.
void add_bars(std::string& out, const Histogram& latency, std::size_t width)
{
    if (latency.count() == 0) return;
    const auto edges = row_edges(latency);
    std::vector<std::uint64_t> counts;
    for (std::size_t i = 0; i + 1 < edges.size(); ++i)
        counts.push_back(latency.count_between(i == 0 ? 0 : edges[i], edges[i + 1]));
    const auto most = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
    const auto room = static_cast<double>(width > 50 ? width - 34 : 16);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto length = static_cast<std::size_t>(std::ceil(static_cast<double>(counts[i]) / most * room));
        fmt::format_to(std::back_inserter(out), "  < {:>8} {:>10}{}\n",
                       duration_text(static_cast<double>(edges[i + 1])), counts[i],
                       length == 0 ? std::string() : "  " + std::string(length, '#'));
    }
}

void add_text(std::string& out, const Measured& measured, std::chrono::nanoseconds elapsed, std::size_t width)
{
    const auto& latency = measured.latency;
    auto to = std::back_inserter(out);
    fmt::format_to(to, "{}\n  calls      {} ({} failed), {:.1f}/s\n", measured.name, measured.calls(),
                   measured.failures(), a_second(latency.count(), elapsed));
    if (measured.unit == "bytes")
        fmt::format_to(to, "  bytes      {} ({:.1f} MB/s)\n", measured.gained,
                       a_second(measured.gained, elapsed) / 1e6);
    else if (!measured.unit.empty())
        fmt::format_to(to, "  {:<10} {} ({:.1f}/s)\n", measured.unit, measured.gained,
                       a_second(measured.gained, elapsed));
    if (latency.count() > 0) {
        fmt::format_to(to, "  latency    mean {}", duration_text(latency.mean()));
        for (const auto& [name, percent] : percentiles)
            fmt::format_to(to, "  {} {}", name,
                           duration_text(static_cast<double>(latency.percentile(percent))));
        fmt::format_to(to, "  max {}\n", duration_text(static_cast<double>(latency.max())));
    }
    for (const auto& [type, count] : measured.errors)
        fmt::format_to(to, "  failed     {} x {}\n", count, type);
    add_bars(out, latency, width);
}

} // namespace

json::object json_report(const Outcome& outcome, const RunFacts& facts)
{
    json::array calls;
    for (const auto& one : outcome.calls)
        calls.push_back(json_of(one, outcome.elapsed));
    return {{"endpoint", facts.endpoint},
            {"concurrency", facts.plan.concurrency},
            {"rate", facts.plan.rate ? json::value(*facts.plan.rate) : json::value()},
            {"seconds", seconds(outcome.elapsed)},
            {"interrupted", outcome.stopped},
            {"cancelled", outcome.cancelled},
            {"not_begun", outcome.not_begun},
            {"relative_error", Histogram::relative_error},
            {"calls", std::move(calls)},
            {"total", json_of(total_of(outcome), outcome.elapsed)}};
}

std::string text_report(const Outcome& outcome, const RunFacts& facts, std::size_t width)
{
    std::string out;
    auto to = std::back_inserter(out);
    fmt::format_to(to, "{}, {} at once{}, {:.2f} s{}\n", facts.endpoint, facts.plan.concurrency,
                   facts.plan.rate ? fmt::format(", {:g}/s", *facts.plan.rate) : "", seconds(outcome.elapsed),
                   outcome.stopped ? ", interrupted" : "");
    if (outcome.cancelled > 0)
        fmt::format_to(to, "{} calls were under way and do not count\n", outcome.cancelled);
    if (outcome.not_begun > 0)
        fmt::format_to(to, "{} calls were due and not begun: {} at once do not keep up with this rate\n",
                       outcome.not_begun, facts.plan.concurrency);
    for (const auto& one : outcome.calls)
        add_text(out, one, outcome.elapsed, width);
    if (outcome.calls.size() > 1) add_text(out, total_of(outcome), outcome.elapsed, width);
    return out;
}

} // namespace bench_harness
