// Runs against the embedded Hub and against calls that the test makes up; reports.
#include "bench_harness/report.hpp"
#include "bench_harness/runner.hpp"

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>

#include "support/temp_folder.hpp"

using namespace bench_harness;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

struct BenchFixture {
    hfasync::tests::TempFolder dir;
    hfasync::emulator::Emulator server;
    asio::io_context context{1};

    BenchFixture()
    {
        server.seed_repo("acme/tiny", {{"config.json", "{}"}, {"data/a.txt", "a"}, {"data/b.txt", "b"}});
        server.forget_requests();
    }
    hfasync::Hub client()
    {
        hfasync::HubOptions options;
        options.endpoint = server.endpoint();
        options.token = server.token();
        options.retry.max_retries = 0;
        options.cache.hub_cache = dir.path() / "cache";
        return hfasync::Hub(context, options);
    }
    std::vector<Work> named(const std::vector<std::string>& names, const CallArguments& with)
    {
        std::vector<Work> out;
        for (const auto& name : names) {
            const auto& found = find_call(name, with);
            out.push_back({name, std::string(found.unit),
                           [hub = client(), make = found.make, with] { return make(hub, with); }});
        }
        return out;
    }
    Outcome run(Runner& runner)
    {
        auto done = asio::co_spawn(context, runner.run(), asio::use_future);
        context.restart();
        context.run();
        return done.get();
    }
    Outcome run(std::vector<Work> work, const Plan& plan)
    {
        Runner runner(context.get_executor(), std::move(work), plan);
        return run(runner);
    }
    std::size_t seen(const std::string& part) const
    {
        const auto all = server.requests();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& request) {
            return request.target.find(part) != std::string::npos;
        }));
    }
    const CallArguments tiny{
        .repo_id = "acme/tiny", .filename = "config.json", .repo_type = {}, .revision = {}};
};

Work made_up(std::string name, Call call)
{
    return {std::move(name), "", std::move(call)};
}

asio::awaitable<std::uint64_t> wait(std::chrono::nanoseconds time)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
    co_return 1;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(bench_harness_runs, BenchFixture)

BOOST_AUTO_TEST_CASE(what_is_counted_is_what_the_hub_has_seen)
{
    const auto outcome = run(named({"model_info", "list_repo_tree"}, tiny), {.concurrency = 8, .count = 101});
    BOOST_REQUIRE_EQUAL(outcome.calls.size(), 2U);
    BOOST_TEST(outcome.calls[0].latency.count() == 51U); // they take turns
    BOOST_TEST(outcome.calls[1].latency.count() == 50U);
    BOOST_TEST(outcome.calls[0].failures() == 0U);
    BOOST_TEST(outcome.calls[1].gained == 50U * 4); // three files and a folder
    BOOST_TEST(seen("/tree/") == 50U);
    BOOST_TEST(server.requests().size() == 101U);
    BOOST_TEST(outcome.calls[0].latency.min() > 0U);
    BOOST_TEST(outcome.elapsed.count() > 0);
    BOOST_TEST(!outcome.stopped);
}

BOOST_AUTO_TEST_CASE(every_call_of_the_table_can_be_driven)
{
    std::set<std::string_view> names;
    for (const auto& call : call_table()) {
        BOOST_TEST(names.insert(call.name).second);
        // repo_info and model_info are of a model; the dataset has its own.
        if (call.name == "dataset_info")
            server.seed_repo("acme/tiny", {{"a", "1"}}, hfasync::RepoType::dataset);
        const auto outcome = run(named({std::string(call.name)}, tiny), {.concurrency = 2, .count = 4});
        BOOST_TEST(outcome.calls[0].latency.count() == 4U, call.name);
        BOOST_TEST(outcome.calls[0].gained >= 1U, call.name);
        for (const auto& [type, count] : outcome.calls[0].errors)
            BOOST_TEST_MESSAGE(call.name << ": " << type);
    }
    BOOST_TEST(run(named({"stream_file"}, tiny), {.concurrency = 1, .count = 3}).calls[0].gained == 6U);
}

BOOST_AUTO_TEST_CASE(errors_count_by_type_and_have_no_latency)
{
    server.add_fault({.method = "GET",
                      .path = "/api/models/*",
                      .times = 5,
                      .action = hfasync::emulator::FaultAction::status,
                      .status = 503});
    auto missing = tiny;
    missing.repo_id = "acme/none";
    auto work = named({"model_info"}, tiny);
    work.push_back(named({"repo_info"}, missing)[0]);
    work.push_back(made_up("broken", []() -> asio::awaitable<std::uint64_t> {
        throw std::runtime_error("no luck");
        co_return 0;
    }));
    const auto outcome = run(std::move(work), {.concurrency = 1, .count = 60});
    std::uint64_t unavailable = 0;
    for (const auto& one : outcome.calls)
        for (const auto& [type, count] : one.errors)
            if (type.ends_with(" 503")) unavailable += count;
    BOOST_TEST(unavailable == 5U);
    BOOST_TEST(outcome.calls[0].calls() == 20U);
    BOOST_TEST(outcome.calls[1].latency.count() == 0U);
    BOOST_TEST(outcome.calls[1].errors.at("RepositoryNotFoundError 404") > 0U);
    BOOST_TEST(outcome.calls[2].errors.at("no luck") == 20U);
}

BOOST_AUTO_TEST_CASE(no_more_than_so_many_at_once)
{
    std::size_t now = 0, most = 0;
    auto call = [&]() -> asio::awaitable<std::uint64_t> {
        most = std::max(most, ++now);
        co_await asio::post(asio::use_awaitable);
        co_await asio::post(asio::use_awaitable);
        --now;
        co_return 1;
    };
    run({made_up("call", call)}, {.concurrency = 7, .count = 100});
    BOOST_TEST(most == 7U);
    BOOST_TEST(now == 0U);
}

BOOST_AUTO_TEST_CASE(a_stall_is_charged_for_all_who_would_have_come)
{
    // One call in 200 stalls for 300 ms. With 200 a second, sixty others were due meanwhile.
    const auto stalls = [n = std::make_shared<int>(0)] {
        return wait(++*n == 20 ? std::chrono::nanoseconds(300ms) : 0ns);
    };
    const auto outcome = run({made_up("call", stalls)}, {.concurrency = 1, .count = 100, .rate = 200});
    const auto& latency = outcome.calls[0].latency;
    BOOST_TEST(latency.count() == 100U);
    BOOST_TEST(latency.max() >= 300'000'000U);
    BOOST_TEST(latency.count_between(100'000'000, ~std::uint64_t{0}) >= 35U); // 300, 295, 290 ... ms
    BOOST_TEST(outcome.elapsed >= 495ms);                                     // the hundredth is due then
    BOOST_TEST(outcome.not_begun == 0U);
}

BOOST_AUTO_TEST_CASE(a_rate_that_is_not_kept_says_so)
{
    const auto outcome =
        run({made_up("slow", [] { return wait(50ms); })}, {.concurrency = 1, .time = 300ms, .rate = 1000});
    const auto& latency = outcome.calls[0].latency;
    BOOST_TEST(latency.count() >= 1U);
    BOOST_TEST(latency.count() <= 7U);
    BOOST_TEST(latency.count() + outcome.not_begun == 300U);
    BOOST_TEST(
        text_report(outcome, {"http://hub", {.concurrency = 1, .rate = 1000}}).find("do not keep up") !=
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_time_ends_the_run)
{
    const auto outcome = run({made_up("quick", [] { return wait(1ms); })}, {.concurrency = 3, .time = 50ms});
    BOOST_TEST(outcome.calls[0].latency.count() >= 3U);
    BOOST_TEST(outcome.elapsed >= 50ms);
}

BOOST_AUTO_TEST_CASE(a_stop_gives_what_there_is)
{
    std::unique_ptr<Runner> runner;
    const auto call = [&, n = std::make_shared<int>(0)] {
        if (++*n == 10) asio::post(context, [&] { runner->stop(); });
        return wait(*n < 10 ? std::chrono::nanoseconds(0) : 1h);
    };
    runner = std::make_unique<Runner>(context.get_executor(), std::vector{made_up("call", call)},
                                      Plan{.concurrency = 4, .time = 1h});
    const auto outcome = run(*runner);
    BOOST_TEST(outcome.stopped);
    BOOST_TEST(outcome.calls[0].failures() == 0U);
    BOOST_TEST(outcome.calls[0].latency.count() + outcome.cancelled >= 10U);
    BOOST_TEST(outcome.calls[0].latency.count() <= 9U);
    BOOST_TEST(outcome.cancelled >= 1U);
    BOOST_TEST(outcome.cancelled <= 4U);
}

BOOST_AUTO_TEST_CASE(a_plan_must_make_sense)
{
    const auto work = std::vector{made_up("call", [] { return wait(0ns); })};
    const auto make = [&](Plan plan) { Runner(context.get_executor(), work, plan); };
    BOOST_CHECK_THROW(make({.concurrency = 4}), hfasync::ValueError);
    BOOST_CHECK_THROW(make({.concurrency = 0, .count = 1}), hfasync::ValueError);
    BOOST_CHECK_THROW(make({.count = 1, .rate = 0}), hfasync::ValueError);
    BOOST_CHECK_THROW(Runner(context.get_executor(), {}, {.count = 1}), hfasync::ValueError);
    BOOST_CHECK_THROW(find_call("nonsense", tiny), hfasync::ValueError);
    BOOST_CHECK_THROW(find_call("model_info", {}), hfasync::ValueError);
    BOOST_CHECK_THROW(find_call("stream_file", {.repo_id = "acme/tiny"}), hfasync::ValueError);
    BOOST_CHECK_THROW(find_call("model_info", {.repo_id = "a/b/c"}), hfasync::ValueError);
}

BOOST_AUTO_TEST_CASE(the_json_tells_everything)
{
    const Plan plan{.concurrency = 4, .count = 40, .rate = 5000};
    auto work = named({"model_info", "file_exists"}, tiny);
    const auto outcome = run(std::move(work), plan);
    const auto report =
        json::parse(json::serialize(json_report(outcome, {server.endpoint(), plan}))).as_object();
    BOOST_TEST(report.at("endpoint").as_string() == server.endpoint());
    BOOST_TEST(report.at("concurrency").to_number<int>() == 4);
    BOOST_TEST(report.at("rate").to_number<double>() == 5000.0);
    BOOST_TEST(report.at("interrupted").as_bool() == false);
    BOOST_TEST(report.at("calls").as_array().size() == 2U);
    const auto& total = report.at("total").as_object();
    BOOST_TEST(total.at("calls").to_number<int>() == 40);
    BOOST_TEST(total.at("throughput").to_number<double>() > 0.0);
    const auto& times = total.at("latency_us").as_object();
    double last = 0;
    for (const auto* name : {"min", "p50", "p90", "p99", "p99.9", "max"}) {
        BOOST_TEST(times.at(name).to_number<double>() >= last, name);
        last = times.at(name).to_number<double>();
    }
    std::uint64_t counted = 0;
    for (const auto& bucket : total.at("histogram_us").as_array())
        counted += bucket.at("count").to_number<std::uint64_t>();
    BOOST_TEST(counted == 40U);
    BOOST_TEST(report.at("calls").at(0).at("unit").as_string() == "answers");
}

BOOST_AUTO_TEST_CASE(the_text_fits_a_terminal)
{
    Outcome outcome;
    outcome.elapsed = 2s;
    outcome.cancelled = 3;
    outcome.stopped = true;
    auto& measured = outcome.calls.emplace_back();
    measured.name = "stream_file";
    measured.unit = "bytes";
    measured.gained = 3'000'000;
    measured.errors["TimeoutError"] = 2;
    for (std::uint64_t i = 1; i <= 1000; ++i)
        measured.latency.add(i * 10'000);
    const auto text = text_report(outcome, {"http://127.0.0.1:1", {.concurrency = 16, .rate = 12.5}});
    for (const std::string part :
         {"http://127.0.0.1:1, 16 at once, 12.5/s, 2.00 s, interrupted\n", "3 calls were under way",
          "  calls      1002 (2 failed), 500.0/s\n", "  bytes      3000000 (1.5 MB/s)\n", "p50 5.0",
          "p99.9 10.0 ms", "max 10.0 ms\n", "  failed     2 x TimeoutError\n", "####"})
        BOOST_TEST(text.find(part) != std::string::npos, part + "\n" + text);
    std::istringstream lines(text);
    std::uint64_t counted = 0;
    for (std::string line; std::getline(lines, line);) {
        BOOST_TEST(line.size() <= 100U, line);
        std::istringstream words(line);
        std::string less, edge, unit;
        std::uint64_t count = 0;
        if (line.starts_with("  < ") && words >> less >> edge >> unit >> count) counted += count;
    }
    BOOST_TEST(counted == 1000U); // every call is in a row
}

BOOST_AUTO_TEST_SUITE_END()
