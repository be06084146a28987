// Clients that fetch a large file in parts, several at a time: they fill the cache like others.
#include "fixture.hpp"

#include <future>
#include <mutex>

using namespace cache_server::test;

namespace {

/// Two large files, by the measure of a server that takes 256 KiB to be large.
struct PartsFixture : CacheFixture {
    const std::string target = "/acme/large/resolve/main/big.bin",
                      other = "/acme/large/resolve/main/more.bin";
    std::string more = noise(2 * mib, 7);
    PartsFixture()
    {
        commit = hub->seed_repo("acme/large", files());
        options.whole_below = mib / 4;
        restart();
        hub->forget_requests();
    }
    std::vector<std::pair<std::string, std::string>> files() const
    {
        return {{"big.bin", big}, {"more.bin", more}, {"half.bin", more.substr(0, mib)}};
    }
    PlainResponse part(const std::string& of, std::uint64_t first, std::uint64_t end) const
    {
        return get(of, {{"Range", "bytes=" + std::to_string(first) + "-" + std::to_string(end - 1)}});
    }
    /// Six at a time make the file; how many of them had X-Cache: `source`.
    std::size_t six_parts(const std::string& source) const
    {
        std::vector<std::future<PlainResponse>> answers;
        const auto edge = [this](std::uint64_t i) { return big.size() * i / 6; };
        for (std::uint64_t i = 0; i < 6; ++i)
            answers.push_back(std::async(std::launch::async,
                                         [this, edge, i] { return part(target, edge(i), edge(i + 1)); }));
        std::string whole;
        std::size_t count = 0;
        for (auto& answer : answers) {
            const auto got = answer.get();
            BOOST_TEST(got.status == 206);
            whole += got.body;
            count += got.header("X-Cache") == source;
        }
        BOOST_TEST((whole == big));
        return count;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cache_server_parts, PartsFixture)

BOOST_AUTO_TEST_CASE(six_parts_at_a_time_fill_the_cache)
{
    six_parts("BYPASS");
    BOOST_REQUIRE(server->metrics().transfers == 1U);
    // A part from the start on waits for what the transfer brings: it begins none of its own.
    BOOST_TEST((get(target, {{"Range", "bytes=0-"}}).body == big));
    BOOST_TEST(server->metrics().transfers == 1U);
    BOOST_TEST(stored().size() == 1U);
    BOOST_TEST(server->metrics().fetched_bytes <= 2 * big.size());
    unplug();
    BOOST_TEST(six_parts("HIT") == 6U);
    const auto whole = get(target);
    BOOST_TEST(whole.header("X-Cache") == "HIT");
    BOOST_TEST((whole.body == big));
}

BOOST_AUTO_TEST_CASE(a_reader_of_headers_fetches_no_more_than_that)
{
    for (std::uint64_t at : {0U, 100U, 2'000'000U, 0U}) {
        const auto got = part(target, at, at + 10'000);
        BOOST_TEST(got.header("X-Cache") == "BYPASS");
        BOOST_TEST((got.body == big.substr(at, 10'000)));
    }
    BOOST_TEST(server->metrics().transfers == 0U);
    BOOST_TEST(server->metrics().fetched_bytes == 40'000U);
    part(target, 0, mib / 2); // one part, too
    BOOST_TEST(server->metrics().transfers == 0U);
    BOOST_TEST(stored().empty());
}

BOOST_AUTO_TEST_CASE(the_larger_half_is_as_good_as_all)
{
    const auto rest = get(target, {{"Range", "bytes=1000000-"}}); // a download that goes on
    BOOST_TEST((rest.body == big.substr(1'000'000)));
    BOOST_TEST(server->metrics().transfers == 1U);
}

BOOST_AUTO_TEST_CASE(an_operator_may_want_none)
{
    options.background_transfers = 0;
    restart();
    BOOST_TEST(six_parts("BYPASS") == 6U);
    BOOST_TEST(server->metrics().transfers == 0U);
    BOOST_TEST(stored().empty());
}

BOOST_AUTO_TEST_CASE(so_many_at_a_time_and_none_outlives_the_server)
{
    std::promise<void> go_on;
    hub.reset();
    auto slow = hub_options();
    slow.threads = 32; // a connection stays with its thread, and one of them waits below
    // The storage keeps who wants all of a file waiting, and nobody else.
    slow.on_request = [waits = go_on.get_future().share()](const emulator::SeenRequest& request) {
        const bool ranged = std::any_of(request.headers.begin(), request.headers.end(),
                                        [](const auto& field) { return field.first == "Range"; });
        if (request.origin == "storage" && !ranged) waits.wait_for(std::chrono::seconds(30));
    };
    hub = std::make_unique<emulator::Emulator>(slow);
    hub->seed_repo("acme/large", files());
    options.upstream.endpoint = hub->endpoint();
    options.background_transfers = 1;
    restart();
    const auto two_parts = [this](const std::string& of) {
        for (std::uint64_t i = 2; i < 4; ++i) // far from where the transfer is
        {
            const auto got = part(of, i * mib / 2, (i + 1) * mib / 2);
            BOOST_TEST_CONTEXT(got.head) BOOST_TEST(got.header("X-Cache") == "BYPASS");
        }
    };
    two_parts(target);
    BOOST_TEST(server->metrics().transfers == 1U);
    two_parts(target);
    two_parts(other);
    BOOST_TEST(server->metrics().transfers == 1U);
    server->stop(); // does not wait for it
    BOOST_TEST(std::filesystem::is_empty(options.folder / "partial"));
    BOOST_TEST(stored().empty());
    go_on.set_value();
}

BOOST_AUTO_TEST_CASE(a_file_that_never_fits_takes_nobodys_turn)
{
    options.background_transfers = 1;
    options.max_bytes = mib + mib / 2;
    restart();
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(six_parts("BYPASS") == 6U);
    BOOST_TEST(server->metrics().transfers == 0U);
    const std::string half = "/acme/large/resolve/main/half.bin";
    part(half, 0, mib / 3);
    part(half, mib / 3, mib / 2);
    BOOST_TEST(server->metrics().transfers == 1U);
    BOOST_TEST((get(half, {{"Range", "bytes=0-"}}).body == more.substr(0, mib)));
    BOOST_TEST(stored().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
