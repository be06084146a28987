// Tests of a program that loads files from the Hub, with Boost.Test: each has a Hub of its own, in its own
// process.
#define BOOST_TEST_MODULE loader
#include <boost/test/included/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>

namespace fs = std::filesystem;
using hfasync::emulator::Emulator;
using hfasync::emulator::FaultAction;

namespace {

/// What is tested: it takes the Hub's address and a token from whoever calls it.
std::string load_config(std::string endpoint, std::string token, fs::path cache)
{
    hfasync::HubOptions options{.endpoint = std::move(endpoint), .token = std::move(token)};
    options.cache.hub_cache = std::move(cache);
    options.retry.base = std::chrono::milliseconds(1);
    hfasync::Hub hub(options);
    std::ifstream file(hub.block_on(hfasync::HfApi(hub).hf_hub_download("acme/tiny", "config.json")));
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Not the cache of who runs the tests.
struct EmptyCache {
    fs::path path = fs::temp_directory_path() / ("loader-test-" + std::to_string(::getpid()));
    ~EmptyCache() { fs::remove_all(path); }
};

const fs::path fixtures = fs::path(__FILE__).parent_path() / "../seed/acme";
const std::string config = R"({"layers": 12})";

} // namespace

//[three_lines
BOOST_FIXTURE_TEST_CASE(the_config_of_a_folder_is_loaded, EmptyCache)
{
    Emulator hub;
    hub.seed_repo("acme/tiny", fixtures / "tiny");
    BOOST_TEST(load_config(hub.endpoint(), hub.token(), path).starts_with("{"));
}
//]

//[memory
BOOST_FIXTURE_TEST_CASE(the_newest_config_is_loaded, EmptyCache)
{
    Emulator hub;
    hub.seed_repo("acme/tiny", {{"config.json", config}, {"README.md", "# tiny\n"}});
    BOOST_TEST(load_config(hub.endpoint(), hub.token(), path) == config);
    BOOST_TEST(hub.requests().size() == 2u); // a HEAD, a GET
    load_config(hub.endpoint(), hub.token(), path);
    BOOST_TEST(hub.requests().size() == 3u); // it asks whether the config has changed, and no more
}
//]

//[faults
BOOST_FIXTURE_TEST_CASE(a_download_that_breaks_off_goes_on, EmptyCache)
{
    Emulator hub;
    hub.seed_repo("acme/tiny", {{"config.json", config}});
    hub.add_fault({.method = "GET", .path = "*/config.json", .action = FaultAction::reset, .at = 5});
    BOOST_TEST(load_config(hub.endpoint(), hub.token(), path) == config);
}

BOOST_FIXTURE_TEST_CASE(a_hub_that_stays_down_is_an_error, EmptyCache)
{
    Emulator hub;
    hub.seed_repo("acme/tiny", {{"config.json", config}});
    hub.add_fault({.times = -1, .action = FaultAction::status, .status = 503});
    BOOST_CHECK_THROW(load_config(hub.endpoint(), hub.token(), path), hfasync::LocalEntryNotFoundError);
}
//]

//[accounts
BOOST_FIXTURE_TEST_CASE(strangers_see_no_private_config, EmptyCache)
{
    hfasync::emulator::Options options;
    options.accounts = {
        {.name = "ada", .tokens = {{.token = "hf_ada"}}, .memberships = {{.organization = "acme"}}},
        {.name = "bob", .tokens = {{.token = "hf_bob"}}},
        {.name = "acme", .is_organization = true}};
    Emulator hub(options);
    hub.seed_repo("acme/tiny", {{"config.json", config}});
    hfasync::Hub ada({.endpoint = hub.endpoint(), .token = "hf_ada"});
    ada.block_on(hfasync::HfApi(ada).update_repo_settings("acme/tiny", {.private_ = true}));
    BOOST_CHECK_THROW(load_config(hub.endpoint(), "hf_bob", path), hfasync::Error);
    BOOST_TEST(load_config(hub.endpoint(), "hf_ada", path) == config);
}
//]
