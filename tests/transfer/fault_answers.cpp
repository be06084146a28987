// What the Hub may say in place of a file: to the HEAD, and to the GET after a good HEAD.
#include "transfer/fault_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
namespace fs = std::filesystem;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Status {
    int status;
    Headers headers;
    errc code;          ///< of the answer
    bool transient;     ///< asked for max_retries times more
    bool cached_serves; ///< a file of the cache stands in
    bool as_it_is; ///< thrown itself when nothing is cached; else LocalEntryNotFoundError with it as cause
};

const Headers no_repo{{"X-Error-Code", "RepoNotFound"}, {"X-Error-Message", "Repository not found"}};
const Headers no_revision{{"X-Error-Code", "RevisionNotFound"}};
const Headers no_entry{{"X-Error-Code", "EntryNotFound"}};
const Headers gated{{"X-Error-Code", "GatedRepo"}, {"X-Error-Message", "Access is restricted"}};
const Headers disabled{{"X-Error-Message", "Access to this resource is disabled."}};

const std::vector<Status> statuses{
    // Only over https does a bare 401 mean that there is no such repo (as in the reference).
    {401, {}, errc::unauthorized, false, true, false},
    {401, no_repo, errc::repository_not_found, false, true, true},
    {404, no_repo, errc::repository_not_found, false, true, true},
    {404, no_revision, errc::revision_not_found, false, false, true},
    {404, no_entry, errc::entry_not_found, false, false, true},
    {403, gated, errc::gated_repo, false, true, true},
    {401, gated, errc::gated_repo, false, true, true},
    {403, disabled, errc::disabled_repo, false, true, false},
    {403, {}, errc::forbidden, false, true, false},
    {404, {}, errc::not_found, false, true, false},
    {400, {}, errc::bad_request, false, true, false},
    {418, {}, errc::http_status, false, true, false},
    {501, {}, errc::server_error, false, true, false},
    {408, {}, errc::http_status, true, true, false},
    {429, {}, errc::rate_limited, true, true, false},
    {500, {}, errc::server_error, true, true, false},
    {502, {}, errc::server_error, true, true, false},
    {503, {}, errc::server_error, true, true, false},
    {504, {}, errc::server_error, true, true, false},
};

emulator::FaultRule rule_of(const Status& row, int times)
{
    return {.times = times, .action = FaultAction::status, .status = row.status, .headers = row.headers};
}

std::string label(const Status& row)
{
    return std::to_string(row.status) + (row.headers.empty() ? "" : " " + row.headers.front().second);
}

std::size_t markers(const fs::path& repo)
{
    std::size_t count = 0;
    if (fs::exists(repo / ".no_exist"))
        for (const auto& entry : fs::recursive_directory_iterator(repo / ".no_exist"))
            count += entry.is_regular_file() ? 1u : 0u;
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_fault_answers)

BOOST_FIXTURE_TEST_CASE(every_status_to_the_head_without_a_cached_file, FaultFixture)
{
    for (const auto& row : statuses)
        BOOST_TEST_CONTEXT(label(row))
        {
            begin_again();
            add_head_fault(rule_of(row, -1));
            const auto outcome =
                check_fails("small.txt", row.as_it_is ? row.code : errc::local_entry_not_found);
            if (!row.as_it_is)
                BOOST_TEST((outcome.context.cause == make_error_code(row.code)), outcome.message);
            BOOST_TEST(outcome.message.find(std::to_string(row.status)) != std::string::npos,
                       outcome.message);
            BOOST_TEST(heads() == (row.transient ? 6u : 1u));
            BOOST_TEST(clock->waits == (row.transient ? 5 : 0));
            BOOST_TEST(markers(repo()) == 0u); // no commit was told
            check_recovers("small.txt");
        }
}

BOOST_FIXTURE_TEST_CASE(every_status_to_the_head_with_a_cached_file, FaultFixture)
{
    for (const auto& row : statuses)
        BOOST_TEST_CONTEXT(label(row))
        {
            begin_again();
            check_arrives("small.txt");
            add_head_fault(rule_of(row, -1));
            if (row.cached_serves) {
                check_arrives("small.txt");
            } else {
                const auto outcome = get("small.txt");
                BOOST_REQUIRE(outcome.error);
                BOOST_TEST((*outcome.error == row.code), outcome.message);
            }
            // Never a stale file when a fresh one was asked for.
            const auto forced = get("small.txt", {.force_download = true});
            BOOST_TEST(forced.error.has_value());
            BOOST_TEST((read_whole(pointer("small.txt")) == files.at("small.txt")));
        }
}

BOOST_FIXTURE_TEST_CASE(every_status_to_the_get, FaultFixture)
{
    for (const auto& kind : {file_kinds[0], file_kinds[2]})
        for (const auto& row : statuses)
            BOOST_TEST_CONTEXT(kind.path << " " << label(row))
            {
                begin_again();
                add_body_fault(kind, {.action = FaultAction::close, .at = 5000});
                add_body_fault(kind, rule_of(row, -1));
                check_fails(kind.path, row.code);
                BOOST_TEST(body_gets(kind).size() <= 2u + (row.transient ? 5u : 1u));
                BOOST_TEST(left_over() == 5000u); // kept for the next call
                hub.forget_requests();
                check_recovers(kind.path);
                BOOST_TEST(body_gets(kind).at(0).from == 5000u);
                if (row.status != 408 && row.status != 429) continue;
                begin_again();
                add_body_fault(kind, rule_of(row, 5));
                add_head_fault(rule_of(row, 5));
                check_arrives(kind.path);
                BOOST_TEST(clock->waits == 10);
            }
}

BOOST_FIXTURE_TEST_CASE(a_missing_file_is_remembered_only_for_a_commit_that_is_one, FaultFixture)
{
    const auto ask = [&](std::optional<std::string> told) {
        begin_again();
        auto headers = no_entry;
        if (told) headers.emplace_back("X-Repo-Commit", *told);
        add_head_fault({.action = FaultAction::status, .status = 404, .headers = headers});
        check_fails("small.txt", errc::entry_not_found);
    };
    ask(commit);
    BOOST_TEST(markers(repo()) == 1u);
    BOOST_TEST(fs::is_regular_file(repo() / ".no_exist" / commit / "small.txt"));
    for (const std::string hostile : {"../../../../X", "/tmp/hfasync-X", "main", "ABCDEF", "",
                                      "0123456789012345678901234567890123456789a"}) {
        ask(hostile);
        BOOST_TEST(markers(repo()) == 0u, hostile);
        BOOST_TEST(!fs::exists(repo() / "refs/main"), hostile);
        BOOST_TEST(!fs::exists(dir / "X"));
    }
    ask(std::nullopt);
    BOOST_TEST(markers(repo()) == 0u);
}

BOOST_FIXTURE_TEST_CASE(the_wait_is_the_one_that_the_hub_asks_for, FaultFixture)
{
    struct Row {
        const char* name;
        Headers headers;
        double least, most;
    };
    const Row rows[] = {
        {"seconds", {{"Retry-After", "7"}}, 6, 7},
        {"RateLimit", {{"RateLimit", "\"api\";r=0;t=33"}}, 32, 33},
        {"hours are capped", {{"Retry-After", "86400"}}, 299, 300},
        {"a year of RateLimit is capped", {{"RateLimit", "\"api\";r=0;t=31536000"}}, 299, 300},
        {"nonsense is the client's own back-off", {{"Retry-After", "soon"}}, 0, 1},
        {"negative is the client's own back-off", {{"Retry-After", "-5"}}, 0, 1},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.name)
        {
            begin_again();
            const auto told = std::make_shared<ToldClock>();
            adjust = [&](HubOptions& options) { options.clock = told; };
            add_head_fault({.action = FaultAction::status, .status = 429, .headers = row.headers});
            check_arrives("small.txt");
            BOOST_REQUIRE(told->waits.size() >= 1u);
            BOOST_TEST(told->waits[0] >= row.least);
            BOOST_TEST(told->waits[0] <= row.most);
        }
}

BOOST_FIXTURE_TEST_CASE(a_wait_beyond_the_time_of_the_call_is_not_begun, FaultFixture)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            const auto told = std::make_shared<ToldClock>();
            adjust = [&](HubOptions& options) {
                options.clock = told;
                options.timeouts.total = std::chrono::seconds(60);
            };
            const emulator::FaultRule busy{.times = -1,
                                           .action = FaultAction::status,
                                           .status = 429,
                                           .headers = {{"Retry-After", "90"}}};
            add_body_fault(kind, busy);
            check_fails(kind.path, errc::rate_limited);
            BOOST_TEST(told->waits.empty());
            add_head_fault(busy);
            check_fails(kind.path, errc::local_entry_not_found);
            BOOST_TEST(told->waits.empty());
            check_recovers(kind.path);
        }
}

BOOST_FIXTURE_TEST_CASE(eight_files_at_once_do_not_storm_a_hub_that_is_busy, FaultFixture)
{
    const auto told = std::make_shared<ToldClock>();
    std::vector<std::pair<std::string, std::string>> many;
    for (int i = 0; i < 40; ++i)
        many.emplace_back("f" + std::to_string(i), noise(100, 100 + static_cast<std::uint32_t>(i)));
    hub.seed_repo("acme/many", many);
    adjust = [&](HubOptions& options) {
        options.clock = told;
        options.retry.max_retries = 8; // on this clock one file may meet all refusals before the others ask
    };
    hub.add_fault({.method = "GET",
                   .path = "*/resolve/*",
                   .times = 8,
                   .action = FaultAction::status,
                   .status = 429,
                   .headers = {{"Retry-After", "20"}}});
    Hub client(options());
    const auto folder = client.block_on(DownloadsApi(client).snapshot_download("acme/many"));
    for (const auto& [path, text] : many)
        BOOST_TEST((read_whole(folder / path) == text), path);
    std::size_t refused = 0, gets = 0;
    for (const auto& seen : hub.requests()) {
        if (seen.target.find("/resolve/") == std::string::npos) continue;
        ++gets;
        refused += seen.status == 429 ? 1u : 0u;
    }
    BOOST_TEST(refused == 8u);
    BOOST_TEST(gets == 48u);
}

BOOST_FIXTURE_TEST_CASE(metadata_that_is_missing_is_no_file, FaultFixture)
{
    const std::string good = etag("small.txt");
    const Headers all{{"ETag", "\"" + good + "\""}, {"X-Repo-Commit", commit}, {"X-Linked-Size", "100000"}};
    for (std::size_t without = 0; without < 2; ++without)
        BOOST_TEST_CONTEXT(all[without].first)
        {
            begin_again();
            auto headers = all;
            headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(without));
            add_head_fault({.times = -1, .action = FaultAction::status, .status = 200, .headers = headers});
            const auto outcome = check_fails("small.txt", errc::local_entry_not_found);
            BOOST_TEST((outcome.context.cause == make_error_code(errc::file_metadata)));
            check_recovers("small.txt");
            add_head_fault({.times = -1, .action = FaultAction::status, .status = 200, .headers = headers});
            check_arrives("small.txt"); // as when the Hub cannot be reached
        }
    for (const std::string size : {"-1", "1e5", "99999999999999999999", "0x10", "100000 "})
        BOOST_TEST_CONTEXT(size)
        {
            begin_again();
            auto headers = all;
            headers[2].second = size;
            add_head_fault({.times = -1, .action = FaultAction::status, .status = 200, .headers = headers});
            const auto outcome = get("small.txt");
            if (outcome.error) BOOST_TEST(!fs::exists(pointer("small.txt")));
        }
}

BOOST_AUTO_TEST_SUITE_END()
