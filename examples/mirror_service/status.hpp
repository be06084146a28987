// What the service is doing: for the page, the metrics and the log. All on the service's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <hfasync/progress.hpp>

#include "work_list.hpp"

namespace mirror {

/// One job under way.
struct ActiveJob {
    std::string subject, commit;
    int attempt = 1;
    std::uint64_t files_done = 0, files_total = 0, bytes_done = 0, bytes_total = 0;
    std::string phase = "listing"; ///< listing, download, upload, commit
};

/// One job that has ended here.
struct EndedJob {
    std::string subject, commit, outcome; ///< mirrored, unchanged, retry, failed
    std::string detail;
    std::chrono::system_clock::time_point at;
};

class Status {
public:
    explicit Status(std::string owner) : owner_(std::move(owner)) {}

    /// The events of one job; it must end before the Status does. The item is taken off the page by end().
    hfasync::ProgressSink begin(const Job& job);
    void end(const Job& job, std::string outcome, std::string detail);

    void set_counts(Counts counts);
    void round_ended(std::chrono::steady_clock::duration took, std::size_t repos, std::size_t put);
    void problem(std::string text); ///< a repo that could not be looked up, a list that does not answer
    /// result: accepted, ignored, refused
    void webhook(const std::string& result);
    void lease_lost(std::size_t count);
    void failed_attempt(const std::string& error_name);
    void request(int status); ///< of the Hubs; 0: no answer

    std::string json() const;                          ///< for the page
    std::string metrics() const;                       ///< Prometheus text format
    std::uint64_t version() const { return version_; } ///< grows with every change that the page shows
    const std::string& owner() const { return owner_; }
    const Counts& counts() const { return counts_; }
    std::uint64_t mirrored() const { return mirrored_; }
    std::uint64_t unchanged() const { return unchanged_; }
    std::uint64_t files() const { return files_; }
    std::uint64_t bytes() const { return bytes_; }
    std::size_t peak_in_flight() const { return peak_in_flight_; }
    std::size_t problems() const { return problems_total_; }

private:
    struct Tracked; ///< what an ActiveJob's events have been added up to
    void on_event(Tracked& job, const hfasync::ProgressEvent& event);
    void changed() { ++version_; }

    std::string owner_;
    std::uint64_t version_ = 1;
    std::map<std::string, std::shared_ptr<Tracked>> active_;
    std::deque<EndedJob> ended_;       ///< newest first
    std::deque<std::string> problems_; ///< newest first
    Counts counts_;
    std::size_t in_flight_ = 0, peak_in_flight_ = 0, problems_total_ = 0;
    std::uint64_t mirrored_ = 0, unchanged_ = 0, failed_ = 0, retries_ = 0, files_ = 0, bytes_ = 0,
                  rounds_ = 0, leases_lost_ = 0;
    double last_round_seconds_ = 0;
    std::size_t last_round_repos_ = 0;
    std::map<std::string, std::uint64_t> webhooks_, errors_, requests_;
};

/// Bytes of memory that the process has resident now.
std::uint64_t resident_bytes();

} // namespace mirror
