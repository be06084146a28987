// A remote file as a stream whose consumer notices no reconnect.
// ctest: timeout=300
#include <hfasync/transfer/remote_file.hpp>

#include <atomic>

#include "api/common/hub_state.hpp"
#include "transfer/download_fixture.hpp"

BOOST_AUTO_TEST_SUITE(transfer_file_stream)

using namespace hfasync;
using namespace hfasync::test;
namespace asio = boost::asio;
using emulator::FaultAction;

namespace {

struct Fixture : DownloadFixture {
    Hub client{options()};
    const std::string big = content("big.bin");

    static asio::awaitable<std::string> gather(AsyncGenerator<std::string> chunks, std::string* into)
    {
        while (auto chunk = co_await chunks.next()) {
            BOOST_TEST(!chunk->empty());
            BOOST_TEST(chunk->size() <= 256u << 10);
            *into += *chunk;
        }
        co_return *into;
    }
    std::string all(const std::string& path, StreamFileOptions how = {})
    {
        got.clear();
        return client.block_on(gather(stream_file(client, "acme/tiny", path, std::move(how)), &got));
    }
    void fault(FaultAction action, std::uint64_t at = 0, int times = 1, const std::string& origin = "storage")
    {
        hub.add_fault(
            {.method = "GET", .path = "*", .origin = origin, .times = times, .action = action, .at = at});
    }
    std::uint64_t sent() const
    {
        std::uint64_t bytes = 0;
        for (const auto& seen : hub.requests())
            bytes += seen.sent_bytes;
        return bytes;
    }
    std::string got; ///< before an error
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_bytes_of_a_file, Fixture)
{
    for (const auto& [path, text] : files)
        BOOST_TEST((all(path) == text), path);
    hub.forget_requests();
    all("big.bin");
    BOOST_TEST(requests("HEAD") == 1u);
    BOOST_TEST(requests("GET", "storage") == 1u);
    hub.forget_requests();
    {
        const auto unused = stream_file(client, "acme/tiny", "big.bin");
    }
    BOOST_TEST(hub.requests().empty());
}

BOOST_FIXTURE_TEST_CASE(a_part_of_a_file, Fixture)
{
    BOOST_TEST(
        (all("big.bin", {.offset = 5'000'000, .length = 1'000'000}) == big.substr(5'000'000, 1'000'000)));
    BOOST_TEST((all("big.bin", {.offset = 12'000'000}) == big.substr(12'000'000)));
    BOOST_TEST((all("config.json", {.length = 3}) == content("config.json").substr(0, 3)));
    BOOST_TEST(all("config.json", {.offset = 15}) == "");
    BOOST_TEST(all("config.json", {.length = 0}) == "");
    BOOST_CHECK_THROW(all("config.json", {.offset = 16}), ValueError);
}

BOOST_FIXTURE_TEST_CASE(a_reconnect_is_not_noticed, Fixture)
{
    for (const auto action : {FaultAction::reset, FaultAction::close, FaultAction::short_body})
        for (const std::uint64_t at :
             {std::uint64_t{0}, std::uint64_t{5'000'001}, std::uint64_t{big.size() - 1}}) {
            hub.forget_requests();
            fault(action, at);
            BOOST_TEST((all("big.bin") == big), "action " << static_cast<int>(action) << " at " << at);
            BOOST_TEST(requests("GET", "storage") == 2u);
            BOOST_TEST(sent() < big.size() + (1u << 20));
        }
    // Again and again, as long as something comes.
    for (int i = 0; i < 20; ++i)
        fault(FaultAction::reset, 300'000);
    BOOST_TEST((all("big.bin") == big));
    fault(FaultAction::reset, 0, -1);
    BOOST_CHECK_THROW(all("big.bin"), ConnectionError);
}

BOOST_FIXTURE_TEST_CASE(a_resume_that_is_none_is_seen_through, Fixture)
{
    fault(FaultAction::reset, 3'000'000);
    fault(FaultAction::ignore_range);
    BOOST_TEST((all("big.bin") == big));
    hub.clear_faults();
    fault(FaultAction::reset, 3'000'000);
    fault(FaultAction::bad_range);
    BOOST_TEST((all("big.bin") == big));
}

BOOST_FIXTURE_TEST_CASE(another_version_ends_the_stream, Fixture)
{
    fault(FaultAction::reset, 3'000'000);
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .action = FaultAction::status,
                   .status = 200,
                   .headers = {{"ETag", "\"another\""}},
                   .body = "another"});
    BOOST_CHECK_THROW(all("big.bin"), FileModified);
    BOOST_TEST((got == big.substr(0, got.size()))); // nothing of the other one
}

BOOST_FIXTURE_TEST_CASE(wrong_bytes_are_an_error_in_place_of_the_end, Fixture)
{
    fault(FaultAction::flip_bit, 6'000'000);
    BOOST_CHECK_THROW(all("big.bin"), IntegrityError);
    BOOST_TEST(got.size() == big.size());
    fault(FaultAction::flip_bit, 3, 1, "hub");
    BOOST_CHECK_THROW(all("config.json"), IntegrityError);
    fault(FaultAction::flip_bit, 3, 1, "hub"); // a part cannot be hashed
    BOOST_TEST(all("config.json", {.length = 10}) != content("config.json").substr(0, 10));
    fault(FaultAction::long_body, 100);
    BOOST_CHECK_THROW(all("big.bin"), IntegrityError);
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .action = FaultAction::status,
                   .status = 200,
                   .body = "short"});
    BOOST_CHECK_THROW(all("big.bin"), IntegrityError);
}

BOOST_FIXTURE_TEST_CASE(a_url_that_expires_on_the_way_is_renewed, Fixture)
{
    std::atomic<std::int64_t> passed = 0;
    emulator::Options how;
    how.signed_url_lifetime = std::chrono::seconds(60);
    const auto start = std::chrono::system_clock::now();
    how.clock = [&] { return start + std::chrono::seconds(passed.load()); };
    emulator::Emulator server(how);
    server.seed_repo("acme/tiny", files);
    server.add_fault(
        {.method = "GET", .path = "*", .origin = "storage", .action = FaultAction::reset, .at = 4'000'000});
    auto its = options();
    its.endpoint = server.endpoint();
    its.token = server.token();
    its.prefetch = false;
    Hub reader(its);
    const auto run = [&]() -> asio::awaitable<std::string> {
        std::string text;
        auto chunks = stream_file(reader, "acme/tiny", "big.bin");
        while (auto chunk = co_await chunks.next()) {
            passed = 3600;
            text += *chunk;
        }
        co_return text;
    };
    BOOST_TEST((reader.block_on(run()) == big));
    int refused = 0;
    for (const auto& seen : server.requests())
        refused += seen.status == 403 ? 1 : 0;
    BOOST_TEST(refused == 1);
}

BOOST_FIXTURE_TEST_CASE(a_slow_consumer_costs_two_buffers, Fixture)
{
    const auto run = [&]() -> asio::awaitable<void> {
        auto chunks = stream_file(client, "acme/tiny", "big.bin");
        std::string text;
        while (auto chunk = co_await chunks.next()) {
            text += *chunk;
            for (int i = 0; i < 20; ++i) // work
                co_await asio::post(asio::use_awaitable);
            BOOST_REQUIRE(client.state()->memory.in_use() <= 256u << 10);
        }
        BOOST_TEST((text == big));
    };
    client.block_on(run());
    BOOST_TEST(client.state()->memory.peak() <= 512u << 10);
    BOOST_TEST(client.state()->memory.in_use() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_paused_stream_does_not_stop_a_download, Fixture)
{
    auto narrow = options();
    narrow.memory_budget = 1u << 20;
    Hub small(narrow);
    const auto run = [&]() -> asio::awaitable<void> {
        std::vector<AsyncGenerator<std::string>> paused;
        for (int i = 0; i < 6; ++i) {
            paused.push_back(stream_file(small, "acme/tiny", "big.bin"));
            BOOST_TEST((co_await paused.back().next()).has_value());
        }
        co_await DownloadsApi(small).hf_hub_download("acme/tiny", "big.bin");
        std::string rest;
        co_await gather(std::move(paused.front()), &rest);
        BOOST_TEST((rest == big.substr(256u << 10)));
    };
    small.block_on(run());
    BOOST_TEST(small.state()->memory.peak() <= narrow.memory_budget);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_stream_is_at_its_end, Fixture)
{
    fault(FaultAction::stall, 1'000'000);
    const auto run = [&]() -> asio::awaitable<void> {
        asio::cancellation_signal stop;
        std::exception_ptr outcome;
        bool ended = false;
        asio::co_spawn(client.executor(), gather(stream_file(client, "acme/tiny", "big.bin"), &got),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, std::string) {
                           outcome = error;
                           ended = true;
                       }));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (got.size() < 700'000 && !ended && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
        stop.emit(asio::cancellation_type::terminal);
        while (!ended && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
        BOOST_REQUIRE(ended);
        BOOST_REQUIRE(outcome);
        BOOST_CHECK_THROW(std::rethrow_exception(outcome), CancelledError);
    };
    client.block_on(run());
    BOOST_TEST((got == big.substr(0, got.size())));
    // One that is dropped half-way lets go of all that it had.
    hub.clear_faults();
    const auto drop = [&]() -> asio::awaitable<void> {
        {
            auto chunks = stream_file(client, "acme/tiny", "big.bin");
            co_await chunks.next();
        }
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (client.state()->memory.in_use() > 0 && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
        BOOST_TEST(client.state()->memory.in_use() == 0u);
    };
    client.block_on(drop());
}

BOOST_FIXTURE_TEST_CASE(errors_come_from_the_first_next, Fixture)
{
    BOOST_CHECK_THROW(all("none.txt"), EntryNotFoundError);
    BOOST_CHECK_THROW(all("config.json", {.revision = "none"}), RevisionNotFoundError);
    hub.forget_requests();
    BOOST_CHECK_THROW(all("../x"), ValueError);
    BOOST_CHECK_THROW(all("x", {.repo_type = "models"}), ValueError);
    BOOST_TEST(hub.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
