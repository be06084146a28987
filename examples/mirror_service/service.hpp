// The mirror service: rounds, workers, leases; see README.md.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <hfasync/hub.hpp>

#include "config.hpp"
#include "crew.hpp"
#include "planner.hpp"
#include "status.hpp"
#include "target.hpp"
#include "work_list.hpp"

namespace mirror {

/// A repo that a webhook was about.
struct Changed {
    hfasync::RepoType type = hfasync::RepoType::model;
    std::string repo_id;
    bool operator==(const Changed&) const = default;
};

class Service {
public:
    struct Options {
        /// One round, and the end when nothing is left to do; else until it is cancelled.
        bool once = false;
        /// A line for people.
        std::function<void(const std::string&)> log = [](const std::string&) {};
        /// The HTTP server's port, once it listens.
        std::function<void(std::uint16_t)> on_listen = [](std::uint16_t) {};
    };

    /// `context` runs on one thread.
    Service(asio::io_context& context, Config config, Options options);
    ~Service();

    /// Ends with a cancel, or with Options::once; what was under way then waits in the list again.
    asio::awaitable<void> run();
    /// Of the HTTP server: tells the service that a repo has changed. \returns false: no rule is about it
    bool notice(Changed changed);

    const Config& config() const { return config_; }
    Status& status() { return status_; }
    WorkList& list() { return *list_; }

private:
    asio::awaitable<void> make_rounds();
    asio::awaitable<void> follow_webhooks();
    asio::awaitable<void> hand_out();
    asio::awaitable<void> work();
    asio::awaitable<void> keep_leases();
    asio::awaitable<void> refresh_counts();
    asio::awaitable<void> do_job(Job job);
    asio::awaitable<void> settle(Job job, Mirrored mirrored, std::exception_ptr failure);
    asio::awaitable<bool> all_done();
    asio::awaitable<void> list_failed(std::exception_ptr failure);
    asio::awaitable<void> nap(milliseconds time);
    static asio::awaitable<void> woken(asio::steady_timer& timer);

    asio::io_context& context_;
    Config config_;
    Options options_;
    Status status_;
    std::unique_ptr<WorkList> list_;
    hfasync::Hub source_;
    std::unique_ptr<Target> target_;
    Planner planner_;
    Crew crew_;

    std::deque<Job> ready_;              ///< claimed, for the next worker
    std::map<std::string, Job> claimed_; ///< by subject, whose leases are to be extended
    std::size_t idle_workers_ = 0;
    std::deque<Changed> changed_;
    bool first_round_done_ = false, in_round_ = false;
    asio::steady_timer job_ready_, worker_idle_, repo_changed_; ///< never expire: a cancel wakes
};

} // namespace mirror
