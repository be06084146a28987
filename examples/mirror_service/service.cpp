#include "service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <hfasync/cancel.hpp>
#include <hfasync/hfasync.hpp>

#include "failure.hpp"
#include "http_server.hpp"

namespace mirror {

namespace {

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
    const auto known = std::find_if(changed_.begin(), changed_.end(),
                                    [&](const Told& other) { return other.what == changed; });
    if (known == changed_.end())
        changed_.push_back({.what = std::move(changed)});
    else
        known->at = {};
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

/// Asks the list for as long as it takes.
asio::awaitable<bool> Service::insist(std::function<asio::awaitable<bool>()> ask)
{
    for (;;) {
        std::exception_ptr failure;
        try {
            co_return co_await ask();
        } catch (...) {
            failure = std::current_exception();
        }
        co_await list_failed(failure);
    }
}

/// Before another attempt, after so many.
milliseconds Service::back_off(int attempts) const
{
    const auto first = std::max(config_.retry, milliseconds(1));
    return std::min<milliseconds>(longest_retry, first * (1LL << std::clamp(attempts - 1, 0, 16)));
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
        const auto next = std::min_element(changed_.begin(), changed_.end(),
                                           [](const Told& a, const Told& b) { return a.at < b.at; });
        if (next == changed_.end() || next->at > std::chrono::steady_clock::now()) {
            repo_changed_.expires_at(next == changed_.end() ? never : next->at);
            co_await woken(repo_changed_);
            continue;
        }
        auto told = std::move(*next);
        changed_.erase(next);
        std::exception_ptr failure;
        try {
            co_await planner_.look_at(told.what.type, told.what.repo_id);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure && is_cancel(failure)) std::rethrow_exception(failure);
        worker_idle_.cancel(); // there is something to claim
        if (!failure) continue;
        const auto why = failure_of(failure);
        status_.problem(fmt::format("{}: {}", told.what.repo_id, why.text));
        if (!why.is_final) look_again(std::move(told)); // the Hub was promised that it is looked at
    }
}

void Service::look_again(Told told)
{
    const auto fresh = std::find_if(changed_.begin(), changed_.end(),
                                    [&](const Told& other) { return other.what == told.what; });
    if (fresh != changed_.end()) return; // it was told of again meanwhile
    told.at = std::chrono::steady_clock::now() + back_off(++told.attempts);
    changed_.push_back(std::move(told));
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
