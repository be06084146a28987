#include "status.hpp"

#include <boost/json.hpp>

#include <fstream>
#include <set>

#include <unistd.h>

#include <fmt/format.h>

#include <hfasync/time.hpp>

namespace mirror {

namespace json = boost::json;
using hfasync::ProgressEvent;
using hfasync::ProgressKind;
using hfasync::ProgressPhase;

namespace {

constexpr std::size_t most_shown = 50;

template <class T>
void keep_newest(std::deque<T>& list, T item)
{
    list.push_front(std::move(item));
    if (list.size() > most_shown) list.pop_back();
}

/// Prometheus: help and type once, then a line a label.
class Lines {
public:
    void one(const char* name, const char* type, const char* help, double value)
    {
        head(name, type, help);
        text_ += fmt::format("{} {}\n", name, value);
    }
    template <class Values>
    void by_label(const char* name, const char* type, const char* help, const char* label,
                  const Values& values)
    {
        head(name, type, help);
        for (const auto& [key, value] : values)
            text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, escaped(key), value);
    }
    std::string take() { return std::move(text_); }

private:
    void head(const char* name, const char* type, const char* help)
    {
        text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
    }
    static std::string escaped(const std::string& text)
    {
        std::string out;
        for (const char c : text) {
            if (c == '\\' || c == '"') out += '\\';
            out += c == '\n' ? ' ' : c;
        }
        return out;
    }
    std::string text_;
};

std::string date(std::chrono::system_clock::time_point at)
{
    return hfasync::format_timestamp(std::chrono::time_point_cast<std::chrono::microseconds>(at));
}

} // namespace

struct Status::Tracked {
    ActiveJob job;
    std::set<std::string> open;                   ///< files in flight
    std::map<std::string, std::uint64_t> counted; ///< bytes of them that came by the network
};

hfasync::ProgressSink Status::begin(const Job& job)
{
    auto tracked = std::make_shared<Tracked>();
    tracked->job = {.subject = job.subject(), .commit = job.commit, .attempt = job.attempt};
    active_[job.subject()] = tracked;
    changed();
    return [this, tracked](const ProgressEvent& event) { on_event(*tracked, event); };
}

void Status::on_event(Tracked& tracked, const ProgressEvent& event)
{
    auto& job = tracked.job;
    if (event.phase == ProgressPhase::total) {
        if (event.kind == ProgressKind::committed) return;
        job.files_done = event.items_done;
        job.files_total = event.items_total;
        job.bytes_done = event.done;
        job.bytes_total = event.total;
        return changed();
    }
    job.phase = event.phase == ProgressPhase::download ? "download"
                : event.phase == ProgressPhase::commit ? "commit"
                                                       : "upload";
    if (event.phase == ProgressPhase::download || event.phase == ProgressPhase::upload) {
        const auto key = fmt::format("{}/{}", static_cast<int>(event.phase), event.name);
        auto& counted = tracked.counted[key];
        const auto moved = event.done - std::min(event.cached, event.done);
        if (moved > counted) bytes_ += moved - counted;
        counted = std::max(counted, moved);
        const bool ended = event.kind == ProgressKind::finished || event.kind == ProgressKind::failed;
        if (!ended && tracked.open.insert(key).second) {
            peak_in_flight_ = std::max(peak_in_flight_, ++in_flight_);
        } else if (ended) {
            in_flight_ -= tracked.open.erase(key);
            files_ += event.kind == ProgressKind::finished && counted > 0;
            tracked.counted.erase(key);
        }
    }
    changed();
}

void Status::end(const Job& job, std::string outcome, std::string detail)
{
    if (const auto found = active_.find(job.subject()); found != active_.end()) {
        in_flight_ -= found->second->open.size();
        found->second->open.clear();
        active_.erase(found);
    }
    mirrored_ += outcome == "mirrored";
    unchanged_ += outcome == "unchanged";
    retries_ += outcome == "retry";
    failed_ += outcome == "failed";
    keep_newest(ended_, EndedJob{.subject = job.subject(),
                                 .commit = job.commit,
                                 .outcome = std::move(outcome),
                                 .detail = std::move(detail),
                                 .at = std::chrono::system_clock::now()});
    changed();
}

void Status::set_counts(Counts counts)
{
    if (counts == counts_) return;
    counts_ = counts;
    changed();
}

void Status::round_ended(std::chrono::steady_clock::duration took, std::size_t repos, std::size_t)
{
    ++rounds_;
    last_round_seconds_ = std::chrono::duration<double>(took).count();
    last_round_repos_ = repos;
    changed();
}

void Status::problem(std::string text)
{
    ++problems_total_;
    keep_newest(problems_, std::move(text));
    changed();
}

void Status::webhook(const std::string& result)
{
    ++webhooks_[result];
    changed();
}

void Status::lease_lost(std::size_t count)
{
    leases_lost_ += count;
}

void Status::failed_attempt(const std::string& error_name)
{
    ++errors_[error_name];
}

void Status::request(int status)
{
    ++requests_[status == 0 ? std::string("none") : std::to_string(status)];
}

std::string Status::json() const
{
    json::array active, ended, problems;
    for (const auto& [subject, tracked] : active_) {
        const auto& job = tracked->job;
        active.push_back(json::object{{"subject", subject},
                                      {"commit", job.commit},
                                      {"attempt", job.attempt},
                                      {"phase", job.phase},
                                      {"files_done", job.files_done},
                                      {"files_total", job.files_total},
                                      {"bytes_done", job.bytes_done},
                                      {"bytes_total", job.bytes_total}});
        if (active.size() == most_shown) break;
    }
    for (const auto& job : ended_)
        ended.push_back(json::object{{"subject", job.subject},
                                     {"commit", job.commit},
                                     {"outcome", job.outcome},
                                     {"detail", job.detail},
                                     {"at", date(job.at)}});
    for (const auto& problem : problems_)
        problems.emplace_back(problem);
    return json::serialize(json::object{{"process", owner_},
                                        {"counts", json::object{{"waiting", counts_.waiting},
                                                                {"active", counts_.active},
                                                                {"done", counts_.done},
                                                                {"failed", counts_.failed}}},
                                        {"here", json::object{{"active", active_.size()},
                                                              {"in_flight", in_flight_},
                                                              {"mirrored", mirrored_},
                                                              {"unchanged", unchanged_},
                                                              {"failed", failed_},
                                                              {"files", files_},
                                                              {"bytes", bytes_},
                                                              {"rounds", rounds_}}},
                                        {"active", std::move(active)},
                                        {"ended", std::move(ended)},
                                        {"problems", std::move(problems)}});
}

std::string Status::metrics() const
{
    Lines out;
    const std::map<std::string, std::uint64_t> jobs{{"waiting", counts_.waiting},
                                                    {"active", counts_.active},
                                                    {"done", counts_.done},
                                                    {"failed", counts_.failed}};
    const std::map<std::string, std::uint64_t> outcomes{
        {"mirrored", mirrored_}, {"unchanged", unchanged_}, {"retry", retries_}, {"failed", failed_}};
    const auto count = [](auto number) { return static_cast<double>(number); };
    out.by_label("mirror_list_jobs", "gauge", "Jobs of the shared list.", "state", jobs);
    out.by_label("mirror_jobs_total", "counter", "Jobs that ended in this process.", "outcome", outcomes);
    out.by_label("mirror_errors_total", "counter", "Failed attempts.", "error", errors_);
    out.by_label("mirror_hub_requests_total", "counter", "Requests to both Hubs.", "status", requests_);
    out.by_label("mirror_webhooks_total", "counter", "Webhooks received.", "result", webhooks_);
    out.one("mirror_transfers_in_flight", "gauge", "Files under way.", count(in_flight_));
    out.one("mirror_transfers_peak", "gauge", "Most files under way at once.", count(peak_in_flight_));
    out.one("mirror_files_total", "counter", "Files transferred.", count(files_));
    out.one("mirror_bytes_total", "counter", "Bytes transferred.", count(bytes_));
    out.one("mirror_rounds_total", "counter", "Rounds over all repos.", count(rounds_));
    out.one("mirror_round_seconds", "gauge", "Length of the last round.", last_round_seconds_);
    out.one("mirror_round_repos", "gauge", "Repos of the last round.", count(last_round_repos_));
    out.one("mirror_problems_total", "counter", "What could not be looked up or asked.",
            count(problems_total_));
    out.one("mirror_leases_lost_total", "counter", "Jobs that another process took over.",
            count(leases_lost_));
    out.one("process_resident_memory_bytes", "gauge", "Resident memory.", count(resident_bytes()));
    return out.take();
}

std::uint64_t resident_bytes()
{
    std::uint64_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace mirror
