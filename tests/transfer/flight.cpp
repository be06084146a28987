// Callers of one file share one transfer, and leave it one by one.
// ctest: label=slow timeout=300
#include "transfer/download_fixture.hpp"

#include <thread>

#include "transfer/flight.hpp"

BOOST_AUTO_TEST_SUITE(transfer_flight)

using namespace hfasync;
using namespace hfasync::test;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using emulator::FaultAction;

namespace {

/// A call whose end can be waited for, and that can be cancelled.
struct Caller {
    asio::cancellation_signal stop;
    bool ended = false;
    std::exception_ptr failure;
    fs::path path;

    void start(const Hub& hub, asio::awaitable<fs::path> call)
    {
        asio::co_spawn(
            hub.executor(), std::move(call),
            asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr error, fs::path at) {
                ended = true;
                failure = error;
                path = std::move(at);
            }));
    }
    bool cancelled() const
    {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const CancelledError&) {
            return true;
        } catch (...) {
        }
        return false;
    }
};

/// Turns of the loop until it holds; a bound, not a pause.
asio::awaitable<bool> until(std::function<bool()> holds)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) co_return false;
        co_await asio::post(asio::use_awaitable);
    }
    co_return true;
}

struct FlightFixture : DownloadFixture {
    /// Each body stops there until the faults are cleared and somebody asks again.
    void stall()
    {
        hub.add_fault({.method = "GET",
                       .path = "*",
                       .origin = "storage",
                       .times = -1,
                       .action = FaultAction::stall,
                       .at = 1u << 20});
    }
    std::uintmax_t partial_bytes() const
    {
        std::uintmax_t bytes = 0;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(repo() / "blobs", ignored))
            if (entry.path().extension() == ".incomplete") bytes += entry.file_size(ignored);
        return bytes;
    }
    std::function<bool()> transfer_is_under_way()
    {
        return [this] { return partial_bytes() > 0; };
    }
};

asio::awaitable<void> nothing_but_wait(bool* began, bool* stopped)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    *began = true;
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        *stopped = true;
        throw;
    }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(many_callers_make_one_transfer, FlightFixture)
{
    Hub client(options());
    const DownloadsApi api(client);
    std::vector<Caller> callers(16);
    std::vector<std::vector<ProgressEvent>> events(callers.size());
    const auto run = [&]() -> asio::awaitable<void> {
        for (std::size_t i = 0; i < callers.size(); ++i)
            callers[i].start(
                client, api.hf_hub_download("acme/tiny", "big.bin", {},
                                            [&events, i](const auto& event) { events[i].push_back(event); }));
        const auto all = [&] {
            return std::ranges::all_of(callers, [](const Caller& c) { return c.ended; });
        };
        BOOST_TEST(co_await until(all));
    };
    client.block_on(run());
    for (const auto& caller : callers) {
        BOOST_REQUIRE(!caller.failure);
        BOOST_TEST(caller.path == pointer("big.bin"));
    }
    BOOST_TEST(requests("GET", "storage") == 1u);
    for (const auto& seen : events) {
        BOOST_REQUIRE(seen.size() >= 2u);
        BOOST_TEST((seen.front().kind == ProgressKind::started));
        BOOST_TEST((seen.back().kind == ProgressKind::finished));
        BOOST_TEST(seen.back().done == content("big.bin").size());
    }
}

BOOST_FIXTURE_TEST_CASE(two_hubs_of_one_loop_share_it_too, FlightFixture)
{
    asio::io_context context;
    const Hub one(context, options());
    const Hub two(context, options());
    Caller a;
    Caller b;
    a.start(one, DownloadsApi(one).hf_hub_download("acme/tiny", "big.bin"));
    b.start(two, DownloadsApi(two).hf_hub_download("acme/tiny", "big.bin"));
    context.run();
    BOOST_TEST((a.ended && b.ended && !a.failure && !b.failure));
    BOOST_TEST(a.path == b.path);
    BOOST_TEST(requests("GET", "storage") == 1u);
}

BOOST_FIXTURE_TEST_CASE(one_who_leaves_does_not_stop_the_others, FlightFixture)
{
    stall();
    auto how = options();
    how.timeouts.idle = std::chrono::seconds(3); // then the stalled body is resumed
    Hub client(how);
    const DownloadsApi api(client);
    Caller leader;
    Caller other;
    std::uintmax_t seen = 0;
    const auto run = [&]() -> asio::awaitable<void> {
        leader.start(client, api.hf_hub_download("acme/tiny", "big.bin"));
        BOOST_TEST(co_await until(transfer_is_under_way()));
        other.start(client, api.hf_hub_download("acme/tiny", "big.bin"));
        BOOST_TEST(co_await until([&] { return requests("HEAD") >= 2; }));
        for (int i = 0; i < 100; ++i)
            co_await asio::post(asio::use_awaitable);
        leader.stop.emit(asio::cancellation_type::terminal);
        BOOST_TEST(co_await until([&] { return leader.ended; }));
        BOOST_TEST(leader.cancelled());
        BOOST_TEST(!other.ended);
        seen = partial_bytes();
        hub.clear_faults();
        BOOST_TEST(co_await until([&] { return other.ended; }));
    };
    client.block_on(run());
    BOOST_REQUIRE(!other.failure);
    BOOST_TEST((read_file(other.path) == content("big.bin")));
    BOOST_TEST(seen > 0u);
    std::uint64_t sent = 0;
    for (const auto& request : hub.requests())
        if (request.origin == "storage") sent += request.sent_bytes;
    BOOST_TEST(sent < (13u << 20)); // went on, not from the start again
}

BOOST_FIXTURE_TEST_CASE(the_last_one_who_leaves_stops_it, FlightFixture)
{
    stall();
    Hub client(options());
    const DownloadsApi api(client);
    std::vector<Caller> callers(3);
    const auto run = [&]() -> asio::awaitable<void> {
        for (auto& caller : callers)
            caller.start(client, api.hf_hub_download("acme/tiny", "big.bin"));
        BOOST_TEST(co_await until(transfer_is_under_way()));
        BOOST_TEST(co_await until([&] { return requests("HEAD") >= 3; }));
        for (auto& caller : callers)
            caller.stop.emit(asio::cancellation_type::terminal);
        BOOST_TEST(co_await until(
            [&] { return std::ranges::all_of(callers, [](const Caller& c) { return c.ended; }); }));
    };
    client.block_on(run());
    for (const auto& caller : callers)
        BOOST_TEST(caller.cancelled());
    BOOST_TEST(partial_bytes() > 0u); // to go on with
    BOOST_TEST(!fs::exists(pointer("big.bin")));
    hub.clear_faults();
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
}

BOOST_FIXTURE_TEST_CASE(a_failure_is_shared_by_those_who_pay_alike, FlightFixture)
{
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .times = -1,
                   .action = FaultAction::flip_bit,
                   .at = 1000});
    Hub client(options());
    const DownloadsApi api(client);
    std::vector<Caller> callers(4);
    const auto run = [&]() -> asio::awaitable<void> {
        for (auto& caller : callers)
            caller.start(client, api.hf_hub_download("acme/tiny", "big.bin"));
        BOOST_TEST(co_await until(
            [&] { return std::ranges::all_of(callers, [](const Caller& c) { return c.ended; }); }));
    };
    client.block_on(run());
    for (const auto& caller : callers)
        BOOST_CHECK_THROW(std::rethrow_exception(caller.failure), IntegrityError);
    BOOST_TEST(requests("GET", "storage") == 2u); // and its one full retry
}

BOOST_FIXTURE_TEST_CASE(one_transfer_serves_several_commits, FlightFixture)
{
    // The same content under two names of one repo: one blob.
    const auto text = noise(11u << 20, 7);
    use_repo("acme/twice", {{"a.bin", text}, {"sub/b.bin", text}});
    hub.forget_requests();
    const auto folder = snapshot();
    BOOST_TEST((read_file(folder / "a.bin") == text));
    BOOST_TEST((read_file(folder / "sub/b.bin") == text));
    BOOST_TEST(requests("GET", "storage") == 1u);
}

BOOST_FIXTURE_TEST_CASE(loops_of_different_threads_are_kept_apart_by_the_lock, FlightFixture)
{
    std::vector<fs::path> paths(4);
    std::vector<std::thread> threads;
    for (auto& path : paths)
        threads.emplace_back([this, &path] {
            auto how = options();
            how.clock = nullptr; // the eager one is not for several threads
            Hub client(how);
            path = client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", "big.bin"));
        });
    for (auto& thread : threads)
        thread.join();
    for (const auto& path : paths)
        BOOST_TEST(path == pointer("big.bin"));
    BOOST_TEST(requests("GET", "storage") == 1u);
}

BOOST_FIXTURE_TEST_CASE(folders_share_by_file, FlightFixture)
{
    Hub client(options());
    const DownloadsApi api(client);
    Caller a;
    Caller b;
    const auto run = [&]() -> asio::awaitable<void> {
        a.start(client, api.hf_hub_download("acme/tiny", "big.bin", {.local_dir = dir / "out"}));
        b.start(client, api.hf_hub_download("acme/tiny", "big.bin", {.local_dir = dir / "out/../out"}));
        BOOST_TEST(co_await until([&] { return a.ended && b.ended; }));
    };
    client.block_on(run());
    BOOST_REQUIRE((!a.failure && !b.failure));
    BOOST_TEST((read_file(dir / "out/big.bin") == content("big.bin")));
    BOOST_TEST(requests("GET", "storage") == 1u);
}

BOOST_AUTO_TEST_CASE(a_loop_that_goes_away_takes_its_flights_along)
{
    bool began = false;
    bool stopped = false;
    auto context = std::make_unique<asio::io_context>();
    const auto progress = std::make_shared<detail::DownloadProgress>(ProgressSink{}, nullptr);
    detail::DownloadItem item(progress, "x");
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(*context,
                       detail::share_flight(context->get_executor(),
                                            {.key = "k",
                                             .account = "a",
                                             .item = &item,
                                             .work = [&](auto) { return nothing_but_wait(&began, &stopped); },
                                             .on_joined = {}}),
                       asio::detached);
    while (!began)
        BOOST_REQUIRE(context->run_one() > 0u);
    context.reset();
    BOOST_TEST(!stopped); // destroyed, not resumed
}

BOOST_AUTO_TEST_CASE(another_account_tries_for_itself)
{
    asio::io_context context;
    const auto progress = std::make_shared<detail::DownloadProgress>(ProgressSink{}, nullptr);
    detail::DownloadItem item(progress, "x");
    int works = 0;
    int joined = 0;
    std::vector<std::string> outcomes;
    const auto fly = [&](std::string account) -> asio::awaitable<void> {
        std::string outcome;
        try {
            const auto ride = co_await detail::share_flight(context.get_executor(),
                                                            {.key = "k",
                                                             .account = account,
                                                             .item = &item,
                                                             .work = [&](auto) -> asio::awaitable<void> {
                                                                 ++works;
                                                                 co_await asio::post(asio::use_awaitable);
                                                                 throw ValueError("no");
                                                             },
                                                             .on_joined = [&] { ++joined; }});
            outcome = ride == detail::Ride::joined ? "look again" : "led";
        } catch (const ValueError&) {
            outcome = "failed";
        }
        outcomes.push_back(account + " " + outcome);
    };
    for (const char* account : {"a", "a", "b"})
        asio::co_spawn(context, fly(account), asio::detached);
    context.run();
    std::ranges::sort(outcomes);
    BOOST_TEST(outcomes == (std::vector<std::string>{"a failed", "a failed", "b look again"}),
               boost::test_tools::per_element());
    BOOST_TEST(works == 1);
    BOOST_TEST(joined == 2);
}

BOOST_AUTO_TEST_SUITE_END()
