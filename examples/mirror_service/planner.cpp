#include "planner.hpp"

#include <boost/asio/this_coro.hpp>

#include <set>

#include <fnmatch.h>

#include <fmt/format.h>

#include <hfasync/revision.hpp>

#include "crew.hpp"

namespace mirror {

namespace {

/// Repos that are asked for at once.
constexpr std::size_t lookups = 16;

template <class Info>
asio::awaitable<std::vector<PlannedRepo>> matching(const RepoRule* rule, hfasync::AsyncGenerator<Info> infos)
{
    std::vector<PlannedRepo> found;
    while (const auto info = co_await infos.next())
        if (matches(*rule, info->id)) found.push_back({.rule = rule, .repo_id = info->id, .head = info->sha});
    co_return found;
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
            const auto done = co_await list_.completed(job.subject());
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
    co_return co_await list_.put(std::move(job));
}

asio::awaitable<void> Planner::round()
{
    const auto started = std::chrono::steady_clock::now();
    std::vector<PlannedRepo> repos;
    std::set<std::string> seen;
    for (const auto& rule : config_.repos) {
        std::exception_ptr failure;
        try {
            for (auto& repo : co_await expand(&rule))
                if (seen.insert(fmt::format("{}:{}@{}", to_string(rule.type), repo.repo_id, rule.revision))
                        .second)
                    repos.push_back(std::move(repo));
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure && is_cancel(failure)) std::rethrow_exception(failure);
        if (failure) status_.problem(fmt::format("{}: {}", rule.pattern, describe(failure)));
    }
    std::size_t next = 0, put = 0;
    const auto look = [&]() -> asio::awaitable<void> {
        while (next < repos.size()) {
            const auto& repo = repos[next++];
            std::exception_ptr failure;
            try {
                put += co_await plan_one(repo);
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
    std::set<std::string> revisions; // as in a round, the first rule about a revision counts
    for (const auto& rule : config_.repos) {
        if (rule.type != type || !rule.follows || !matches(rule, repo_id)) continue;
        if (!revisions.insert(rule.revision).second) continue;
        ++found;
        co_await plan_one({.rule = &rule, .repo_id = repo_id, .head = {}});
    }
    co_return found;
}

} // namespace mirror
