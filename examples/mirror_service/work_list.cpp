#include "work_list.hpp"

#include <boost/json.hpp>

#include <random>

#include <unistd.h>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

namespace mirror {

namespace json = boost::json;

namespace {

json::array to_json(const std::vector<std::string>& texts)
{
    json::array out;
    for (const auto& text : texts)
        out.emplace_back(text);
    return out;
}

std::vector<std::string> texts_of(const json::value& value)
{
    std::vector<std::string> out;
    for (const auto& text : value.as_array())
        out.emplace_back(text.as_string());
    return out;
}

} // namespace

std::string Job::subject() const
{
    return fmt::format("{}:{}@{}", to_string(type), repo_id, revision);
}

std::string Job::version() const
{
    if (files.empty() && exclude.empty()) return commit;
    return commit + "+" + short_hash(json::serialize(json::array{to_json(files), to_json(exclude)}));
}

std::string Job::payload() const
{
    return json::serialize(json::object{{"type", to_string(type)},
                                        {"repo", repo_id},
                                        {"revision", revision},
                                        {"commit", commit},
                                        {"files", to_json(files)},
                                        {"exclude", to_json(exclude)}});
}

namespace {

Job read_payload(const std::string& payload)
{
    const auto value = json::parse(payload);
    const auto text = [&](const char* key) { return std::string(value.at(key).as_string()); };
    Job job{.type = hfasync::parse_repo_type(text("type")),
            .repo_id = text("repo"),
            .revision = text("revision"),
            .commit = text("commit"),
            .files = texts_of(value.at("files")),
            .exclude = texts_of(value.at("exclude")),
            .claim = {}};
    // They become paths, and a list may be written to by others.
    hfasync::validate_repo_id(job.repo_id);
    hfasync::validate_revision(job.revision);
    if (!hfasync::is_commit_hash(job.commit)) throw hfasync::ValueError("it names no commit");
    return job;
}

} // namespace

Job Job::from_row(const std::string& subject, const std::string& version, const std::string& payload)
{
    std::string why;
    try {
        auto job = read_payload(payload);
        // It would never come to an end: nothing could be said of it under the name that the list has.
        if (job.subject() == subject && job.version() == version) return job;
        why = fmt::format("it is about {} {}", job.subject(), job.version());
    } catch (const hfasync::Error& error) {
        why = error.message();
    } catch (const std::exception& error) {
        why = error.what();
    }
    throw hfasync::ValueError(
        fmt::format("The list's entry {} cannot be read ({}); the next round writes it anew", subject, why));
}

std::string unique_owner()
{
    char host[256] = "host";
    ::gethostname(host, sizeof host - 1);
    std::random_device random;
    return fmt::format("{}:{}:{:08x}{:08x}", host, ::getpid(), random(), random());
}

#ifndef MIRROR_WITH_REDIS
std::unique_ptr<WorkList> make_redis_list(asio::any_io_executor, RedisConfig, std::string, milliseconds)
{
    throw hfasync::ValueError("This build has no Redis list: hiredis was not found when it was made");
}
#endif

std::unique_ptr<WorkList> make_list(asio::any_io_executor executor, const Config& config, std::string owner)
{
    if (const auto* sqlite = std::get_if<SqliteConfig>(&config.list))
        return make_sqlite_list(*sqlite, std::move(owner), config.lease);
    return make_redis_list(std::move(executor), std::get<RedisConfig>(config.list), std::move(owner),
                           config.lease);
}

} // namespace mirror
