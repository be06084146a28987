// The work list in Redis, for a fleet of machines: a stream with a consumer group.
#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "redis_connection.hpp"
#include "redis_scripts.hpp"
#include "work_list.hpp"

namespace mirror {

namespace {

class RedisList final : public WorkList {
public:
    RedisList(asio::any_io_executor executor, RedisConfig config, std::string owner, milliseconds lease)
        // Braces: all keys of a list belong together also where a cluster spreads keys.
        : prefix_("{" + config.name + "}"), owner_(std::move(owner)), lease_(std::to_string(lease.count())),
          connection_(std::move(executor), std::move(config))
    {
    }

    asio::awaitable<bool> put(Job job) override
    {
        co_return co_await yes(redis::put, {job.subject(), job.version(), job.payload()});
    }

    asio::awaitable<std::vector<Job>> claim(std::size_t most) override
    {
        std::vector<Job> jobs;
        std::vector<std::vector<std::string>> bad; // arguments of `fail`
        const auto reply = co_await run(redis::claim, {lease_, std::to_string(most)});
        for (const auto& entry : reply.list) {
            const auto text = [&](std::size_t i) { return entry.list.at(i).text; };
            try {
                auto job = Job::from_row(text(0), text(1), text(2));
                job.attempt = static_cast<int>(entry.list.at(3).integer);
                job.claim = text(4);
                jobs.push_back(std::move(job));
            } catch (const hfasync::Error& error) { // it must not be in the way of the others
                bad.push_back({text(4), text(0), text(1), error.message(), "-1"});
            }
        }
        for (auto& arguments : bad)
            co_await say(redis::fail, std::move(arguments));
        co_return jobs;
    }

    asio::awaitable<std::vector<Job>> extend(std::vector<Job> jobs) override
    {
        std::vector<std::string> entries;
        for (const auto& job : jobs)
            entries.push_back(job.claim);
        std::vector<Job> lost;
        const auto reply = co_await run(redis::extend, std::move(entries));
        for (const auto& place : reply.list)
            lost.push_back(jobs.at(static_cast<std::size_t>(place.integer)));
        co_return lost;
    }

    asio::awaitable<bool> complete(Job job) override
    {
        co_return co_await yes(redis::complete, {job.claim, job.subject(), job.version()});
    }

    asio::awaitable<bool> fail(Job job, std::string error, std::optional<milliseconds> retry_after) override
    {
        const auto wait = std::to_string(retry_after ? retry_after->count() : -1);
        co_return co_await yes(redis::fail,
                               {job.claim, job.subject(), job.version(), std::move(error), wait});
    }

    asio::awaitable<bool> redo(std::string subject) override
    {
        co_return co_await yes(redis::redo, {std::move(subject)});
    }

    asio::awaitable<void> give_back() override { co_await run(redis::give_back, {round_}); }

    asio::awaitable<Counts> counts() override
    {
        const auto reply = co_await run(redis::counts, {});
        const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(reply.list.at(i).integer); };
        co_return Counts{.waiting = at(0), .active = at(1), .done = at(2), .failed = at(3)};
    }

    asio::awaitable<std::optional<std::string>> completed(std::string subject) override
    {
        auto reply = co_await run(redis::completed, {std::move(subject)});
        if (reply.kind != RedisReply::Kind::text) co_return std::nullopt;
        co_return std::move(reply.text);
    }

    asio::awaitable<milliseconds> begin_round(std::string name, Round when) override
    {
        round_ = name;
        const auto* how = when == Round::now ? "now" : "due";
        co_return milliseconds((co_await run(redis::begin_round, {std::move(name), lease_, how})).integer);
    }

    asio::awaitable<void> end_round(std::string name, milliseconds until_next) override
    {
        co_await run(redis::end_round, {std::move(name), std::to_string(until_next.count())});
    }

    void close() override { connection_.close(); }

private:
    asio::awaitable<RedisReply> run(std::string_view script, std::vector<std::string> arguments)
    {
        std::vector<std::string> words{
            "EVAL", fmt::format("{}{}", redis::prelude, script), "1", prefix_ + ":jobs", prefix_, owner_};
        for (auto& argument : arguments)
            words.push_back(std::move(argument));
        return connection_.command(std::move(words));
    }
    asio::awaitable<bool> yes(std::string_view script, std::vector<std::string> arguments)
    {
        co_return (co_await run(script, std::move(arguments))).integer == 1;
    }

    /// What may be said again later: the jobs that were claimed beside it are not to be lost for it.
    asio::awaitable<void> say(std::string_view script, std::vector<std::string> arguments)
    {
        try {
            co_await run(script, std::move(arguments));
        } catch (const hfasync::OSError&) { // when its lease is over, it is read again
        }
    }

    std::string prefix_, owner_, lease_, round_;
    RedisConnection connection_;
};

} // namespace

std::unique_ptr<WorkList> make_redis_list(asio::any_io_executor executor, RedisConfig config,
                                          std::string owner, milliseconds lease)
{
    return std::make_unique<RedisList>(std::move(executor), std::move(config), std::move(owner), lease);
}

} // namespace mirror
