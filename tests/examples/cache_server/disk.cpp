// What is kept: eviction, restarts, the index and its journal, and how requests are read.
#include "store_fixture.hpp"

#include "cache_server/byte_range.hpp"

#include <variant>

using namespace cache_server;
using namespace cache_server::test;

namespace {

struct SmallDisk : CacheFixture {
    std::vector<std::string> content;
    SmallDisk()
    {
        std::vector<std::pair<std::string, std::string>> files;
        for (std::uint32_t i = 0; i < 4; ++i) {
            content.push_back(noise(mib, i + 10));
            files.emplace_back(std::to_string(i) + ".bin", content.back());
        }
        commit = hub->seed_repo("acme/four", files);
        options.max_bytes = 2 * mib + mib / 2;
        restart();
    }
    std::string fetch(std::size_t i)
    {
        const auto got = get("/acme/four/resolve/" + commit + "/" + std::to_string(i) + ".bin");
        BOOST_TEST(got.status == 200);
        BOOST_TEST((got.body == content[i]));
        return got.header("X-Cache");
    }
    std::uint64_t on_disk() const
    {
        std::uint64_t total = 0;
        for (const auto& path : stored())
            total += std::filesystem::file_size(path);
        return total;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(cache_server_disk)

BOOST_FIXTURE_TEST_CASE(the_file_that_was_not_used_longest_makes_room, SmallDisk)
{
    fetch(0);
    fetch(1);
    BOOST_TEST(fetch(0) == "HIT");
    BOOST_TEST(fetch(2) == "MISS"); // 1 goes
    BOOST_TEST(server->metrics().evictions == 1U);
    BOOST_TEST(server->metrics().evicted_bytes == mib);
    BOOST_TEST(on_disk() <= options.max_bytes);
    BOOST_TEST(fetch(0) == "HIT");
    BOOST_TEST(fetch(1) == "MISS");
    BOOST_TEST(on_disk() <= options.max_bytes);
    // What is known of an evicted file is still told without the upstream.
    hub->forget_requests();
    BOOST_TEST(ask("HEAD", "/acme/four/resolve/" + commit + "/2.bin").status == 200);
    BOOST_TEST(seen_all() == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_order_of_use_outlives_the_server, SmallDisk)
{
    fetch(0);
    fetch(1);
    server.reset();
    // Times of files may be coarse: make the order plain.
    const auto now = std::filesystem::file_time_type::clock::now();
    for (const auto& path : stored()) {
        std::ifstream in(path, std::ios::binary);
        const bool first = std::string(std::istreambuf_iterator<char>(in), {}) == content[0];
        std::filesystem::last_write_time(path, now - std::chrono::hours(first ? 1 : 2));
    }
    restart();
    hub->forget_requests();
    BOOST_TEST(fetch(0) == "HIT");
    BOOST_TEST(seen_all() == 0U);
    fetch(2);
    BOOST_TEST(fetch(0) == "HIT");
    options.max_bytes = mib + 100'000;
    restart();
    BOOST_TEST(on_disk() <= options.max_bytes);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_never_fits_passes_through, SmallDisk)
{
    options.max_bytes = mib / 2;
    restart();
    BOOST_TEST(fetch(0) == "BYPASS");
    BOOST_TEST(stored().empty());
    BOOST_TEST(server->metrics().bypassed >= 1U);
}

BOOST_FIXTURE_TEST_CASE(what_was_deleted_by_hand_is_fetched_again, SmallDisk)
{
    fetch(0);
    for (const auto& path : stored())
        std::filesystem::remove(path);
    BOOST_TEST(fetch(0) == "MISS");
    BOOST_TEST(fetch(0) == "HIT");
}

BOOST_FIXTURE_TEST_CASE(files_in_use_stay, StoreFixture)
{
    const auto blocks = [](std::size_t count, char c) { return std::string(count * block, c); };
    put("objects/r/a", blocks(40, 'a'));
    put("objects/r/b", blocks(40, 'b'));
    auto a = run(store->open("objects/r/a"));
    run(store->open("objects/r/b")); // used later, but not in use
    BOOST_TEST(run(store->reserve(30 * block)));
    BOOST_TEST(store->has("objects/r/a"));
    BOOST_TEST(!store->has("objects/r/b"));
    BOOST_TEST(!std::filesystem::exists(options.folder / "objects/r/b"));
    BOOST_TEST(!run(store->reserve(40 * block))); // 40 in use and 30 promised
    BOOST_TEST(store->has("objects/r/a"));
    a.reset();
    BOOST_TEST(run(store->reserve(40 * block)));
    BOOST_TEST(!store->has("objects/r/a"));
    BOOST_TEST(!run(store->reserve(100 * block + 1)));
    store->release(30 * block);
    store->release(40 * block);
    put("objects/r/c", blocks(90, 'c'));
    BOOST_TEST((run(store->open("objects/r/c"))->read(0, 200) == std::string(200, 'c')));
    put("objects/r/c", blocks(95, 'd')); // in place of itself
    BOOST_TEST(metrics.stored_bytes == 95 * block);
    BOOST_TEST((run(store->open("objects/r/c"))->read(0, 200) == std::string(200, 'd')));
}

BOOST_FIXTURE_TEST_CASE(the_journal_survives_what_a_crash_leaves, StoreFixture)
{
    const Repo repo{hfasync::RepoType::dataset, "acme/data"};
    const std::string commit(40, 'a'), etag(64, 'b');
    const auto folder = dir.path() / "repos";
    const auto all = [](const Repo&, const std::string&) { return true; };
    {
        Index index(folder, disk, all);
        index.set_ref(repo, "main", {commit, Clock::now()});
        index.set_file(repo, "é/a b.txt", {commit, etag, 7});
        index.set_absent(repo, commit, "none", Clock::now());
        index.set_public(repo, {true, Clock::now()});
        index.set_public({hfasync::RepoType::model, "acme/never"}, {false, Clock::now()});
    }
    disk.join();
    BOOST_TEST(!std::filesystem::exists(folder / "models--acme--never.ndjson"));
    std::ofstream(folder / "datasets--acme--data.ndjson", std::ios::app) << "{\"ref\": \"ma";
    for (int i = 0; i < 2; ++i) { // read, mended, and read again
        boost::asio::thread_pool other(1);
        Index index(folder, other, all);
        BOOST_TEST(index.ref(repo, "main")->commit == commit);
        BOOST_TEST((index.file(repo, commit, "é/a b.txt") == FileFacts{commit, etag, 7}));
        BOOST_TEST(!index.file(repo, commit, "none")); // remembered, not written
        BOOST_TEST(index.seen_public(repo)->is_public);
    }
    boost::asio::thread_pool other(1);
    Index index(folder, other, [](const Repo&, const std::string&) { return false; });
    BOOST_TEST(!index.file(repo, commit, "é/a b.txt")); // its bytes have gone
}

BOOST_AUTO_TEST_CASE(ranges)
{
    using Kind = RangeKind;
    const auto check = [](std::string_view header, std::uint64_t size, Kind kind, ByteRange range) {
        const auto got = wanted_range(header, "", "e", size);
        BOOST_TEST((got.kind == kind), header);
        if (kind != Kind::unsatisfiable) BOOST_TEST((got.range == range), header);
    };
    check("", 10, Kind::whole, {0, 10});
    check("bytes=0-", 10, Kind::part, {0, 10});
    check("bytes=2-4", 10, Kind::part, {2, 5});
    check("bytes=2-99", 10, Kind::part, {2, 10});
    check("bytes=-3", 10, Kind::part, {7, 10});
    check("bytes=-30", 10, Kind::part, {0, 10});
    check("bytes=10-", 10, Kind::unsatisfiable, {});
    check("bytes=-0", 10, Kind::unsatisfiable, {});
    check("bytes=0-", 0, Kind::unsatisfiable, {});
    for (const auto* odd : {"bytes=5-2", "bytes=a-b", "bytes=-", "bytes=1", "lines=0-1", "bytes=0-1,3-4",
                            "bytes=0x1-2", "bytes=99999999999999999999-"})
        check(odd, 10, Kind::whole, {0, 10});
    BOOST_TEST(names_etag("\"a\", W/\"b\"", "b"));
    BOOST_TEST(names_etag("*", "b"));
    BOOST_TEST(!names_etag("\"ab\"", "b"));
    BOOST_TEST(!names_etag("", "b"));
}

BOOST_AUTO_TEST_CASE(targets)
{
    const auto file = file_target("/datasets/acme/d/resolve/refs%2Fpr%2F1/a/b%20c?download=true");
    BOOST_REQUIRE(file);
    BOOST_TEST((file->repo == Repo{hfasync::RepoType::dataset, "acme/d"}));
    BOOST_TEST(file->revision == "refs/pr/1");
    BOOST_TEST(file->path == "a/b c");
    BOOST_TEST(file_target("/gpt2/resolve/main/x")->repo.id == "gpt2");
    BOOST_TEST(file_target("/datasets/squad/resolve/main/x")->repo.key() == "datasets--squad");
    BOOST_TEST(file_target("/a/resolve/resolve/main/x")->repo.id == "a"); // as the Hub reads it
    BOOST_TEST(!file_target("/acme/tiny/tree/main"));
    BOOST_TEST(!file_target("/acme/tiny/resolve/main"));
    const auto api = api_target("/api/spaces/acme/s/tree/refs%2Fpr%2F1/dir?recursive=1&expand=true");
    BOOST_REQUIRE(api);
    BOOST_TEST((api->repo == Repo{hfasync::RepoType::space, "acme/s"}));
    BOOST_TEST(api->what == "tree");
    BOOST_TEST(api->revision == "refs/pr/1");
    BOOST_TEST(api->expands);
    BOOST_TEST(!api_target("/api/models/a/b/tree/main?recursive=True&expand=False")->expands);
    BOOST_TEST(api_target("/api/models/a/b?expand=sha&blobs=true")->expands);
    BOOST_TEST(api_target("/api/models/gpt2")->repo.id == "gpt2");
    BOOST_TEST(api_target("/api/models/gpt2/revision/main")->revision == "main");
    BOOST_TEST(api_target("/api/models/acme/tiny")->what == "");
    BOOST_TEST(!api_target("/api/models?search=x"));
    BOOST_TEST(!api_target("/api/whoami-v2"));
    BOOST_CHECK_THROW(file_target("/a/..%2f/resolve/main/x"), hfasync::ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
