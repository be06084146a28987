// The list of what is to be mirrored: what several processes may share.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/repo_id.hpp>

#include "config.hpp"

namespace mirror {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// A repo that is to be brought to a commit.
struct Job {
    hfasync::RepoType type = hfasync::RepoType::model;
    std::string repo_id;
    std::string revision; ///< as configured
    std::string commit;   ///< what it stood for when it was looked at
    std::vector<std::string> files, exclude;

    // Of a claim.
    int attempt = 0;   ///< 1 for the first
    std::string claim; ///< the list's own mark of it

    /// What only one process works on at a time.
    std::string subject() const;
    /// What of the subject is wanted: the commit and the patterns.
    std::string version() const;
    std::string payload() const; ///< JSON, without the claim
    /// \throws hfasync::Error for a payload that cannot be used, or is not of this subject and version
    static Job from_row(const std::string& subject, const std::string& version, const std::string& payload);
};

struct Counts {
    std::uint64_t waiting = 0, active = 0, done = 0, failed = 0;
    bool operator==(const Counts&) const = default;
};

/// Jobs and who has them. A claim is a lease: it has to be extended, or another process may take the job
/// over; then complete() and fail() of the former owner answer false and change nothing.
///
/// A subject is in the list once. A newer version that comes while an older one is worked on waits for it.
class WorkList {
public:
    virtual ~WorkList() = default;

    /// false: this version is in the list already (waiting, active or done). One that has failed waits again.
    virtual asio::awaitable<bool> put(Job job) = 0;
    /// Takes up to `most` jobs that wait, or whose lease is over, be it one of this process. Does not wait
    /// for any. One that cannot be read has failed, and is not among them.
    virtual asio::awaitable<std::vector<Job>> claim(std::size_t most) = 0;
    /// \returns those of the claims that are lost
    virtual asio::awaitable<std::vector<Job>> extend(std::vector<Job> jobs) = 0;
    virtual asio::awaitable<bool> complete(Job job) = 0;
    /// Lets the job wait for `retry_after`; without one it has failed for good.
    virtual asio::awaitable<bool> fail(Job job, std::string error,
                                       std::optional<milliseconds> retry_after) = 0;
    /// Lets a subject that has ended wait again, and one that is worked on once more when it has: what was
    /// published of it may not be what the list believes. \returns false: it was going to be looked at anyway
    virtual asio::awaitable<bool> redo(std::string subject) = 0;
    /// Lets go of all that this process has claimed; such an attempt does not count.
    virtual asio::awaitable<void> give_back() = 0;
    virtual asio::awaitable<Counts> counts() = 0;
    /// The version of the subject that was completed last.
    virtual asio::awaitable<std::optional<std::string>> completed(std::string subject) = 0;

    enum class Round { when_due, now };
    /// Zero: this process makes the round over all repos (or goes on with it), and has to call again within
    /// the lease, then end_round(). Else how long to wait before asking again.
    virtual asio::awaitable<milliseconds> begin_round(std::string name, Round when) = 0;
    virtual asio::awaitable<void> end_round(std::string name, milliseconds until_next) = 0;

    /// Lets go of what keeps an io_context busy; the next call begins anew.
    virtual void close() {}
};

/// `owner` is unique among all processes.
std::unique_ptr<WorkList> make_sqlite_list(const SqliteConfig& config, std::string owner, milliseconds lease);
/// Connects with the first call.
std::unique_ptr<WorkList> make_redis_list(asio::any_io_executor executor, RedisConfig config,
                                          std::string owner, milliseconds lease);
/// \throws hfasync::ValueError for a kind that this build does not have
std::unique_ptr<WorkList> make_list(asio::any_io_executor executor, const Config& config, std::string owner);
std::string unique_owner(); ///< host, process and a random number

} // namespace mirror
