// Of the service: jobs from the claim to their end.
#include "service.hpp"

#include <fmt/format.h>

#include "failure.hpp"

namespace mirror {

namespace {

constexpr milliseconds idle_wait{200}; ///< before an empty list is asked again

} // namespace

/// Claims as many jobs as there are idle workers: what is claimed is worked on at once.
asio::awaitable<void> Service::hand_out()
{
    for (;;) {
        while (idle_workers_ <= ready_.size())
            co_await woken(worker_idle_);
        std::exception_ptr failure;
        bool got = false, is_over = false;
        try {
            // This process may have stood still for longer than its leases, which nobody else wanted: they
            // are not to be taken from itself.
            if (std::chrono::steady_clock::now() - extended_ > config_.lease / 2) co_await extend_leases();
            for (auto& job : co_await list_->claim(idle_workers_ - ready_.size()))
                got |= take(std::move(job));
            // Also what others have taken over has to end here: it may have to be put right.
            is_over = !got && options_.once && first_round_done_ && claimed_.empty() && co_await all_done();
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) {
            co_await list_failed(failure);
        } else if (got) {
            job_ready_.cancel();
        } else if (is_over) {
            co_return crew_.cancel();
        } else {
            worker_idle_.expires_after(idle_wait); // only this coroutine waits on it
            co_await woken(worker_idle_);
            worker_idle_.expires_at(asio::steady_timer::time_point::max());
        }
    }
}

/// \returns whether there is something for a worker
bool Service::take(Job job)
{
    const auto subject = job.subject();
    auto claim = std::make_shared<Claim>(context_, std::move(job));
    auto& held = claimed_[subject];
    if (!held) {
        held = claim;
        ready_.push_back(std::move(claim));
        return true;
    }
    // Its lease ran out before it was extended, and it is this process that has it again. Perhaps another one
    // had it in between, or a newer commit is wanted: it is begun anew, but not beside itself.
    lose(*held);
    held->next = std::move(claim);
    return false;
}

asio::awaitable<bool> Service::all_done()
{
    const auto counts = co_await list_->counts();
    status_.set_counts(counts);
    co_return counts.waiting == 0 && counts.active == 0;
}

asio::awaitable<void> Service::work()
{
    for (;;) {
        ++idle_workers_;
        worker_idle_.cancel();
        while (ready_.empty())
            co_await woken(job_ready_);
        --idle_workers_;
        auto claim = std::move(ready_.front());
        ready_.pop_front();
        co_await do_job(std::move(claim));
    }
}

asio::awaitable<void> Service::do_job(ClaimPtr claim)
{
    std::exception_ptr failure;
    if (claim->job.attempt > config_.attempts) {
        // Attempts that fail are counted where they fail; here nobody was left to say so.
        failure = std::make_exception_ptr(std::runtime_error(
            fmt::format("given up after {} attempts: the processes that ran it ended, or lost it",
                        claim->job.attempt - 1)));
    } else if (!claim->is_lost) {
        claim->crew.start(mirror(claim));
        try {
            co_await claim->crew.join();
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (failure && is_cancel(failure)) {
        status_.end(claim->job, "stopped", "");
        std::rethrow_exception(failure);
    }
    if (claim->is_lost)
        co_await let_go(claim);
    else
        co_await settle(claim, failure);
    finish(claim);
}

asio::awaitable<void> Service::mirror(ClaimPtr claim)
{
    claim->mirrored = co_await target_->mirror(claim->job, status_.begin(claim->job),
                                               [this, claim] { return hold(claim); });
}

/// What the target awaits before it publishes.
asio::awaitable<void> Service::hold(ClaimPtr claim)
{
    const bool ours = co_await insist([this, claim]() -> asio::awaitable<bool> {
        if (claim->is_lost) co_return false;
        const auto lost = co_await list_->extend(std::vector<Job>(1, claim->job));
        co_return lost.empty() && !claim->is_lost;
    });
    if (!ours) {
        lose(*claim);
        throw ClaimLost(fmt::format("{} is another process' now", claim->job.subject()));
    }
    claim->may_have_published = true;
}

/// Tells the list, for as long as it takes: a job that is done must not be done again because the list was
/// away.
asio::awaitable<void> Service::settle(ClaimPtr claim, std::exception_ptr failure)
{
    const auto& job = claim->job;
    if (!failure && !claim->mirrored)
        failure = std::make_exception_ptr(std::runtime_error("its transfers were cancelled"));
    std::optional<Failure> why;
    std::optional<milliseconds> retry_after;
    if (failure) {
        why = failure_of(failure);
        status_.failed_attempt(why->name);
        if (!why->is_final && job.attempt < config_.attempts) retry_after = back_off(job.attempt);
    }
    const bool ours = co_await insist([&] {
        return why ? list_->fail(job, why->name + ": " + why->text, retry_after) : list_->complete(job);
    });
    if (!ours) co_return co_await let_go(claim);
    const auto* outcome = !why          ? (claim->mirrored->committed ? "mirrored" : "unchanged")
                          : retry_after ? "retry"
                                        : "failed";
    options_.log(fmt::format("{} {} {}{}", outcome, job.subject(), job.commit.substr(0, 12),
                             why ? ": " + why->text : ""));
    status_.end(job, outcome, why ? why->text : claim->mirrored->place);
}

/// Another process has the job. What this one published since it was asked last may now be what a reader sees
/// in place of something newer, which the list holds for done.
asio::awaitable<void> Service::let_go(ClaimPtr claim)
{
    const auto subject = claim->job.subject();
    if (claim->may_have_published) co_await insist([&] { return list_->redo(subject); });
    status_.lease_lost(1);
    options_.log(fmt::format("lost {} {}: its lease was over", subject, claim->job.commit.substr(0, 12)));
    status_.end(claim->job, "lost", "another process has it");
}

void Service::lose(const Job& job)
{
    const auto held = claimed_.find(job.subject());
    if (held == claimed_.end()) return;
    // It may have been claimed again since the list was asked.
    auto& claim = *held->second;
    if (claim.job.claim == job.claim) lose(claim);
    if (claim.next && claim.next->job.claim == job.claim) lose(*claim.next);
}

void Service::lose(Claim& claim)
{
    claim.is_lost = true;
    claim.crew.cancel();
}

void Service::finish(const ClaimPtr& claim)
{
    if (!claim->next) {
        claimed_.erase(claim->job.subject());
        return;
    }
    claimed_[claim->job.subject()] = claim->next;
    ready_.push_back(claim->next);
    job_ready_.cancel();
}

/// What is lost is cancelled.
asio::awaitable<void> Service::extend_leases()
{
    const auto begun = std::chrono::steady_clock::now();
    std::vector<Job> jobs;
    for (const auto& [subject, claim] : claimed_)
        jobs.push_back(claim->next ? claim->next->job : claim->job);
    if (!jobs.empty())
        for (const auto& job : co_await list_->extend(std::move(jobs)))
            lose(job);
    extended_ = begun;
}

asio::awaitable<void> Service::keep_leases()
{
    for (;;) {
        co_await nap(config_.lease / 3);
        std::exception_ptr failure;
        try {
            co_await extend_leases();
            if (in_round_) co_await list_->begin_round(config_.round_name(), WorkList::Round::when_due);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) co_await list_failed(failure);
    }
}

} // namespace mirror
