// Reads of a remote file at any offset, and what goes wrong on the way.
// ctest: timeout=300
#include <hfasync/transfer/remote_file.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

#include <hfasync/api/commits.hpp>

#include "api/common/hub_state.hpp"
#include "base/hash.hpp"
#include "transfer/download_fixture.hpp"

BOOST_AUTO_TEST_SUITE(transfer_remote_file)

using namespace hfasync;
using namespace hfasync::test;
namespace asio = boost::asio;
using emulator::FaultAction;

namespace {

struct Fixture : DownloadFixture {
    Hub client{options()};
    const std::string big = content("big.bin");

    RemoteFile open(const std::string& path, OpenFileOptions how = {})
    {
        return client.block_on(open_file(client, "acme/tiny", path, std::move(how)));
    }
    std::string read(const RemoteFile& file, std::uint64_t offset, std::size_t size)
    {
        return client.block_on(file.read(offset, size));
    }
    void fault(FaultAction action, std::uint64_t at = 0, int times = 1)
    {
        hub.add_fault(
            {.method = "GET", .path = "*", .origin = "storage", .times = times, .action = action, .at = at});
    }
    std::uint64_t sent() const
    {
        std::uint64_t bytes = 0;
        for (const auto& seen : hub.requests())
            bytes += seen.sent_bytes;
        return bytes;
    }
    static std::string header(const emulator::SeenRequest& seen, const std::string& name)
    {
        for (const auto& [key, value] : seen.headers)
            if (std::ranges::equal(key, name, {}, [](char c) { return std::tolower(c); })) return value;
        return {};
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(any_bytes_of_any_file, Fixture)
{
    const auto file = open("big.bin");
    BOOST_TEST(file.size() == big.size());
    BOOST_TEST(file.etag() == detail::sha256_hex(big));
    BOOST_TEST(file.commit() == commit);
    BOOST_TEST(file.path() == "big.bin");
    BOOST_TEST(requests("HEAD") == 1u);
    for (const auto [offset, size] :
         std::vector<std::pair<std::uint64_t, std::size_t>>{{0, 1},
                                                            {5'000'000, 1'000'000},
                                                            {12'582'911, 1},
                                                            {12'582'900, 100},
                                                            {12'582'912, 5},
                                                            {1u << 30, 5}})
        BOOST_TEST((read(file, offset, size) == big.substr(std::min<std::size_t>(offset, big.size()), size)),
                   offset);
    BOOST_TEST(requests("HEAD") == 1u);
    const auto small = open("config.json");
    BOOST_TEST(read(small, 2, 7) == content("config.json").substr(2, 7));
    BOOST_TEST(small.etag() == detail::git_blob_sha1(content("config.json")));
    BOOST_TEST(read(open("train.csv", {.subfolder = "data"}), 0, 100) == content("data/train.csv"));
}

BOOST_FIXTURE_TEST_CASE(nothing_to_read_costs_nothing, Fixture)
{
    const auto empty = open("empty.txt");
    const auto file = open("big.bin");
    hub.forget_requests();
    BOOST_TEST(read(empty, 0, 10) == "");
    BOOST_TEST(read(file, 0, 0) == "");
    BOOST_TEST(read(file, file.size(), 10) == "");
    BOOST_TEST(hub.requests().empty());
}

BOOST_FIXTURE_TEST_CASE(several_reads_at_once, Fixture)
{
    const auto file = open("big.bin");
    const auto run = [&]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        auto [a, b, c, d] = co_await (file.read(0, 3'000'000) && file.read(9'000'000, 1'000'000) &&
                                      file.read(2'999'999, 2) && file.read(12'000'000, 1'000'000));
        BOOST_TEST((a == big.substr(0, 3'000'000)));
        BOOST_TEST((b == big.substr(9'000'000, 1'000'000)));
        BOOST_TEST((c == big.substr(2'999'999, 2)));
        BOOST_TEST((d == big.substr(12'000'000)));
    };
    client.block_on(run());
}

BOOST_FIXTURE_TEST_CASE(a_broken_body_goes_on_where_it_stopped, Fixture)
{
    constexpr std::size_t size = 4u << 20;
    const auto file = open("big.bin", {.read_ahead = 0});
    for (const auto action : {FaultAction::reset, FaultAction::close, FaultAction::short_body})
        for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{2'000'001}, std::uint64_t{size - 1}}) {
            hub.forget_requests();
            fault(action, at);
            BOOST_TEST((read(file, 1'000'000, size) == big.substr(1'000'000, size)),
                       "action " << static_cast<int>(action) << " at " << at);
            BOOST_TEST(requests("GET", "storage") == 2u);
            BOOST_TEST(sent() < size + (1u << 20)); // not from the start again
        }
}

BOOST_FIXTURE_TEST_CASE(a_stalled_body_is_asked_for_again, Fixture)
{
    auto impatient = options();
    impatient.timeouts.idle = std::chrono::milliseconds(300);
    Hub hasty(impatient);
    fault(FaultAction::stall, 100'000);
    const auto run = [&]() -> asio::awaitable<std::string> {
        const auto file = co_await open_file(hasty, "acme/tiny", "big.bin");
        co_return co_await file.read(7, 300'000);
    };
    BOOST_TEST((hasty.block_on(run()) == big.substr(7, 300'000)));
}

BOOST_FIXTURE_TEST_CASE(a_server_that_is_down_is_an_error, Fixture)
{
    const auto file = open("big.bin");
    fault(FaultAction::reset, 0, -1);
    BOOST_CHECK_THROW(read(file, 5, 1000), ConnectionError);
    hub.clear_faults();
    BOOST_TEST((read(file, 5, 1000) == big.substr(5, 1000))); // the handle is as good as before
}

BOOST_FIXTURE_TEST_CASE(wrong_ranges_are_not_believed, Fixture)
{
    const auto file = open("big.bin", {.read_ahead = 0});
    fault(FaultAction::bad_range);
    BOOST_TEST((read(file, 1'000, 50'000) == big.substr(1'000, 50'000)));
    fault(FaultAction::bad_range, 0, -1);
    BOOST_CHECK_THROW(read(file, 1'000, 50'000), BadResponseError);
    hub.clear_faults();
    fault(FaultAction::ignore_range, 0, -1); // the whole file comes; ours is cut out of it
    BOOST_TEST((read(file, 3'000'000, 50'000) == big.substr(3'000'000, 50'000)));
}

BOOST_FIXTURE_TEST_CASE(an_expired_url_is_renewed, Fixture)
{
    std::atomic<std::int64_t> passed = 0;
    emulator::Options how;
    how.signed_url_lifetime = std::chrono::seconds(60);
    const auto start = std::chrono::system_clock::now();
    how.clock = [&] { return start + std::chrono::seconds(passed.load()); };
    emulator::Emulator server(how);
    server.seed_repo("acme/tiny", files);
    auto its = options();
    its.endpoint = server.endpoint();
    its.token = server.token();
    Hub reader(its);
    const auto file = reader.block_on(open_file(reader, "acme/tiny", "big.bin", {.read_ahead = 0}));
    BOOST_TEST((reader.block_on(file.read(0, 100)) == big.substr(0, 100)));
    passed = 61;
    server.forget_requests();
    BOOST_TEST((reader.block_on(file.read(5'000, 100)) == big.substr(5'000, 100)));
    std::vector<std::string> seen;
    for (const auto& request : server.requests())
        seen.push_back(request.origin + " " + request.method + " " + std::to_string(request.status));
    BOOST_TEST((seen == std::vector<std::string>{"storage GET 403", "hub HEAD 302", "storage GET 206"}));
    // A storage that refuses for ever is not asked for ever.
    server.add_fault({.method = "GET",
                      .path = "*",
                      .origin = "storage",
                      .times = -1,
                      .action = FaultAction::status,
                      .status = 403,
                      .body = "<Error><Code>AccessDenied</Code></Error>"});
    server.forget_requests();
    BOOST_CHECK_THROW(reader.block_on(file.read(5'000, 100)), HfHubHTTPError);
    BOOST_TEST(server.requests().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_branch_that_moves_on_changes_nothing, Fixture)
{
    const auto regular = open("config.json");
    const auto large = open("big.bin");
    BOOST_TEST((read(large, 0, 10) == big.substr(0, 10)));
    const CommitsApi commits(client);
    client.block_on(commits.upload_file(UploadSource::bytes("other content"), "config.json", "acme/tiny"));
    client.block_on(commits.upload_file(UploadSource::bytes(noise(12u << 20, 7)), "big.bin", "acme/tiny"));
    BOOST_TEST(read(regular, 0, 100) == content("config.json"));
    BOOST_TEST((read(large, 10, 10) == big.substr(10, 10)));
    BOOST_TEST(read(open("config.json"), 0, 100) == "other content");
    BOOST_TEST((read(open("big.bin"), 10, 10) != big.substr(10, 10)));
}

BOOST_FIXTURE_TEST_CASE(another_file_is_never_mixed_in, Fixture)
{
    const auto answer = [&](const std::string& range, const std::string& etag,
                            const std::string& origin = "storage", const std::string& commit_hash = {}) {
        emulator::FaultRule rule{.method = "GET",
                                 .path = "*",
                                 .origin = origin,
                                 .action = FaultAction::status,
                                 .status = 206,
                                 .headers = {{"Content-Range", range}, {"ETag", etag}},
                                 .body = "0123456789"};
        if (!commit_hash.empty()) rule.headers.emplace_back("X-Repo-Commit", commit_hash);
        hub.add_fault(rule);
    };
    const auto large = open("big.bin", {.read_ahead = 0});
    answer("bytes 0-9/4711", "\"x\""); // another size
    BOOST_CHECK_THROW(read(large, 0, 10), FileModified);
    BOOST_TEST((read(large, 0, 10) == big.substr(0, 10)));
    answer("bytes 0-9/12582912", "\"another\""); // another version, by the storage's own ETag
    BOOST_CHECK_THROW(read(large, 0, 10), FileModified);
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .action = FaultAction::status,
                   .status = 416,
                   .headers = {{"Content-Range", "bytes */5"}}});
    BOOST_CHECK_THROW(read(large, 100, 10), FileModified);
    const auto regular = open("config.json", {.read_ahead = 0});
    answer("bytes 0-9/15", "\"" + std::string(40, 'a') + "\"", "hub");
    BOOST_CHECK_THROW(read(regular, 0, 10), FileModified);
    answer("bytes 0-9/15", "\"" + regular.etag() + "\"", "hub", std::string(40, 'b'));
    BOOST_CHECK_THROW(read(regular, 0, 10), FileModified);
    BOOST_TEST(read(regular, 0, 10) == content("config.json").substr(0, 10));
}

BOOST_FIXTURE_TEST_CASE(if_range_carries_the_storages_own_etag, Fixture)
{
    const auto file = open("big.bin", {.read_ahead = 0});
    read(file, 0, 10);
    read(file, 100, 10);
    std::vector<emulator::SeenRequest> gets;
    for (const auto& seen : hub.requests())
        if (seen.method == "GET") gets.push_back(seen);
    BOOST_REQUIRE(gets.size() == 2u);
    BOOST_TEST(header(gets[0], "range") == "bytes=0-9");
    BOOST_TEST(header(gets[0], "if-range") == "");
    BOOST_TEST(header(gets[0], "accept-encoding") == "identity");
    BOOST_TEST(header(gets[0], "authorization") == ""); // the token stays with the Hub
    BOOST_TEST(header(gets[1], "if-range") != "");
    BOOST_TEST(header(gets[1], "if-range").find(file.etag()) == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(reads_that_follow_each_other_come_from_blocks, Fixture)
{
    const auto file = open("big.bin");
    hub.forget_requests();
    constexpr std::size_t step = 48'000;
    const auto run = [&]() -> asio::awaitable<void> {
        for (std::uint64_t at = 0; at < big.size(); at += step)
            BOOST_REQUIRE((co_await file.read(at, step) == big.substr(at, step)));
    };
    client.block_on(run());
    BOOST_TEST(requests("GET", "storage") <= 16u); // 12 blocks of 1 MiB, and the reads before the first
    BOOST_TEST(client.state()->memory.peak() <= client.options().memory_budget / 2);
    hub.forget_requests();
    const auto random = open("big.bin");
    const auto before = sent();
    for (const std::uint64_t at : {8'000'000u, 2'000'000u, 5'000'000u})
        BOOST_TEST((read(random, at, 1000) == big.substr(at, 1000)));
    BOOST_TEST(sent() - before == 3'000u); // no byte more than was asked for
}

BOOST_FIXTURE_TEST_CASE(several_threads_share_a_file, Fixture)
{
    asio::io_context context;
    std::atomic<int> wrong = 0, done = 0;
    {
        Hub shared(context, options());
        const auto reader = [&](RemoteFile file, std::uint64_t from) -> asio::awaitable<void> {
            constexpr std::size_t step = 30'000; // in order, so that they take each other's blocks
            for (auto at = from; at < from + 3'000'000; at += step)
                if (co_await file.read(at, step) != big.substr(at, step)) ++wrong;
            ++done;
        };
        const auto start = [&]() -> asio::awaitable<void> {
            const auto file = co_await open_file(shared, "acme/tiny", "big.bin");
            for (int i = 0; i < 6; ++i)
                asio::co_spawn(context, reader(file, i % 3 * 1'500'000u), asio::detached);
        };
        asio::co_spawn(context, start(), asio::detached);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] { context.run(); });
        for (auto& thread : threads)
            thread.join();
    }
    BOOST_TEST(done == 6);
    BOOST_TEST(wrong == 0);
}

BOOST_FIXTURE_TEST_CASE(a_small_budget_is_kept_and_never_blocks, Fixture)
{
    auto narrow = options();
    narrow.memory_budget = 1u << 20;
    Hub small(narrow);
    const auto read_several = [&]() -> asio::awaitable<void> {
        std::vector<RemoteFile> open_files; // each keeps its block
        for (int i = 0; i < 8; ++i) {
            open_files.push_back(co_await open_file(small, "acme/tiny", "big.bin"));
            for (std::uint64_t at = 0; at < 400'000; at += 50'000)
                BOOST_REQUIRE((co_await open_files.back().read(at, 50'000) == big.substr(at, 50'000)));
        }
        // What is held by idle files leaves room for a download.
        co_await DownloadsApi(small).hf_hub_download("acme/tiny", "big.bin");
    };
    const auto until_free = [&]() -> asio::awaitable<void> {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (small.state()->memory.in_use() > 0 && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
    };
    small.block_on(read_several());
    BOOST_TEST(small.state()->memory.peak() <= narrow.memory_budget);
    small.block_on(until_free());
    BOOST_TEST(small.state()->memory.in_use() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_read_ends_at_once, Fixture)
{
    const auto file = open("big.bin");
    fault(FaultAction::stall, 1000);
    const auto run = [&]() -> asio::awaitable<void> {
        asio::cancellation_signal stop;
        std::exception_ptr outcome;
        bool ended = false;
        asio::co_spawn(client.executor(), file.read(0, 100'000),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, std::string) {
                           outcome = error;
                           ended = true;
                       }));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (requests("GET", "storage") == 0 && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
        stop.emit(asio::cancellation_type::terminal);
        while (!ended && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
        BOOST_REQUIRE(ended);
        BOOST_REQUIRE(outcome);
        BOOST_CHECK_THROW(std::rethrow_exception(outcome), CancelledError);
    };
    client.block_on(run());
    hub.clear_faults();
    BOOST_TEST((read(file, 0, 100'000) == big.substr(0, 100'000)));
}

BOOST_FIXTURE_TEST_CASE(errors_are_those_of_a_download, Fixture)
{
    BOOST_CHECK_THROW(open("none.txt"), EntryNotFoundError);
    BOOST_CHECK_THROW(open("config.json", {.revision = "none"}), RevisionNotFoundError);
    BOOST_CHECK_THROW(client.block_on(open_file(client, "acme/none", "x")), RepositoryNotFoundError);
    hub.forget_requests();
    for (const char* bad : {"../x", "/x", "", "a//b"})
        BOOST_CHECK_THROW(open(bad), ValueError);
    BOOST_CHECK_THROW(open("x", {.repo_type = "models"}), ValueError);
    BOOST_CHECK_THROW(open("x", {.revision = "../x"}), ValueError);
    const std::map<std::string, std::string> ftp{{"ftp", "http://127.0.0.1:1"}};
    BOOST_CHECK_THROW(open("x", {.proxies = ftp}), ValueError);
    auto offline = options();
    offline.offline = true;
    Hub cut(offline);
    BOOST_CHECK_THROW(cut.block_on(open_file(cut, "acme/tiny", "config.json")), OfflineModeIsEnabled);
    BOOST_TEST(hub.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
