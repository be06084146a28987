// What progress tells: per file and in all, from the cache and from the network.
#include "transfer/download_fixture.hpp"

#include <map>

BOOST_AUTO_TEST_SUITE(transfer_download_progress)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_CASE(progress_tells_the_cache_from_the_network, DownloadFixture)
{
    std::uint64_t all = 0;
    for (const auto& [path, text] : files)
        all += text.size();
    get("data/train.csv");
    const auto watch = [&](SnapshotDownloadOptions how) {
        ProgressEvent last;
        std::map<std::string, int> open; // items that have begun and not ended
        int totals = 0;
        snapshot(std::move(how), [&](const ProgressEvent& event) {
            if (event.kind == ProgressKind::started) BOOST_TEST(++open[event.name] == 1, event.name);
            if (event.kind == ProgressKind::finished || event.kind == ProgressKind::failed)
                BOOST_TEST(--open[event.name] == 0, event.name);
            if (event.phase != ProgressPhase::total) return;
            ++totals;
            last = event;
        });
        for (const auto& [name, count] : open)
            BOOST_TEST(count == 0, name);
        BOOST_TEST(totals >= 2);
        BOOST_TEST((last.kind == ProgressKind::finished));
        BOOST_TEST(last.items_done == files.size());
        BOOST_TEST(last.items_total == files.size());
        BOOST_TEST(last.done == all);
        BOOST_TEST(last.total == all);
        return last.cached;
    };
    BOOST_TEST(watch({}) == content("data/train.csv").size());
    BOOST_TEST(watch({}) == all);                         // warm
    BOOST_TEST(watch({.local_dir = dir / "out"}) == all); // copied from the cache
    fs::remove_all(dir / "hub");
    // Without a tree the sizes come one by one.
    hub.add_fault({.method = "GET",
                   .path = "/api/models/*/tree/*",
                   .times = -1,
                   .action = emulator::FaultAction::status,
                   .status = 404});
    BOOST_TEST(watch({}) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_failure_ends_its_item_and_the_total, DownloadFixture)
{
    hub.add_fault({.method = "GET",
                   .path = "*/data/train.csv",
                   .times = -1,
                   .action = emulator::FaultAction::flip_bit,
                   .at = 3});
    std::vector<ProgressEvent> ends;
    BOOST_CHECK_THROW(snapshot({},
                               [&](const ProgressEvent& event) {
                                   if (event.kind == ProgressKind::failed) ends.push_back(event);
                               }),
                      IntegrityError);
    BOOST_REQUIRE(ends.size() >= 2u);
    BOOST_TEST((ends.back().phase == ProgressPhase::total));
    BOOST_TEST(std::ranges::any_of(ends, [](const auto& event) { return event.name == "data/train.csv"; }));
}

BOOST_FIXTURE_TEST_CASE(a_hit_is_an_item_too, DownloadFixture)
{
    get("config.json");
    for (const auto& revision : {std::string("main"), commit}) {
        std::vector<ProgressEvent> events;
        get("config.json", {.revision = revision},
            [&](const ProgressEvent& event) { events.push_back(event); });
        BOOST_REQUIRE(events.size() == 2u);
        BOOST_TEST((events[0].kind == ProgressKind::started));
        BOOST_TEST((events[1].kind == ProgressKind::finished));
        BOOST_TEST(events[1].cached == content("config.json").size());
    }
}

BOOST_AUTO_TEST_SUITE_END()
