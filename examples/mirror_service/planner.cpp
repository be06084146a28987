#include "planner.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>

#include <fnmatch.h>

#include <fmt/format.h>

#include <hfasync/revision.hpp>

#include "crew.hpp"
#include "failure.hpp"

namespace mirror {

namespace {

/// Repos that are asked for at once.
constexpr std::size_t lookups = 16;
constexpr milliseconds list_wait{100}, longest_list_wait{1'000}; ///< before the list is asked again
/// So often the list may refuse one repo while it answers otherwise.
constexpr int most_refusals = 5;

template <class Info>
asio::awaitable<std::vector<PlannedRepo>> matching(const RepoRule* rule, hfasync::AsyncGenerator<Info> infos)
{
    std::vector<PlannedRepo> found;
    while (const auto info = co_await infos.next())
        if (matches(*rule, info->id)) found.push_back({.rule = rule, .repo_id = info->id, .head = info->sha});
    co_return found;
}

std::string name_of(const RepoRule& rule, const std::string& repo_id)
{
    return fmt::format("{}:{}@{}", to_string(rule.type), repo_id, rule.revision);
}

std::string describe(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const hfasync::Error& error) {
        return fmt::format("{}: {}", error.detail_name(), error.message());
    } catch (const std::exception& error) {
        return error.what();
    }
}

} // namespace

bool matches(const RepoRule& rule, const std::string& repo_id)
{
    return rule.is_pattern() ? ::fnmatch(rule.pattern.c_str(), repo_id.c_str(), FNM_PATHNAME) == 0
                             : rule.pattern == repo_id;
}

Planner::Planner(const hfasync::Hub& source, const Config& config, WorkList& list, Status& status)
    : api_(source), config_(config), list_(list), status_(status)
{
}

asio::awaitable<std::vector<PlannedRepo>> Planner::expand(const RepoRule* rule)
{
    if (!rule->is_pattern()) {
        std::vector<PlannedRepo> one;
        one.push_back({.rule = rule, .repo_id = rule->pattern, .head = {}});
        co_return one;
    }
    const auto owner = rule->pattern.substr(0, rule->pattern.find('/'));
    switch (rule->type) {
    case hfasync::RepoType::model:
        co_return co_await matching(rule, api_.list_models({.author = owner, .expand = "sha"}));
    case hfasync::RepoType::dataset:
        co_return co_await matching(rule, api_.list_datasets({.author = owner, .expand = "sha"}));
    case hfasync::RepoType::space:
        co_return co_await matching(rule, api_.list_spaces({.author = owner, .expand = "sha"}));
    }
    co_return std::vector<PlannedRepo>();
}

asio::awaitable<bool> Planner::plan_one(PlannedRepo repo)
{
    const auto& rule = *repo.rule;
    // A listing is what a Hub says; the id becomes a path, and a row that others have to read.
    hfasync::validate_repo_id(repo.repo_id);
    Job job{.type = rule.type,
            .repo_id = repo.repo_id,
            .revision = rule.revision,
            .commit = {},
            .files = rule.files,
            .exclude = rule.exclude,
            .claim = {}};
    if (hfasync::is_commit_hash(rule.revision)) {
        job.commit = rule.revision;
    } else if (rule.follows && rule.revision == "main" && repo.head) {
        job.commit = *repo.head;
    } else {
        if (!rule.follows) {
            // Mirrored once: with these patterns, whatever the revision stands for now.
            const auto done = co_await insist(repo.repo_id, [&] { return list_.completed(job.subject()); });
            job.commit = done ? done->substr(0, done->find('+')) : std::string();
            if (done && job.version() == *done) co_return false;
        }
        const auto info = co_await api_.repo_info(
            job.repo_id, {.revision = rule.revision, .repo_type = std::string(to_string(rule.type))});
        job.commit = std::visit([](const auto& any) { return any.sha.value_or(""); }, info);
    }
    if (!hfasync::is_commit_hash(job.commit))
        throw hfasync::HubError(hfasync::errc::bad_response,
                                fmt::format("The Hub gives no commit of {}", job.subject()));
    co_return co_await insist(repo.repo_id, [&] { return list_.put(job); });
}

/// Asks the list for as long as it is away: the next round may be a day off. What it does not take although
/// it answers is that repo's problem.
template <class F>
std::invoke_result_t<F&> Planner::insist(std::string repo_id, F ask)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int tries = 0, refusals = 0;; ++tries) {
        std::exception_ptr failure;
        try {
            co_return co_await ask();
        } catch (...) {
            failure = std::current_exception();
        }
        if (is_cancel(failure)) std::rethrow_exception(failure);
        if (tries == 0) status_.problem(fmt::format("{}: the work list: {}", repo_id, describe(failure)));
        if (co_await list_answers() && ++refusals == most_refusals) std::rethrow_exception(failure);
        timer.expires_after(std::clamp(config_.retry, list_wait, longest_list_wait));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<bool> Planner::list_answers()
{
    std::exception_ptr failure;
    try {
        co_await list_.counts();
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && is_cancel(failure)) std::rethrow_exception(failure);
    co_return !failure;
}

asio::awaitable<void> Planner::round()
{
    const auto started = std::chrono::steady_clock::now();
    std::vector<PlannedRepo> repos;
    std::set<std::string> seen;
    told_.clear();
    for (const auto& rule : config_.repos) {
        std::exception_ptr failure;
        try {
            for (auto& repo : co_await expand(&rule))
                if (seen.insert(name_of(rule, repo.repo_id)).second) repos.push_back(std::move(repo));
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure && is_cancel(failure)) std::rethrow_exception(failure);
        if (failure) status_.problem(fmt::format("{}: {}", rule.pattern, describe(failure)));
    }
    std::size_t next = 0, put = 0;
    const auto look = [&]() -> asio::awaitable<void> {
        while (next < repos.size()) {
            auto& repo = repos[next++];
            const auto name = name_of(*repo.rule, repo.repo_id);
            std::exception_ptr failure;
            try {
                // What a webhook has made known since is newer, and must not be overwritten.
                bool is_told = false;
                do {
                    is_told = told_.contains(name);
                    if (is_told) repo.head.reset();
                    put += co_await plan_one(repo);
                } while (!is_told && told_.contains(name));
            } catch (...) {
                failure = std::current_exception();
            }
            if (failure && is_cancel(failure)) std::rethrow_exception(failure);
            if (failure) status_.problem(fmt::format("{}: {}", repo.repo_id, describe(failure)));
        }
    };
    Crew crew(co_await asio::this_coro::executor);
    for (std::size_t i = 0; i < lookups; ++i)
        crew.start(look());
    co_await crew.join();
    status_.round_ended(std::chrono::steady_clock::now() - started, repos.size(), put);
}

asio::awaitable<std::size_t> Planner::look_at(hfasync::RepoType type, std::string repo_id)
{
    std::size_t found = 0;
    std::exception_ptr failure;
    std::set<std::string> revisions; // as in a round, the first rule about a revision counts
    for (const auto& rule : config_.repos) {
        if (rule.type != type || !rule.follows || !matches(rule, repo_id)) continue;
        if (!revisions.insert(rule.revision).second) continue;
        ++found;
        told_.insert(name_of(rule, repo_id));
        std::exception_ptr failed;
        try {
            co_await plan_one({.rule = &rule, .repo_id = repo_id, .head = {}});
        } catch (...) {
            failed = std::current_exception();
        }
        if (failed && is_cancel(failed)) std::rethrow_exception(failed);
        // Of several, one after which it is worth while to ask again.
        if (failed && (!failure || failure_of(failure).is_final)) failure = failed;
    }
    if (failure) std::rethrow_exception(failure);
    co_return found;
}

} // namespace mirror
