#include "service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <hfasync/cancel.hpp>
#include <hfasync/hfasync.hpp>

#include "http_server.hpp"

namespace mirror {

namespace {

constexpr milliseconds idle_wait{200};    ///< before an empty list is asked again
constexpr milliseconds counts_every{500}; ///< for the page
constexpr milliseconds list_wait{1'000};  ///< after the list has failed
constexpr milliseconds last_words{500};   ///< for giving claims back at the end
constexpr milliseconds longest_retry{600'000};
constexpr auto never = asio::steady_timer::time_point::max();

hfasync::Hub make_hub(asio::io_context& context, const HubConfig& config, std::size_t transfers,
                      Status* status)
{
    hfasync::HubOptions options;
    options.endpoint = config.endpoint;
    options.disable_implicit_token = true; // what the configuration says, and nothing else
    if (config.token) options.token = *config.token;
    options.library_name = "hfasync-mirror";
    // What bounds the transfers in flight: one a connection.
    options.connections.per_origin = transfers;
    options.connections.idle_per_origin = transfers;
    // A file under way has its lock, its partial content and its folder open.
    options.max_open_files = std::max<std::size_t>(options.max_open_files, 4 * transfers);
    options.on_request = [status](const hfasync::RequestReport& report) { status->request(report.status); };
    options.on_warning = [status](const std::string& text) { status->problem(text); };
    return hfasync::Hub(context, std::move(options));
}

std::unique_ptr<Target> make_target(asio::io_context& context, const Config& config,
                                    const hfasync::Hub& source, Status* status)
{
    if (const auto* folder = std::get_if<FolderTargetConfig>(&config.target))
        return make_folder_target(source, *folder, config.files_at_once);
    const auto& hub = std::get<HubTargetConfig>(config.target);
    return make_hub_target(source, make_hub(context, hub.hub, config.transfers, status), hub,
                           config.files_at_once);
}

struct Failure {
    std::string name, text;
    bool is_final = false; ///< another attempt would end the same way
};

Failure failure_of(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const hfasync::Error& error) {
        using hfasync::errc;
        const auto code = error.code();
        return {.name = std::string(error.detail_name()),
                .text = error.message(),
                .is_final = code == errc::repository_not_found || code == errc::gated_repo ||
                            code == errc::revision_not_found || code == errc::disabled_repo ||
                            code == errc::forbidden || code == errc::unauthorized ||
                            code == errc::invalid_argument || code == errc::validation};
    } catch (const std::exception& error) {
        return {.name = "Exception", .text = error.what()};
    }
}

} // namespace

Service::Service(asio::io_context& context, Config config, Options options)
    : context_(context), config_(std::move(config)), options_(std::move(options)), status_(unique_owner()),
      list_(make_list(context.get_executor(), config_, status_.owner())),
      source_(make_hub(context, config_.source, config_.transfers, &status_)),
      target_(make_target(context, config_, source_, &status_)), planner_(source_, config_, *list_, status_),
      crew_(context.get_executor()), job_ready_(context, never), worker_idle_(context, never),
      repo_changed_(context, never)
{
}

Service::~Service() = default;

asio::awaitable<void> Service::run()
{
    crew_.start(make_rounds());
    crew_.start(hand_out());
    crew_.start(keep_leases());
    crew_.start(refresh_counts());
    for (std::size_t i = 0; i < config_.repos_at_once(); ++i)
        crew_.start(work());
    if (config_.http) {
        crew_.start(follow_webhooks());
        crew_.start(serve_http(*this, options_.on_listen));
    }
    std::exception_ptr failure;
    try {
        co_await crew_.join();
    } catch (...) {
        failure = std::current_exception();
    }
    try {
        co_await hfasync::with_deadline(list_->give_back(), last_words);
        status_.set_counts(co_await hfasync::with_deadline(list_->counts(), last_words));
    } catch (const std::exception& error) { // the leases will run out
        options_.log(fmt::format("claims were not given back: {}", error.what()));
    }
    list_->close();
    if (failure) std::rethrow_exception(failure);
}

bool Service::notice(Changed changed)
{
    const bool is_ours = std::any_of(config_.repos.begin(), config_.repos.end(), [&](const RepoRule& rule) {
        return rule.type == changed.type && rule.follows && matches(rule, changed.repo_id);
    });
    if (!is_ours) return false;
    if (std::find(changed_.begin(), changed_.end(), changed) == changed_.end())
        changed_.push_back(std::move(changed));
    repo_changed_.cancel();
    return true;
}

/// Until somebody cancels the timer, or it expires. A cancel of the coroutine is thrown.
asio::awaitable<void> Service::woken(asio::steady_timer& timer)
{
    boost::system::error_code by_whom;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, by_whom));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

asio::awaitable<void> Service::nap(milliseconds time)
{
    asio::steady_timer timer(context_, time);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> Service::list_failed(std::exception_ptr failure)
{
    if (is_cancel(failure)) std::rethrow_exception(failure);
    const auto why = failure_of(failure);
    status_.problem(why.text);
    options_.log(fmt::format("the work list: {}", why.text));
    co_await nap(list_wait);
}

asio::awaitable<void> Service::make_rounds()
{
    const auto name = config_.round_name();
    for (;;) {
        std::exception_ptr failure;
        milliseconds wait{0};
        try {
            wait = co_await list_->begin_round(
                name, options_.once && !first_round_done_ ? WorkList::Round::now : WorkList::Round::when_due);
            if (wait.count() == 0) {
                in_round_ = true;
                co_await planner_.round();
                in_round_ = false;
                co_await list_->end_round(name, config_.every);
                first_round_done_ = true;
                options_.log("a round over all repos has ended");
                if (options_.once) co_return;
                wait = config_.every;
            }
        } catch (...) {
            failure = std::current_exception();
        }
        in_round_ = false;
        if (failure)
            co_await list_failed(failure);
        else // other processes may end early, or set another time
            co_await nap(std::min(wait, std::max(config_.lease, milliseconds(1'000))));
    }
}

asio::awaitable<void> Service::follow_webhooks()
{
    for (;;) {
        while (changed_.empty())
            co_await woken(repo_changed_);
        const auto changed = std::move(changed_.front());
        changed_.pop_front();
        std::exception_ptr failure;
        try {
            co_await planner_.look_at(changed.type, changed.repo_id);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure && is_cancel(failure)) std::rethrow_exception(failure);
        // The next round makes up for it.
        if (failure) status_.problem(fmt::format("{}: {}", changed.repo_id, failure_of(failure).text));
        worker_idle_.cancel(); // there is something to claim
    }
}

/// Claims as many jobs as there are idle workers: what is claimed is worked on at once.
asio::awaitable<void> Service::hand_out()
{
    for (;;) {
        while (idle_workers_ <= ready_.size())
            co_await woken(worker_idle_);
        std::exception_ptr failure;
        bool got = false, is_over = false;
        try {
            for (auto& job : co_await list_->claim(idle_workers_ - ready_.size())) {
                claimed_[job.subject()] = job;
                ready_.push_back(std::move(job));
                got = true;
            }
            is_over = !got && options_.once && first_round_done_ && co_await all_done();
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
            worker_idle_.expires_at(never);
        }
    }
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
        auto job = std::move(ready_.front());
        ready_.pop_front();
        co_await do_job(std::move(job));
    }
}

asio::awaitable<void> Service::do_job(Job job)
{
    auto progress = status_.begin(job);
    Mirrored mirrored;
    std::exception_ptr failure;
    try {
        mirrored = co_await target_->mirror(job, std::move(progress));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && is_cancel(failure)) {
        status_.end(job, "stopped", "");
        std::rethrow_exception(failure);
    }
    co_await settle(job, mirrored, failure);
}

/// Tells the list, for as long as it takes: a job that is done must not be done again because the list was
/// away.
asio::awaitable<void> Service::settle(Job job, Mirrored mirrored, std::exception_ptr failure)
{
    std::optional<Failure> why;
    std::optional<milliseconds> retry_after;
    if (failure) {
        why = failure_of(failure);
        status_.failed_attempt(why->name);
        if (!why->is_final && job.attempt < config_.attempts)
            retry_after = std::min<milliseconds>(longest_retry,
                                                 config_.retry * (1LL << std::clamp(job.attempt - 1, 0, 16)));
    }
    for (;;) {
        std::exception_ptr unsaid;
        try {
            const bool ours = why ? co_await list_->fail(job, why->name + ": " + why->text, retry_after)
                                  : co_await list_->complete(job);
            if (!ours) status_.lease_lost(1);
            break;
        } catch (...) {
            unsaid = std::current_exception();
        }
        co_await list_failed(unsaid);
    }
    if (const auto mine = claimed_.find(job.subject());
        mine != claimed_.end() && mine->second.claim == job.claim)
        claimed_.erase(mine);
    const auto outcome = !why          ? (mirrored.committed ? "mirrored" : "unchanged")
                         : retry_after ? "retry"
                                       : "failed";
    options_.log(fmt::format("{} {} {}{}", outcome, job.subject(), job.commit.substr(0, 12),
                             why ? ": " + why->text : ""));
    status_.end(job, outcome, why ? why->text : mirrored.place);
}

asio::awaitable<void> Service::keep_leases()
{
    for (;;) {
        co_await nap(config_.lease / 3);
        std::vector<Job> jobs;
        for (const auto& [subject, job] : claimed_)
            jobs.push_back(job);
        std::exception_ptr failure;
        try {
            if (!jobs.empty()) co_await list_->extend(std::move(jobs));
            if (in_round_) co_await list_->begin_round(config_.round_name(), WorkList::Round::when_due);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) co_await list_failed(failure);
    }
}

asio::awaitable<void> Service::refresh_counts()
{
    for (;;) {
        std::exception_ptr failure;
        try {
            status_.set_counts(co_await list_->counts());
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) co_await list_failed(failure);
        co_await nap(counts_every);
    }
}

} // namespace mirror
