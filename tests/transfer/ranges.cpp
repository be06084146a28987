// One large file over several connections: what arrives, and what each fault makes of it.
// ctest: timeout=300
#include "transfer/range_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

BOOST_AUTO_TEST_SUITE(transfer_ranges)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;
namespace asio = boost::asio;
using detail::RangeEnd;
using emulator::FaultAction;
using emulator::FaultRule;

namespace {

struct Row {
    const char* name;
    FaultRule rule;
};

/// What one part may meet.
const std::vector<Row> part_faults{
    {"reset at once", {.action = FaultAction::reset}},
    {"reset on the way", {.action = FaultAction::reset, .at = 300'000}},
    {"closed early", {.action = FaultAction::close, .at = 300'000}},
    {"short", {.action = FaultAction::short_body, .at = 300'000}},
    {"long", {.action = FaultAction::long_body, .at = 1000}},
    {"no HTTP", {.action = FaultAction::garbage}},
    {"another start", {.action = FaultAction::bad_range}},
    {"all of it", {.action = FaultAction::ignore_range}},
    {"busy", {.action = FaultAction::status, .status = 429, .headers = {{"Retry-After", "1"}}}},
    {"down", {.action = FaultAction::status, .status = 503}},
    {"expired", {.action = FaultAction::status, .status = 403, .body = "<Error>Request has expired</Error>"}},
    {"not satisfiable", {.action = FaultAction::status, .status = 416}},
};

/// A thousand seconds pass in each: loopback looks like a slow line.
class HastyClock final : public Clock {
public:
    Steady::time_point now() const override { return begin_ + (Clock::now() - begin_) * 1000; }
    asio::awaitable<void> sleep_until(Steady::time_point) override
    {
        co_await asio::post(asio::use_awaitable);
    }

private:
    Steady::time_point begin_ = Steady::now();
};

} // namespace

BOOST_FIXTURE_TEST_CASE(every_byte_comes_once, RangeFixture)
{
    for (const std::size_t connections : {1u, 2u, 4u, 8u}) {
        begin_again();
        check_whole(connections);
        BOOST_TEST(sent() == content.size());
        if (connections == 1) {
            BOOST_TEST(parts().size() == 1u);
            continue;
        }
        BOOST_TEST(parts().size() >= connections);
        for (const auto& part : parts()) {
            BOOST_TEST(part.status == 206);
            BOOST_TEST(part.range.starts_with("bytes="));
        }
        // The Hub redirects until the storage's address is known; the later parts go there at once.
        BOOST_TEST(hub.requests().size() <= parts().size() + connections);
    }
}

BOOST_FIXTURE_TEST_CASE(a_fault_of_one_part_mixes_nothing, RangeFixture)
{
    for (const auto& row : part_faults)
        for (const int skip : {0, 5})
            BOOST_TEST_CONTEXT(row.name << " after " << skip)
            {
                begin_again();
                auto rule = row.rule;
                rule.skip = skip;
                add_fault(rule);
                check_whole(4);
            }
}

BOOST_FIXTURE_TEST_CASE(the_last_connection_is_not_given_up_so_easily, RangeFixture)
{
    for (const auto& row : part_faults)
        BOOST_TEST_CONTEXT(row.name)
        {
            begin_again();
            plant({{0, 2 * mib}, {4 * mib, 5 * mib}});
            const auto& rule = row.rule;
            if (rule.action == FaultAction::garbage) continue; // final, for whoever is alone
            add_fault(rule);
            const auto out = fetch(1);
            if (out.end == RangeEnd::unusable) {
                // For the caller to begin again without ranges.
                const auto refused = rule.action == FaultAction::bad_range ||
                                     rule.action == FaultAction::ignore_range || rule.status == 416;
                BOOST_TEST(refused);
                BOOST_TEST(out.missing > 0u);
                continue;
            }
            BOOST_TEST(!out.error);
            BOOST_TEST(out.published);
        }
}

BOOST_FIXTURE_TEST_CASE(a_server_that_breaks_every_part_is_outlasted_while_it_sends, RangeFixture)
{
    add_fault({.times = -1, .action = FaultAction::reset, .at = 200'000});
    check_whole(4);
    BOOST_TEST(parts().size() >= content.size() / 200'000);
}

BOOST_FIXTURE_TEST_CASE(a_call_that_fails_leaves_what_arrived, RangeFixture)
{
    add_fault({.skip = 5, .times = -1, .action = FaultAction::status, .status = 503});
    auto out = fetch(4);
    BOOST_TEST((out.error == errc::server_error));
    BOOST_TEST(out.missing > 0u);
    BOOST_TEST(out.missing < content.size());
    BOOST_TEST(!fs::exists(blobs() / etag));
    BOOST_TEST(!fs::exists(partial())); // it has gaps: nothing for other programs

    hub.clear_faults();
    hub.forget_requests();
    const auto missing = out.missing;
    out = fetch(4); // another process
    BOOST_TEST(out.published);
    BOOST_TEST(sent() == missing);
}

BOOST_FIXTURE_TEST_CASE(a_server_that_takes_one_connection_only_serves_on_that, RangeFixture)
{
    // The first part is answered, the others are turned away.
    add_fault({.skip = 1, .times = 3, .action = FaultAction::status, .status = 429});
    check_whole(4);
    BOOST_TEST(clock->waits <= 1); // nobody stood in line with back-offs
}

BOOST_FIXTURE_TEST_CASE(a_flipped_bit_is_found_by_the_hash_of_the_whole, RangeFixture)
{
    add_fault({.skip = 4, .action = FaultAction::flip_bit, .at = 1000});
    const auto out = fetch(4);
    BOOST_TEST((out.end == RangeEnd::complete));
    BOOST_TEST(!out.published);
    for (const auto& entry : fs::directory_iterator(blobs()))
        BOOST_TEST(entry.file_size() == 0u, entry.path());
}

BOOST_FIXTURE_TEST_CASE(a_storage_that_refuses_for_ever_ends_the_call, RangeFixture)
{
    add_fault(
        {.times = -1, .action = FaultAction::status, .status = 403, .body = "<Error>AccessDenied</Error>"});
    const auto out = fetch(4);
    BOOST_TEST((out.error == errc::forbidden));
    BOOST_TEST(parts().size() <= 12u);
}

BOOST_FIXTURE_TEST_CASE(a_stalled_part_is_finished_by_others, RangeFixture)
{
    add_fault({.skip = 2, .action = FaultAction::stall, .at = 1000});
    check_whole(4);
}

BOOST_FIXTURE_TEST_CASE(a_cancel_leaves_a_record_that_is_true, RangeFixture)
{
    asio::io_context context;
    Hub client(context, options());
    detail::BodyRequests requests(client.state(), spec(client));
    asio::cancellation_signal stop;
    detail::DownloadItem item(std::make_shared<detail::DownloadProgress>(ProgressSink{}, clock), "big.bin");
    bool cancelled = false;
    auto target = session();
    add_fault({.skip = 6, .times = -1, .action = FaultAction::stall, .at = 1000}); // it cannot end by itself
    asio::co_spawn(context, detail::fetch_ranges(client.state(), &requests, target, &item, start(4)),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, RangeEnd) {
                       cancelled = error != nullptr;
                   }));
    asio::steady_timer giving_up(context, std::chrono::milliseconds(300));
    giving_up.async_wait([&](boost::system::error_code error) {
        if (!error) stop.emit(asio::cancellation_type::terminal);
    });
    context.run();
    BOOST_TEST(cancelled);
    const auto there = target->file.offset();
    target.reset();
    hub.clear_faults();
    hub.forget_requests();
    const auto out = fetch(4);
    BOOST_TEST(out.published);
    BOOST_TEST(sent() == content.size() - there);
}

BOOST_FIXTURE_TEST_CASE(a_slow_line_gets_further_connections, RangeFixture)
{
    for (const std::size_t most : {8u, 1u}) {
        begin_again();
        auto how = options();
        how.clock = std::make_shared<HastyClock>();
        how.connections_per_file = most;
        Hub client(how);
        const auto at = client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin"));
        BOOST_TEST(is_content(at));
        BOOST_TEST(std::distance(fs::directory_iterator(blobs()), {}) == 1);
        const auto seen = parts();
        const auto ranged =
            std::count_if(seen.begin(), seen.end(), [](const Part& part) { return part.status == 206; });
        if (most == 1)
            BOOST_TEST(seen.size() == 1u);
        else
            BOOST_TEST(ranged >= 1);
    }
}

BOOST_FIXTURE_TEST_CASE(a_server_that_drips_is_left, RangeFixture)
{
    add_fault({.times = -1, .action = FaultAction::drip, .delay = std::chrono::milliseconds(1)});
    auto how = options();
    how.clock = std::make_shared<HastyClock>();
    Hub client(how);
    const auto begin = std::chrono::steady_clock::now();
    BOOST_CHECK_EXCEPTION(client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin")),
                          HubError, [](const HubError& error) { return error.code() == errc::timed_out; });
    BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(60)));
}

BOOST_FIXTURE_TEST_CASE(a_download_goes_on_with_the_pieces_of_another_process, RangeFixture)
{
    const auto [data, record] = plant({{0, 2 * mib}, {4 * mib, 5 * mib}, {11 * mib, 12 * mib}});
    // An older one, and the empty file of a run that was killed at its start.
    plant({{0, mib}});
    write_file(partial(), "");
    std::uint64_t cached = 0;
    Hub client(options());
    const auto at = client.block_on(
        DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin", {}, [&](const ProgressEvent& event) {
            cached = std::max(cached, event.cached);
        }));
    BOOST_TEST(is_content(at));
    BOOST_TEST(cached == 4 * mib);
    BOOST_TEST(sent() == 8 * mib);
    BOOST_TEST(parts().size() == 2u);
    BOOST_TEST(std::distance(fs::directory_iterator(blobs()), {}) == 1); // nothing is left of them
}

BOOST_FIXTURE_TEST_CASE(pieces_in_a_folder_are_found_beside_its_metadata, RangeFixture)
{
    const auto records = dir / "local/.cache/huggingface/download";
    plant({{0, 2 * mib}, {4 * mib, 5 * mib}}, records / ("big.bin." + etag + ".incomplete"));
    Hub client(options());
    HfHubDownloadOptions how;
    how.local_dir = dir / "local";
    const auto at = client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin", how));
    BOOST_TEST(is_content(at));
    BOOST_TEST(sent() == 9 * mib);
    for (const auto& entry : fs::directory_iterator(records))
        BOOST_TEST(!entry.path().string().ends_with(".incomplete"), entry.path());
}

BOOST_FIXTURE_TEST_CASE(pieces_that_lie_are_fetched_again, RangeFixture)
{
    const auto [data, record] = plant({{0, 2 * mib}, {4 * mib, 5 * mib}});
    auto bad = read_file(data);
    bad[100] = static_cast<char>(bad[100] ^ 1);
    write_file(data, bad);
    Hub client(options());
    const auto at = client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin"));
    BOOST_TEST(is_content(at));
    BOOST_TEST(sent() == content.size() + 9 * mib);
    BOOST_TEST(std::distance(fs::directory_iterator(blobs()), {}) == 1);
}

BOOST_FIXTURE_TEST_CASE(pieces_and_a_server_without_ranges, RangeFixture)
{
    plant({{0, 2 * mib}, {4 * mib, 5 * mib}});
    add_fault({.times = -1, .action = FaultAction::ignore_range});
    Hub client(options());
    const auto at = client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin"));
    BOOST_TEST(is_content(at));
    BOOST_TEST(std::distance(fs::directory_iterator(blobs()), {}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
