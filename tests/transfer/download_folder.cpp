// local_dir: the rules of on-disk sharing with the reference.
#include "transfer/download_fixture.hpp"

BOOST_AUTO_TEST_SUITE(transfer_download_folder)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_CASE(files_and_their_records, DownloadFixture)
{
    for (const auto& [path, text] : files)
        BOOST_TEST((read_file(get(path, {.local_dir = dir / "out"})) == text), path);
    BOOST_TEST(!fs::exists(dir / "hub"));
    BOOST_TEST(read_file(dir / "out/.cache/huggingface/.gitignore") == "*");
    const auto record = read_file(dir / "out/.cache/huggingface/download/data/train.csv.metadata");
    BOOST_TEST(record.starts_with(commit + "\n"));
    hub.forget_requests();
    get("data/train.csv", {.revision = commit, .local_dir = dir / "out"});
    BOOST_TEST(hub.requests().size() == 0u);
    get("data/train.csv", {.local_dir = dir / "out"});
    BOOST_TEST(requests("GET") == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_edited_file_is_fetched_again, DownloadFixture)
{
    const auto at = get("data/train.csv", {.local_dir = dir / "out"});
    write_file(at, "edited");
    fs::last_write_time(at, fs::file_time_type::clock::now() + std::chrono::hours(1));
    get("data/train.csv", {.local_dir = dir / "out"});
    BOOST_TEST(read_file(at) == content("data/train.csv"));
}

BOOST_FIXTURE_TEST_CASE(an_lfs_file_without_a_record_is_hashed, DownloadFixture)
{
    write_file(dir / "out/big.bin", content("big.bin"));
    get("big.bin", {.local_dir = dir / "out"});
    BOOST_TEST(requests("GET", "storage") == 0u);
    BOOST_TEST(fs::exists(dir / "out/.cache/huggingface/download/big.bin.metadata"));
}

BOOST_FIXTURE_TEST_CASE(a_failed_update_keeps_the_old_file, DownloadFixture)
{
    write_file(dir / "out/config.json", "mine");
    hub.add_fault({.method = "GET",
                   .path = "*config.json",
                   .times = -1,
                   .action = emulator::FaultAction::status,
                   .status = 503});
    BOOST_CHECK_THROW(get("config.json", {.local_dir = dir / "out"}), HfHubHTTPError);
    BOOST_TEST(read_file(dir / "out/config.json") == "mine");
}

BOOST_FIXTURE_TEST_CASE(what_the_cache_has_is_copied, DownloadFixture)
{
    get("big.bin");
    hub.forget_requests();
    const auto at = get("big.bin", {.local_dir = dir / "out"});
    BOOST_TEST((read_file(at) == content("big.bin")));
    BOOST_TEST(!fs::is_symlink(at));
    BOOST_TEST(requests("GET", "storage") == 0u);
}

BOOST_FIXTURE_TEST_CASE(planted_links_are_refused_or_replaced, DownloadFixture)
{
    fs::create_directories(dir / "elsewhere");
    fs::create_directories(dir / "out");
    fs::create_directory_symlink(dir / "elsewhere", dir / "out/data");
    BOOST_CHECK_THROW(get("data/train.csv", {.local_dir = dir / "out"}), OSError);
    BOOST_TEST(fs::is_empty(dir / "elsewhere"));
    write_file(dir / "elsewhere/victim", "keep");
    fs::create_symlink(dir / "elsewhere/victim", dir / "out/config.json");
    get("config.json", {.local_dir = dir / "out"});
    BOOST_TEST(read_file(dir / "elsewhere/victim") == "keep");
    BOOST_TEST(!fs::is_symlink(dir / "out/config.json"));
}

BOOST_AUTO_TEST_SUITE_END()
