// Files through the cache server: the second time, single flight, ranges, what goes wrong on the way.
#include "fixture.hpp"

#include <future>

using namespace cache_server::test;

BOOST_FIXTURE_TEST_SUITE(cache_server_files, CacheFixture)

BOOST_AUTO_TEST_CASE(the_second_time_comes_without_the_upstream)
{
    for (const std::string path : {"config.json", "docs/a%20b.txt", "big.bin"}) {
        const auto target = "/acme/tiny/resolve/" + commit + "/" + path;
        const auto first = get(target);
        BOOST_REQUIRE_EQUAL(first.status, 200);
        BOOST_TEST(first.header("X-Cache") == "MISS");
        hub->forget_requests();
        const auto second = get(target);
        BOOST_TEST(second.header("X-Cache") == "HIT");
        BOOST_TEST((second.body == first.body), path);
        BOOST_TEST(second.header("ETag") == first.header("ETag"));
        BOOST_TEST(seen_all() == 0U);
    }
    BOOST_TEST((get("/acme/tiny/resolve/main/big.bin").body == big));
    BOOST_TEST(server->metrics().transfers == 3U);
    BOOST_TEST(server->metrics().hits == 4U);
    BOOST_TEST(server->metrics().misses == 3U);
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_nothing_to_fetch)
{
    const auto got = get("/acme/tiny/resolve/main/empty.txt");
    BOOST_TEST(got.status == 200);
    BOOST_TEST(got.header("Content-Length") == "0");
    BOOST_TEST(got.body == "");
    BOOST_TEST(get("/acme/tiny/resolve/main/empty.txt", {{"Range", "bytes=0-"}}).status == 416);
    BOOST_TEST(seen_bodies() == 0U);
    BOOST_TEST(stored().empty());
}

BOOST_AUTO_TEST_CASE(headers_are_what_clients_read)
{
    const auto lfs = ask("HEAD", "/acme/tiny/resolve/main/big.bin");
    BOOST_TEST(lfs.status == 200);
    BOOST_TEST(lfs.header("X-Repo-Commit") == commit);
    BOOST_TEST(lfs.header("Content-Length") == std::to_string(big.size()));
    BOOST_TEST(lfs.header("X-Linked-Size") == std::to_string(big.size()));
    BOOST_TEST(lfs.header("ETag").size() == 66U);
    BOOST_TEST(lfs.header("X-Linked-Etag") == lfs.header("ETag"));
    const auto small = ask("HEAD", "/acme/tiny/resolve/main/config.json", {{"Range", "bytes=0-1"}});
    BOOST_TEST(small.status == 200);
    BOOST_TEST(small.header("Content-Length") == "9");
    BOOST_TEST(small.header("ETag").size() == 42U);
    BOOST_TEST(small.header("X-Linked-Etag") == "");
    BOOST_TEST(seen_bodies() == 0U); // a HEAD fetches nothing
    const auto unchanged =
        get("/acme/tiny/resolve/main/config.json", {{"If-None-Match", small.header("ETag")}});
    BOOST_TEST(unchanged.status == 304);
    BOOST_TEST(unchanged.body == "");
}

BOOST_AUTO_TEST_CASE(a_branch_is_asked_for_again_after_its_time)
{
    const std::string target = "/acme/tiny/resolve/main/config.json";
    get(target);
    upload("acme/tiny", "config.json", "{\"n\": 2}\n");
    BOOST_TEST(get(target).body == "{\"n\": 1}\n");
    BOOST_TEST(seen_all() == 0U);
    later = 61;
    const auto moved = get(target);
    BOOST_TEST(moved.body == "{\"n\": 2}\n");
    BOOST_TEST(moved.header("X-Repo-Commit") != commit);
    BOOST_TEST(get("/acme/tiny/resolve/" + commit + "/config.json").body == "{\"n\": 1}\n");
    later = 200; // and when it has not moved, that is all that is asked
    hub->forget_requests();
    BOOST_TEST(get(target).header("X-Cache") == "HIT");
    BOOST_TEST(seen_all() == 1U);
    BOOST_TEST(seen("HEAD") == 1U);
}

BOOST_AUTO_TEST_CASE(many_clients_of_a_cold_file_make_one_transfer)
{
    std::vector<std::future<PlainResponse>> answers;
    for (int i = 0; i < 12; ++i)
        answers.push_back(std::async(std::launch::async, [this, i] {
            return get("/acme/tiny/resolve/" + (i % 2 ? commit : std::string("main")) + "/big.bin");
        }));
    for (auto& answer : answers) {
        const auto got = answer.get();
        BOOST_TEST(got.status == 200);
        BOOST_TEST((got.body == big));
    }
    BOOST_TEST(seen("GET", "storage") == 1U);
    BOOST_TEST(server->metrics().transfers == 1U);
    BOOST_TEST(server->metrics().fetched_bytes == big.size());
    BOOST_TEST(server->metrics().served_bytes == 12 * big.size());
}

BOOST_AUTO_TEST_CASE(clients_read_while_the_file_arrives)
{
    hub->add_fault({.method = "GET",
                    .path = "*",
                    .origin = "storage",
                    .action = emulator::FaultAction::stall,
                    .at = mib});
    options.upstream.timeouts.idle = std::chrono::minutes(5);
    options.grace = std::chrono::seconds(0);
    restart();
    // One after the other gets what is there of a transfer that does not go on.
    for (int i = 0; i < 2; ++i) {
        namespace asio = boost::asio;
        asio::io_context context;
        asio::ip::tcp::socket socket(context);
        const auto port = std::stoi(server->endpoint().substr(server->endpoint().rfind(':') + 1));
        socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        asio::write(socket, asio::buffer(std::string("GET /acme/tiny/resolve/main/big.bin HTTP/1.1\r\n"
                                                     "Host: x\r\n\r\n")));
        std::string got;
        asio::read_until(socket, asio::dynamic_buffer(got), "\r\n\r\n");
        BOOST_TEST(got.starts_with("HTTP/1.1 200"));
        const auto head = got.find("\r\n\r\n") + 4;
        while (got.size() - head < mib / 2) {
            char piece[65536];
            got.append(piece, socket.read_some(asio::buffer(piece)));
        }
        BOOST_TEST((got.substr(head) == big.substr(0, got.size() - head)));
    }
    BOOST_TEST(seen("GET", "storage") == 1U);
}

BOOST_AUTO_TEST_CASE(parts_of_files)
{
    const std::string target = "/acme/tiny/resolve/main/big.bin";
    const auto part =
        get(target, {{"Range", "bytes=1000-1999"}}); // cold: the file is small enough to be fetched
    BOOST_TEST(part.status == 206);
    BOOST_TEST(part.header("Content-Range") == "bytes 1000-1999/" + std::to_string(big.size()));
    BOOST_TEST((part.body == big.substr(1000, 1000)));
    const auto etag = part.header("ETag");
    const auto open = get(target, {{"Range", "bytes=" + std::to_string(mib) + "-"}});
    BOOST_TEST((open.body == big.substr(mib)));
    BOOST_TEST((get(target, {{"Range", "bytes=-5"}}).body == big.substr(big.size() - 5)));
    const auto behind = get(target, {{"Range", "bytes=" + std::to_string(big.size()) + "-"}});
    BOOST_TEST(behind.status == 416);
    BOOST_TEST(behind.header("Content-Range") == "bytes */" + std::to_string(big.size()));
    BOOST_TEST(get(target, {{"Range", "bytes=0-0"}, {"If-Range", etag}}).status == 206);
    const auto other = get(target, {{"Range", "bytes=0-0"}, {"If-Range", "\"other\""}});
    BOOST_TEST(other.status == 200);
    BOOST_TEST((other.body == big));
    BOOST_TEST(get(target, {{"Range", "bytes=0-1,5-6"}}).status == 200);
    BOOST_TEST(seen("GET", "storage") == 1U);
}

BOOST_AUTO_TEST_CASE(a_part_of_a_large_cold_file_passes_through)
{
    options.whole_below = mib;
    restart();
    const std::string target = "/acme/tiny/resolve/main/big.bin";
    const auto part = get(target, {{"Range", "bytes=1500000-1500099"}});
    BOOST_TEST(part.status == 206);
    BOOST_TEST(part.header("X-Cache") == "BYPASS");
    BOOST_TEST((part.body == big.substr(1'500'000, 100)));
    BOOST_TEST(stored().empty());
    BOOST_TEST(server->metrics().fetched_bytes == 100U);
    get(target);
    BOOST_TEST(get(target, {{"Range", "bytes=7-9"}}).header("X-Cache") == "HIT");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_told_as_the_hub_does)
{
    const auto at_commit = "/acme/tiny/resolve/" + commit + "/no.txt";
    for (int i = 0; i < 2; ++i) {
        const auto missing = get(at_commit);
        BOOST_TEST(missing.status == 404);
        BOOST_TEST(missing.header("X-Error-Code") == "EntryNotFound");
    }
    BOOST_TEST(seen("HEAD") == 1U); // a commit does not change
    const auto revision = get("/acme/tiny/resolve/nope/config.json");
    BOOST_TEST(revision.status == 404);
    BOOST_TEST(revision.header("X-Error-Code") == "RevisionNotFound");
    BOOST_TEST(get("/acme/none/resolve/main/config.json", ann).header("X-Error-Code") == "RepoNotFound");
    BOOST_TEST(get("/acme/tiny/resolve/main/../x").status == 400);
    BOOST_TEST(get("/acme/tiny/resolve/main/%2e%2e/x").status == 400);
    BOOST_TEST(get("/acme/ti--ny/resolve/main/x").status == 400);
    BOOST_TEST(get("/acme/tiny/resolve/main/%zz").status == 400);
    BOOST_TEST(get("/acme/tiny/tree/main").status == 404);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_reaches_nobody_as_a_whole)
{
    hub->add_fault({.method = "GET",
                    .path = "*",
                    .origin = "storage",
                    .times = -1,
                    .action = emulator::FaultAction::flip_bit,
                    .at = 5000});
    const auto got = get("/acme/tiny/resolve/main/big.bin");
    BOOST_TEST(got.body.size() < big.size());
    BOOST_TEST((got.ending != Ending::complete || got.status != 200));
    BOOST_TEST(stored().empty());
    hub->clear_faults();
    BOOST_TEST((get("/acme/tiny/resolve/main/big.bin").body == big));
}

BOOST_AUTO_TEST_CASE(a_broken_transfer_goes_on_behind_the_clients_back)
{
    hub->add_fault({.method = "GET", .path = "*", .origin = "storage", .at = mib});
    const auto got = get("/acme/tiny/resolve/main/big.bin");
    BOOST_TEST(got.status == 200);
    BOOST_TEST((got.body == big));
    BOOST_TEST(seen("GET", "storage") == 2U);
}

BOOST_AUTO_TEST_CASE(datasets_and_spaces)
{
    hub->seed_repo("acme/data", {{"a.csv", "1,2\n"}}, hfasync::RepoType::dataset);
    hub->seed_repo("acme/app", {{"app.py", "print()\n"}}, hfasync::RepoType::space);
    BOOST_TEST(get("/datasets/acme/data/resolve/main/a.csv").body == "1,2\n");
    BOOST_TEST(get("/spaces/acme/app/resolve/main/app.py").body == "print()\n");
    BOOST_TEST(get("/acme/data/resolve/main/a.csv", ann).status == 404);
}

BOOST_AUTO_TEST_CASE(the_library_downloads_through_it)
{
    const auto snapshot = [this](const std::string& where) {
        hfasync::HubOptions own;
        own.endpoint = server->endpoint();
        own.token = false;
        own.cache.hub_cache = dir.path() / where;
        hfasync::Hub client(own);
        const auto folder = client.block_on(hfasync::DownloadsApi(client).snapshot_download("acme/tiny"));
        std::ifstream in(folder / "big.bin", std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    BOOST_TEST((snapshot("one") == big));
    hub->forget_requests();
    BOOST_TEST((snapshot("two") == big));
    BOOST_TEST(seen_all() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
