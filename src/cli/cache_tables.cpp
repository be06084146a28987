#include "cli/cache_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "cli/progress_display.hpp"

namespace hfasync::cli {

namespace {

using Row = std::vector<std::string>;

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : ", ") + safe_text(text);
    return out;
}

/// Columns as wide as their longest text; `right`: the columns of numbers.
std::string table(const Row& head, std::vector<Row> rows, const std::vector<std::size_t>& right)
{
    std::vector<std::size_t> width(head.size());
    rows.insert(rows.begin(), head);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            width[i] = std::max(width[i], row[i].size());
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool at_right = std::ranges::find(right, i) != right.end();
            line += at_right ? fmt::format("{:>{}} ", row[i], width[i])
                             : fmt::format("{:<{}} ", row[i], width[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

} // namespace

std::string short_size(std::uint64_t bytes)
{
    auto size = static_cast<double>(bytes);
    for (const char* unit : {"", "K", "M", "G", "T", "P"}) {
        if (size < 1000) return fmt::format("{:.1f}{}", size, unit);
        size /= 1000;
    }
    return fmt::format("{:.1f}E", size);
}

std::string time_since(Timestamp then, Timestamp now)
{
    struct Unit {
        const char* name;
        double seconds;
        double most; ///< beyond it the next unit reads better
    };
    constexpr double day = 24 * 60 * 60;
    constexpr std::array<Unit, 7> units{{{"second", 1, 60},
                                         {"minute", 60, 60},
                                         {"hour", 60 * 60, 24},
                                         {"day", day, 6},
                                         {"week", 7 * day, 6},
                                         {"month", 30 * day, 11},
                                         {"year", 365 * day, 0}}};
    const auto passed = std::chrono::duration<double>(now - then).count();
    if (passed < 20) return "a few seconds ago";
    for (const auto& unit : units) {
        const auto count = std::round(passed / unit.seconds);
        if (count <= unit.most || unit.most == 0)
            return fmt::format("{} {}{} ago", static_cast<long>(count), unit.name, count > 1 ? "s" : "");
    }
    return {};
}

std::string safe_text(std::string_view text)
{
    std::string out(text);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return out;
}

std::string repo_table(const HFCacheInfo& info, Timestamp now)
{
    std::vector<Row> rows;
    for (const auto& repo : info.repos) {
        std::vector<std::string> refs;
        for (const auto& [ref, commit] : repo.refs())
            refs.push_back(ref);
        rows.push_back({safe_text(repo.repo_id), std::string(to_string(repo.repo_type)),
                        short_size(repo.size_on_disk), std::to_string(repo.nb_files),
                        time_since(repo.last_accessed, now), time_since(repo.last_modified, now),
                        joined(refs), safe_text(repo.repo_path.string())});
    }
    return table({"REPO ID", "REPO TYPE", "SIZE ON DISK", "NB FILES", "LAST_ACCESSED", "LAST_MODIFIED",
                  "REFS", "LOCAL PATH"},
                 std::move(rows), {2, 3});
}

std::string revision_table(const HFCacheInfo& info, Timestamp now)
{
    std::vector<Row> rows;
    for (const auto& repo : info.repos)
        for (const auto& revision : repo.revisions)
            rows.push_back({safe_text(repo.repo_id), std::string(to_string(repo.repo_type)),
                            safe_text(revision.commit_hash), short_size(revision.size_on_disk),
                            std::to_string(revision.nb_files()), time_since(revision.last_modified, now),
                            revision.refs.empty() ? "(detached)" : joined(revision.refs),
                            safe_text(revision.snapshot_path.string())});
    return table({"REPO ID", "REPO TYPE", "REVISION", "SIZE ON DISK", "NB FILES", "LAST_MODIFIED", "REFS",
                  "LOCAL PATH"},
                 std::move(rows), {3, 4});
}

std::string plan_text(const DeleteCacheStrategy& strategy)
{
    std::string out;
    for (const auto& repo : strategy.repos)
        out += fmt::format("repo      {}\n", safe_text(repo.string()));
    for (const auto& snapshot : strategy.snapshots)
        out += fmt::format("revision  {}\n", safe_text(snapshot.string()));
    return out + fmt::format("{} revision(s), {} repo(s), {} blob(s): {}.", strategy.revisions.size(),
                             strategy.repos.size(), strategy.blobs.size(),
                             format_bytes(static_cast<double>(strategy.expected_freed_size)));
}

std::string verified_line(const VerifiedFile& file)
{
    static constexpr std::array names{"ok", "mismatch", "unknown", "missing"};
    auto out = fmt::format("{:<9} {:<30} {}", names.at(static_cast<std::size_t>(file.state)),
                           safe_text(file.repo_id), safe_text(file.path.string()));
    if (file.state == CacheFileState::mismatch)
        out += fmt::format(" (expected {}, is {})", safe_text(file.expected.value_or("?")),
                           file.actual.value_or("?"));
    if (file.deleted) out += " - deleted";
    return out;
}

} // namespace hfasync::cli
