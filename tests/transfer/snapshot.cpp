#include "transfer/download_fixture.hpp"

BOOST_AUTO_TEST_SUITE(transfer_snapshot)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_CASE(all_files_without_a_head_each, DownloadFixture)
{
    const auto folder = snapshot();
    BOOST_TEST(folder == repo() / "snapshots" / commit);
    for (const auto& [path, text] : files)
        BOOST_TEST((read_file(folder / path) == text), path);
    BOOST_TEST(read_file(repo() / "refs/main") == commit);
    BOOST_TEST(requests("HEAD") == 0u);
    check_blobs();
}

BOOST_FIXTURE_TEST_CASE(warm_is_one_request, DownloadFixture)
{
    snapshot();
    hub.forget_requests();
    snapshot();
    BOOST_TEST(hub.requests().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(patterns_choose, DownloadFixture)
{
    auto folder = snapshot({.allow_patterns = "*.json"});
    BOOST_TEST(fs::exists(folder / "config.json"));
    BOOST_TEST(!fs::exists(folder / "data"));
    fs::remove_all(dir / "hub");
    folder = snapshot({.ignore_patterns = Strings{"*.bin", "data/"}});
    BOOST_TEST(fs::exists(folder / "empty.txt"));
    BOOST_TEST(!fs::exists(folder / "big.bin"));
    BOOST_TEST(!fs::exists(folder / "data"));
    fs::remove_all(dir / "hub");
    folder = snapshot({.allow_patterns = Strings{}});
    BOOST_TEST(!fs::exists(folder));
    BOOST_TEST(read_file(repo() / "refs/main") == commit);
}

BOOST_FIXTURE_TEST_CASE(into_a_folder_and_warm, DownloadFixture)
{
    const auto folder = snapshot({.local_dir = dir / "out"});
    BOOST_TEST(folder == fs::canonical(dir / "out"));
    for (const auto& [path, text] : files)
        BOOST_TEST((read_file(folder / path) == text), path);
    BOOST_TEST(read_file(repo() / "refs/main") == commit); // as the reference: the ref goes to the cache
    hub.forget_requests();
    snapshot({.local_dir = dir / "out"});
    BOOST_TEST(hub.requests().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_mirror_without_a_tree_is_asked_by_head, DownloadFixture)
{
    hub.add_fault({.method = "GET",
                   .path = "/api/models/*/tree/*",
                   .times = -1,
                   .action = emulator::FaultAction::status,
                   .status = 404});
    const auto folder = snapshot();
    for (const auto& [path, text] : files)
        BOOST_TEST((read_file(folder / path) == text), path);
    BOOST_TEST(requests("HEAD") == files.size());
}

BOOST_FIXTURE_TEST_CASE(many_files_over_several_pages, DownloadFixture)
{
    std::vector<std::pair<std::string, std::string>> many;
    for (int i = 0; i < 2300; ++i)
        many.emplace_back("d" + std::to_string(i % 7) + "/f" + std::to_string(i),
                          "content " + std::to_string(i));
    hub.seed_repo("acme/many", many);
    Hub client(options());
    std::uint64_t most_files = 0;
    bool finished = false;
    const auto folder = client.block_on(
        DownloadsApi(client).snapshot_download("acme/many", {}, [&](const ProgressEvent& event) {
            if (event.phase != ProgressPhase::total) return;
            most_files = std::max(most_files, event.items_done);
            finished = event.kind == ProgressKind::finished;
        }));
    for (const auto& [path, text] : many)
        BOOST_REQUIRE(read_file(folder / path) == text);
    BOOST_TEST(most_files == many.size());
    BOOST_TEST(finished);
}

BOOST_FIXTURE_TEST_CASE(without_the_hub_the_cached_snapshot_serves, DownloadFixture)
{
    BOOST_CHECK_THROW(snapshot({.local_files_only = true}), LocalEntryNotFoundError);
    const auto folder = snapshot();
    auto offline = options();
    offline.offline = true;
    Hub client(offline);
    BOOST_TEST(client.block_on(DownloadsApi(client).snapshot_download("acme/tiny")) == folder);
    BOOST_CHECK_THROW(snapshot({.max_workers = 0}), ValueError);
    BOOST_CHECK_THROW(snapshot({.revision = "nope"}), RevisionNotFoundError);
}

BOOST_FIXTURE_TEST_CASE(one_bad_file_fails_the_call_and_keeps_the_rest, DownloadFixture)
{
    hub.add_fault({.method = "GET",
                   .path = "*/data/train.csv",
                   .times = -1,
                   .action = emulator::FaultAction::flip_bit,
                   .at = 3});
    BOOST_CHECK_THROW(snapshot({.max_workers = 1}), IntegrityError);
    BOOST_TEST(!fs::exists(pointer("data/train.csv")));
    hub.clear_faults();
    const auto folder = snapshot();
    for (const auto& [path, text] : files)
        BOOST_TEST((read_file(folder / path) == text), path);
}

BOOST_AUTO_TEST_SUITE_END()
