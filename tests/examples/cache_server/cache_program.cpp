// hfasync-cache as people run it.
#include "fixture.hpp"

#include <boost/json.hpp>

#include <csignal>

#include "examples/child.hpp"

using namespace cache_server::test;
using hfasync::tests::Child;

BOOST_FIXTURE_TEST_SUITE(cache_server_cache_program, CacheFixture)

BOOST_AUTO_TEST_CASE(it_says_where_it_is_and_ends_at_sigterm)
{
    const auto folder = (dir.path() / "program").string();
    Child program("hfasync-cache", {"--folder", folder, "--upstream", hub->endpoint(), "--port", "0",
                                    "--max-size", "10MB", "--branch-ttl", "0"});
    const auto first = boost::json::parse(program.line()).as_object();
    BOOST_TEST(first.at("upstream").as_string() == hub->endpoint());
    const std::string endpoint(first.at("endpoint").as_string());
    PlainClient client(endpoint, 60'000);
    BOOST_TEST((client.request("GET", "/acme/tiny/resolve/main/big.bin").body == big));
    BOOST_TEST(client.request("GET", "/metrics").body.find("hfasync_cache_limit_bytes 10000000\n") !=
               std::string::npos);
    Child second("hfasync-cache", {"--folder", folder, "--upstream", hub->endpoint(), "--port", "0"});
    BOOST_TEST(second.rest() == "");
    BOOST_TEST(second.wait() == 1); // the folder is taken
    program.signal(SIGTERM);
    BOOST_TEST(program.rest() == "");
    BOOST_TEST(program.wait() == 0);
    BOOST_TEST(std::filesystem::is_empty(std::filesystem::path(folder) / "partial"));
}

BOOST_AUTO_TEST_SUITE_END()
