#include "transfer/download_fixture.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(transfer_download)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;
using emulator::FaultAction;
using emulator::FaultRule;

BOOST_FIXTURE_TEST_CASE(a_file_lands_in_the_shared_layout, DownloadFixture)
{
    for (const auto& [path, text] : files) {
        const auto at = get(path);
        BOOST_TEST(at == pointer(path));
        BOOST_TEST((read_file(at) == text), path);
        BOOST_TEST(fs::is_symlink(at));
        BOOST_TEST(!fs::read_symlink(at).is_absolute());
    }
    BOOST_TEST(read_file(repo() / "refs/main") == commit);
    check_blobs();
}

BOOST_FIXTURE_TEST_CASE(a_hit_costs_one_head_and_by_commit_nothing, DownloadFixture)
{
    get("config.json");
    hub.forget_requests();
    get("config.json");
    BOOST_TEST(requests("HEAD") == 1u);
    BOOST_TEST(requests("GET") == 0u);
    hub.forget_requests();
    get("config.json", {.revision = commit});
    BOOST_TEST(hub.requests().size() == 0u);
    get("config.json", {.force_download = true});
    BOOST_TEST(requests("GET") == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_missing_file_is_remembered, DownloadFixture)
{
    BOOST_CHECK_THROW(get("nope/x.txt"), EntryNotFoundError);
    BOOST_TEST(fs::is_regular_file(repo() / ".no_exist" / commit / "nope/x.txt"));
    BOOST_CHECK_THROW(get("config.json", {.revision = "no-such-branch"}), RevisionNotFoundError);
}

BOOST_FIXTURE_TEST_CASE(what_is_cached_serves_without_the_hub, DownloadFixture)
{
    BOOST_CHECK_THROW(get("config.json", {.local_files_only = true}), LocalEntryNotFoundError);
    get("config.json");
    hub.forget_requests();
    BOOST_TEST(get("config.json", {.local_files_only = true}) == pointer("config.json"));
    BOOST_TEST(hub.requests().size() == 0u);
    auto offline = options();
    offline.offline = true;
    Hub client(offline);
    const DownloadsApi api(client);
    BOOST_TEST(client.block_on(api.hf_hub_download("acme/tiny", "config.json")) == pointer("config.json"));
    BOOST_CHECK_THROW(client.block_on(api.hf_hub_download("acme/tiny", "big.bin")), LocalEntryNotFoundError);
    BOOST_CHECK_THROW(
        client.block_on(api.hf_hub_download("acme/tiny", "config.json", {.force_download = true})),
        ValueError);
    BOOST_TEST(hub.requests().size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(arguments_are_checked_before_any_request, DownloadFixture)
{
    for (const char* bad : {"../x", "/etc/passwd", "a/../b", "a//b", "", "a\\b"})
        BOOST_CHECK_THROW(get(bad), ValueError);
    for (const char* bad : {".git/config", ".cache/huggingface/x", "../x"})
        BOOST_CHECK_THROW(get(bad, {.local_dir = dir / "out"}), ValueError);
    BOOST_CHECK_THROW(get("config.json", {.repo_type = "models"}), ValueError);
    BOOST_CHECK_THROW(get("config.json", {.revision = "../x"}), ValueError);
    BOOST_TEST(hub.requests().size() == 0u);
    BOOST_TEST(!fs::exists(dir / "hub"));
}

BOOST_FIXTURE_TEST_CASE(a_broken_body_goes_on_where_it_stopped, DownloadFixture)
{
    for (const auto action : {FaultAction::reset, FaultAction::short_body}) {
        fs::remove_all(dir / "hub");
        hub.forget_requests();
        hub.add_fault({.method = "GET", .path = "*", .origin = "storage", .action = action, .at = 5u << 20});
        BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
        std::uint64_t sent = 0;
        for (const auto& seen : hub.requests())
            if (seen.origin == "storage" && seen.method == "GET") sent += seen.sent_bytes;
        BOOST_TEST(requests("GET", "storage") >= 2u);
        BOOST_TEST(sent < (13u << 20)); // not from the start again
    }
}

BOOST_FIXTURE_TEST_CASE(a_partial_of_another_process_is_resumed, DownloadFixture)
{
    const auto blob = fs::read_symlink(get("big.bin")).filename();
    fs::remove_all(dir / "hub");
    const auto partial = repo() / "blobs" / (blob.string() + ".incomplete");
    write_file(partial, content("big.bin").substr(0, 7'000'001));
    hub.forget_requests();
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
    bool ranged = false;
    for (const auto& seen : hub.requests())
        for (const auto& [name, value] : seen.headers)
            if ((name == "Range" || name == "range") && value == "bytes=7000001-") ranged = true;
    BOOST_TEST(ranged);
    // Garbage of the right size is not published, as the reference does.
    fs::remove_all(dir / "hub");
    write_file(partial, std::string(content("big.bin").size(), 'x'));
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
    fs::remove_all(dir / "hub");
    write_file(partial, content("big.bin") + "more");
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
}

BOOST_FIXTURE_TEST_CASE(wrong_ranges_are_not_believed, DownloadFixture)
{
    const auto blob = fs::read_symlink(get("big.bin")).filename();
    for (const auto action : {FaultAction::bad_range, FaultAction::ignore_range}) {
        fs::remove_all(dir / "hub");
        write_file(repo() / "blobs" / (blob.string() + ".incomplete"), content("big.bin").substr(0, 1 << 20));
        hub.clear_faults();
        hub.add_fault({.method = "GET", .path = "*", .origin = "storage", .action = action});
        BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
    }
}

BOOST_FIXTURE_TEST_CASE(flipped_bits_are_found, DownloadFixture)
{
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .times = 1,
                   .action = FaultAction::flip_bit,
                   .at = 1000});
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin"))); // the second try is clean
    fs::remove_all(dir / "hub");
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .times = -1,
                   .action = FaultAction::flip_bit,
                   .at = 1000});
    BOOST_CHECK_THROW(get("big.bin"), IntegrityError);
    BOOST_TEST(!fs::exists(pointer("big.bin")));
    for (const auto& entry : fs::directory_iterator(repo() / "blobs"))
        BOOST_TEST(entry.file_size() == 0u, entry.path());
}

BOOST_FIXTURE_TEST_CASE(two_callers_transfer_once, DownloadFixture)
{
    Hub client(options());
    const DownloadsApi api(client);
    const auto both = [](DownloadsApi downloads) -> boost::asio::awaitable<std::pair<fs::path, fs::path>> {
        using namespace boost::asio::experimental::awaitable_operators;
        auto [a, b] = co_await (downloads.hf_hub_download("acme/tiny", "big.bin") &&
                                downloads.hf_hub_download("acme/tiny", "big.bin"));
        co_return std::pair{a, b};
    };
    const auto [a, b] = client.block_on(both(api));
    BOOST_TEST(a == b);
    BOOST_TEST((read_file(a) == content("big.bin")));
    BOOST_TEST(requests("GET", "storage") == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_cancel_leaves_a_partial_and_no_lock, DownloadFixture)
{
    hub.add_fault(
        {.method = "GET", .path = "*", .origin = "storage", .action = FaultAction::stall, .at = 4u << 20});
    Hub client(options());
    const auto partial_bytes = [&] {
        std::uintmax_t bytes = 0;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(repo() / "blobs", ignored))
            if (entry.path().extension() == ".incomplete") bytes += entry.file_size(ignored);
        return bytes;
    };
    const auto run = [&]() -> boost::asio::awaitable<void> {
        boost::asio::cancellation_signal stop;
        std::exception_ptr outcome;
        bool ended = false;
        boost::asio::co_spawn(
            client.executor(), DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin"),
            boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, fs::path) {
                outcome = error;
                ended = true;
            }));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!ended && partial_bytes() == 0 && std::chrono::steady_clock::now() < deadline)
            co_await boost::asio::post(boost::asio::use_awaitable);
        stop.emit(boost::asio::cancellation_type::terminal);
        const auto cancelled_at = std::chrono::steady_clock::now();
        while (!ended && std::chrono::steady_clock::now() < deadline)
            co_await boost::asio::post(boost::asio::use_awaitable);
        BOOST_REQUIRE(ended);
        BOOST_TEST((std::chrono::steady_clock::now() - cancelled_at <
                    std::chrono::seconds(5))); // not an idle timeout
        BOOST_REQUIRE(outcome);
        BOOST_CHECK_THROW(std::rethrow_exception(outcome), CancelledError);
    };
    client.block_on(run());
    BOOST_TEST(!fs::exists(pointer("big.bin")));
    BOOST_TEST(partial_bytes() > 0u);
    for (const auto& entry : fs::directory_iterator(dir / "hub/.locks/models--acme--tiny")) {
        const int fd = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
        BOOST_TEST(::flock(fd, LOCK_EX | LOCK_NB) == 0);
        ::close(fd);
    }
    hub.clear_faults();
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
}

BOOST_FIXTURE_TEST_CASE(progress_begins_and_ends, DownloadFixture)
{
    std::vector<ProgressEvent> events;
    get("big.bin", {}, [&](const ProgressEvent& event) { events.push_back(event); });
    BOOST_REQUIRE(events.size() >= 2u);
    BOOST_TEST((events.front().kind == ProgressKind::started));
    BOOST_TEST(events.front().total == content("big.bin").size());
    BOOST_TEST((events.back().kind == ProgressKind::finished));
    BOOST_TEST(events.back().done == content("big.bin").size());
    BOOST_TEST(events.back().name == "big.bin");
}

BOOST_AUTO_TEST_SUITE_END()
