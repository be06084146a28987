// Scan, deletion and verification of a cache that downloads have made.
// ctest: timeout=300
#include <hfasync/transfer/cache_tools.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>

#include "base/hash.hpp"
#include "cache/delete_plan.hpp"
#include "cache/file_lock.hpp"
#include "transfer/download_fixture.hpp"

BOOST_AUTO_TEST_SUITE(transfer_cache_tools)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

struct Fixture : DownloadFixture {
    Hub client{options()};

    HFCacheInfo scan() { return client.block_on(scan_cache_dir(client)); }
    CacheVerification verify(VerifyCacheOptions how = {}, ProgressSink sink = {})
    {
        return client.block_on(verify_cache(client, std::move(how), std::move(sink)));
    }
    fs::path blob_of(const std::string& path) const { return fs::canonical(pointer(path)); }
    static void overwrite(const fs::path& path, const std::string& content) { write_file(path, content); }
};

const VerifiedFile& file_at(const CacheVerification& result, const fs::path& path)
{
    const auto found = std::ranges::find(result.files, path, &VerifiedFile::path);
    if (found == result.files.end()) throw std::out_of_range(path.string());
    return *found;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_scan_finds_what_was_downloaded, Fixture)
{
    snapshot();
    hub.seed_repo("acme/rows", {{"a.csv", "1\n"}}, RepoType::dataset);
    client.block_on(DownloadsApi(client).snapshot_download("acme/rows", {.repo_type = "dataset"}));
    const auto info = scan();
    BOOST_TEST(info.warnings.empty());
    BOOST_REQUIRE(info.repos.size() == 2u);
    BOOST_TEST(info.repos[0].repo_id == "acme/rows");
    BOOST_TEST((info.repos[0].repo_type == RepoType::dataset));
    const auto& tiny = info.repos[1];
    std::uint64_t bytes = 0;
    for (const auto& [path, text] : files)
        bytes += text.size();
    BOOST_TEST(tiny.size_on_disk == bytes);
    BOOST_TEST(info.size_on_disk == bytes + 2);
    BOOST_TEST(tiny.nb_files == files.size());
    BOOST_REQUIRE(tiny.revisions.size() == 1u);
    BOOST_TEST(tiny.revisions[0].commit_hash == commit);
    BOOST_TEST((tiny.revisions[0].refs == std::vector<std::string>{"main"}));
    BOOST_TEST(scan().repos[1].revisions[0].files.size() == files.size());
}

BOOST_FIXTURE_TEST_CASE(a_cache_that_is_not_there_is_an_error, Fixture)
{
    BOOST_CHECK_THROW(scan(), FileNotFoundError);
    BOOST_CHECK_THROW(verify(), FileNotFoundError);
    write_file(dir / "hub", "x");
    BOOST_CHECK_THROW(scan(), ValueError);
    BOOST_CHECK_THROW(verify({.cache_dir = dir.path(), .repos = "acme/none"}), FileNotFoundError);
    BOOST_CHECK_THROW(verify({.cache_dir = dir.path(), .repos = "../x"}), HFValidationError);
    BOOST_CHECK_THROW(verify({.cache_dir = dir.path(), .repo_type = "models"}), ValueError);
}

BOOST_FIXTURE_TEST_CASE(what_is_deleted_can_be_downloaded_again, Fixture)
{
    snapshot();
    const auto strategy = scan().delete_revisions(commit);
    BOOST_TEST((strategy.repos == std::vector{fs::canonical(repo())}));
    const auto done = client.block_on(execute(client, strategy));
    BOOST_TEST(done.kept.empty());
    BOOST_TEST(done.freed_size >= strategy.expected_freed_size);
    BOOST_TEST(scan().repos.empty());
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
    BOOST_TEST(client.block_on(execute(client, {})).deleted.empty());
}

BOOST_FIXTURE_TEST_CASE(a_repo_with_a_download_under_way_is_not_pulled_away, Fixture)
{
    get("config.json");
    hub.add_fault({.method = "GET",
                   .path = "*",
                   .origin = "storage",
                   .action = emulator::FaultAction::stall,
                   .at = 1u << 20});
    const auto half = [&] {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(repo() / "blobs", none))
            if (entry.path().extension() == ".incomplete" && entry.file_size(none) > 0) return true;
        return false;
    };
    auto patient = options();
    patient.timeouts.idle = std::chrono::minutes(2); // the stalled download holds its lock all the time
    const Hub other(client.executor(), patient);
    const auto run = [&]() -> asio::awaitable<CacheDeletion> {
        using namespace asio::experimental::awaitable_operators;
        const auto remove = [&]() -> asio::awaitable<CacheDeletion> {
            const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
            while (!half() && std::chrono::steady_clock::now() < deadline)
                co_await asio::post(asio::use_awaitable);
            auto info = co_await scan_cache_dir(client);
            co_return co_await execute(client, info.delete_revisions(commit));
        };
        auto first = co_await (DownloadsApi(other).hf_hub_download("acme/tiny", "big.bin") || remove());
        BOOST_REQUIRE(first.index() == 1u);
        co_return std::get<1>(std::move(first));
    };
    const auto done = client.block_on(run());
    BOOST_TEST(!done.kept.empty());
    BOOST_TEST(!fs::exists(pointer("config.json")));
    BOOST_TEST(half()); // what had arrived is there for the next
    BOOST_TEST(scan().warnings.empty());
    BOOST_TEST((read_file(get("big.bin")) == content("big.bin")));
    BOOST_TEST(verify().good());
}

BOOST_FIXTURE_TEST_CASE(downloads_and_deletions_beside_each_other_break_nothing, Fixture)
{
    std::vector<std::pair<std::string, std::string>> many;
    for (int i = 0; i < 30; ++i)
        many.emplace_back("f" + std::to_string(i), "content " + std::to_string(i % 20));
    const auto at = hub.seed_repo("acme/many", many);
    auto parallel = options();
    parallel.worker_threads = 4;
    Hub busy(parallel);
    const auto whole = [&] {
        for (const auto& entry : fs::recursive_directory_iterator(dir / "hub"))
            BOOST_TEST((!entry.is_symlink() || fs::exists(entry.path())), entry.path());
    };
    const auto run = [&]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        const DownloadsApi api(busy);
        const auto remove = [&]() -> asio::awaitable<void> {
            for (int i = 0; i < 8; ++i) {
                auto info = co_await scan_cache_dir(busy);
                co_await execute(busy, info.delete_revisions(at));
            }
        };
        co_await api.snapshot_download("acme/many");
        for (int round = 0; round < 5; ++round) {
            try {
                co_await (api.snapshot_download("acme/many") && remove());
            } catch (const asio::multiple_exceptions& both) { // says nothing of its own
                std::rethrow_exception(both.first_exception());
            }
            whole();
        }
        const auto folder = co_await api.snapshot_download("acme/many");
        for (const auto& [path, text] : many)
            BOOST_TEST(read_file(folder / path) == text);
    };
    busy.block_on(run());
    BOOST_TEST(scan().warnings.empty());
    BOOST_TEST(verify().good());
}

BOOST_FIXTURE_TEST_CASE(a_good_cache_verifies, Fixture)
{
    snapshot();
    write_file(repo() / "blobs/abc.incomplete", "half");
    std::vector<ProgressEvent> events;
    const auto result = verify({}, [&](const ProgressEvent& event) { events.push_back(event); });
    BOOST_TEST(result.good());
    BOOST_TEST(result.count(CacheFileState::ok) == files.size());
    BOOST_TEST(result.files.size() == files.size());
    BOOST_TEST(result.hashed_bytes == scan().size_on_disk);
    BOOST_REQUIRE(events.size() >= 2u);
    BOOST_TEST((events.front().kind == ProgressKind::started));
    BOOST_TEST((events.back().kind == ProgressKind::finished));
    BOOST_TEST(events.back().done == result.hashed_bytes);
    BOOST_TEST(events.back().items_done == files.size());
    BOOST_TEST(verify({.repos = "acme/tiny", .repo_type = "model"}).files.size() == files.size());
    BOOST_CHECK_THROW(verify({.repos = "acme/tiny", .repo_type = "space"}), FileNotFoundError);
}

BOOST_FIXTURE_TEST_CASE(every_kind_of_damage_is_found, Fixture)
{
    snapshot();
    const auto flipped = blob_of("big.bin");
    auto bytes = content("big.bin");
    bytes[5'000'000] = static_cast<char>(bytes[5'000'000] ^ 1);
    overwrite(flipped, bytes);
    const auto cut = blob_of("config.json");
    overwrite(cut, content("config.json").substr(1));
    const auto gone = blob_of("data/train.csv");
    fs::remove(gone);
    write_file(repo() / "blobs/not-a-hash", "x");
    const auto result = verify();
    BOOST_TEST(!result.good());
    BOOST_TEST((file_at(result, flipped).state == CacheFileState::mismatch));
    BOOST_TEST(*file_at(result, flipped).actual == detail::sha256_hex(bytes));
    BOOST_TEST(*file_at(result, flipped).expected == flipped.filename().string());
    BOOST_TEST((file_at(result, cut).state == CacheFileState::mismatch));
    BOOST_TEST((file_at(result, gone).state == CacheFileState::missing));
    BOOST_TEST(
        (file_at(result, fs::canonical(repo()) / "blobs/not-a-hash").state == CacheFileState::unknown));
    BOOST_TEST((file_at(result, blob_of("empty.txt")).state == CacheFileState::ok));
    BOOST_TEST(fs::exists(flipped)); // nothing is deleted unasked
}

BOOST_FIXTURE_TEST_CASE(files_of_systems_without_links_are_checked_by_the_listing, Fixture)
{
    snapshot();
    for (const auto& [path, text] : files) {
        fs::remove(pointer(path));
        write_file(pointer(path), text);
    }
    fs::remove_all(repo() / "blobs");
    const auto listing = repo() / "trees" / (commit + ".json"); // the snapshot has kept it
    auto result = verify();
    BOOST_TEST(result.count(CacheFileState::ok) == files.size());
    BOOST_TEST(result.good());
    overwrite(pointer("config.json"), "{}");
    result = verify({.delete_bad = true});
    BOOST_TEST(result.count(CacheFileState::mismatch) == 1u);
    BOOST_TEST(!fs::exists(pointer("config.json")));
    for (const char* broken :
         {"{", "[]", R"({"format_version": 2, "files": {}})", R"({"format_version": 1})"}) {
        overwrite(listing, broken);
        BOOST_TEST(verify().count(CacheFileState::unknown) == files.size() - 1, broken);
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_bad_is_deleted_and_fetched_again, Fixture)
{
    snapshot();
    const auto bad = blob_of("big.bin");
    const auto gone = blob_of("config.json");
    overwrite(bad, std::string(content("big.bin").size(), 'x'));
    fs::remove(gone);
    BOOST_TEST(scan().warnings.size() == 1u);
    auto result = verify({.delete_bad = true});
    BOOST_TEST(file_at(result, bad).deleted);
    BOOST_TEST(file_at(result, gone).deleted);
    BOOST_TEST(!fs::exists(bad));
    BOOST_TEST(!fs::is_symlink(pointer("big.bin")));
    BOOST_TEST(!fs::is_symlink(pointer("config.json")));
    BOOST_TEST(scan().warnings.empty());
    BOOST_TEST(verify().good());
    snapshot();
    BOOST_TEST((read_file(pointer("big.bin")) == content("big.bin")));
    BOOST_TEST(verify().count(CacheFileState::ok) == files.size());
}

BOOST_FIXTURE_TEST_CASE(a_bad_file_under_its_lock_is_kept, Fixture)
{
    get("config.json");
    const auto bad = blob_of("config.json");
    overwrite(bad, "other");
    const auto lock = detail::FileLock::try_lock(detail::blob_lock(repo(), bad.filename().string()));
    BOOST_REQUIRE(lock);
    const auto result = verify({.delete_bad = true});
    BOOST_TEST(!file_at(result, bad).deleted);
    BOOST_TEST(result.warnings.size() == 1u);
    BOOST_TEST(fs::exists(bad));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_read_is_a_warning, Fixture)
{
    get("config.json");
    const std::string name(64, 'a');
    fs::create_symlink("/nonexistent/x", repo() / "blobs" / name); // no file: not looked at
    fs::create_directory(repo() / "blobs" / std::string(64, 'b'));
    BOOST_TEST(verify().good());
    BOOST_TEST(verify().files.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(memory_stays_within_the_budget_and_a_cancel_ends_it, Fixture)
{
    snapshot();
    auto small = options();
    small.memory_budget = 1u << 20;
    small.worker_threads = 4;
    Hub narrow(small);
    BOOST_TEST(narrow.block_on(verify_cache(narrow)).good());
    const auto run = [&]() -> asio::awaitable<void> {
        asio::cancellation_signal stop;
        std::exception_ptr outcome;
        bool ended = false, begun = false;
        asio::co_spawn(
            narrow.executor(),
            verify_cache(narrow, {}, [&](const ProgressEvent& event) { begun = begun || event.done > 0; }),
            asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, CacheVerification) {
                outcome = error;
                ended = true;
            }));
        while (!begun && !ended)
            co_await asio::post(asio::use_awaitable);
        stop.emit(asio::cancellation_type::terminal);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!ended && std::chrono::steady_clock::now() < deadline)
            co_await asio::post(asio::use_awaitable);
        BOOST_REQUIRE(ended);
        if (outcome) BOOST_CHECK_THROW(std::rethrow_exception(outcome), CancelledError);
        BOOST_TEST(begun);
    };
    narrow.block_on(run());
}

BOOST_AUTO_TEST_SUITE_END()
