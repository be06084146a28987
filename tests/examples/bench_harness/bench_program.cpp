// hfasync-bench as people run it.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

#include "examples/child.hpp"

namespace json = boost::json;
using hfasync::tests::Child;

namespace {

struct ProgramFixture {
    std::atomic<int> seen{0};
    std::promise<void> fifty;
    hfasync::emulator::Emulator server{{.on_request = [this](const hfasync::emulator::SeenRequest&) {
        if (++seen == 50) fifty.set_value();
    }}};
    ProgramFixture() { server.seed_repo("acme/tiny", {{"config.json", "{}"}}); }
    std::vector<std::string> words(std::vector<std::string> own) const
    {
        own.insert(own.end(), {"--repo", "acme/tiny", "--endpoint", server.endpoint()});
        return own;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(bench_harness_bench_program, ProgramFixture)

BOOST_AUTO_TEST_CASE(ctrl_c_prints_what_there_is)
{
    Child program("hfasync-bench", words({"model_info", "--seconds", "600", "--json", "-n", "4"}));
    BOOST_REQUIRE((fifty.get_future().wait_for(std::chrono::minutes(1)) == std::future_status::ready));
    program.signal(SIGINT);
    const auto report = json::parse(program.rest()).as_object();
    BOOST_TEST(program.wait() == 130);
    BOOST_TEST(report.at("interrupted").as_bool());
    const auto counted = report.at("total").at("calls").to_number<std::uint64_t>();
    const auto cancelled = report.at("cancelled").to_number<std::uint64_t>();
    BOOST_TEST(counted > 0U);
    BOOST_TEST(cancelled <= 4U);
    const auto answered = server.requests().size();
    BOOST_TEST(answered >= counted);
    BOOST_TEST(answered <= counted + cancelled);
}

BOOST_AUTO_TEST_CASE(a_count_with_a_warm_up)
{
    Child program("hfasync-bench",
                  words({"file_exists", "--file", "config.json", "-c", "30", "--warm-up", "7", "--json"}));
    const auto report = json::parse(program.rest());
    BOOST_TEST(program.wait() == 0);
    BOOST_TEST(report.at("total").at("calls").to_number<int>() == 30);
    BOOST_TEST(server.requests().size() == 37U);
}

BOOST_AUTO_TEST_CASE(text_and_statuses)
{
    Child good("hfasync-bench", words({"model_info", "-c", "3"}));
    const auto text = good.rest();
    BOOST_TEST(good.wait() == 0);
    BOOST_TEST(text.find("  calls      3 (0 failed)") != std::string::npos, text);
    BOOST_TEST(text.find("p99.9") != std::string::npos);
    Child bad("hfasync-bench", words({"nonsense", "-c", "3"}));
    BOOST_TEST(bad.rest() == "");
    BOOST_TEST(bad.wait() == 1);
    Child failing("hfasync-bench",
                  {"model_info", "-c", "3", "--repo", "acme/none", "--endpoint", server.endpoint()});
    BOOST_TEST(failing.rest().find("3 x RepositoryNotFoundError") != std::string::npos);
    BOOST_TEST(failing.wait() == 1);
    Child list("hfasync-bench", {"--list"});
    BOOST_TEST(list.rest().find("hf_hub_download") != std::string::npos);
    BOOST_TEST(list.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
