// The mirror service: rounds, workers, leases; see README.md.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
    /// A repo that is to be looked at.
    struct Told {
        Changed what;
        int attempts = 0;
        std::chrono::steady_clock::time_point at{}; ///< not before
    };
    /// A job that this process has claimed, and what has become of it.
    struct Claim {
        Claim(asio::io_context& context, Job claimed) : job(std::move(claimed)), crew(context.get_executor())
        {
        }
        Job job;
        Crew crew; ///< of one: what works on it
        bool is_lost = false;
        bool may_have_published = false;
        std::optional<Mirrored> mirrored;
        std::shared_ptr<Claim> next; ///< the same subject, claimed again: begins when this one has ended
    };
    using ClaimPtr = std::shared_ptr<Claim>;

    asio::awaitable<void> make_rounds();
    asio::awaitable<void> follow_webhooks();
    asio::awaitable<void> refresh_counts();
    void look_again(Told told);

    // Of the jobs: service_jobs.cpp.
    asio::awaitable<void> hand_out();
    bool take(Job job);
    asio::awaitable<void> work();
    asio::awaitable<void> keep_leases();
    asio::awaitable<void> extend_leases();
    asio::awaitable<void> do_job(ClaimPtr claim);
    asio::awaitable<void> mirror(ClaimPtr claim);
    asio::awaitable<void> hold(ClaimPtr claim);
    asio::awaitable<void> settle(ClaimPtr claim, std::exception_ptr failure);
    asio::awaitable<void> let_go(ClaimPtr claim);
    void lose(const Job& job);
    static void lose(Claim& claim);
    void finish(const ClaimPtr& claim);
    asio::awaitable<bool> all_done();

    asio::awaitable<bool> insist(std::function<asio::awaitable<bool>()> ask);
    asio::awaitable<void> list_failed(std::exception_ptr failure);
    milliseconds back_off(int attempts) const;
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

    std::deque<ClaimPtr> ready_;              ///< for the next worker
    std::map<std::string, ClaimPtr> claimed_; ///< by subject, whose leases are to be extended
    std::chrono::steady_clock::time_point extended_ = std::chrono::steady_clock::now();
    std::size_t idle_workers_ = 0;
    std::deque<Told> changed_;
    bool first_round_done_ = false, in_round_ = false;
    asio::steady_timer job_ready_, worker_idle_, repo_changed_; ///< a cancel wakes
};

} // namespace mirror
