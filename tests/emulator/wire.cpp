#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

struct Files : HubFixture {
    explicit Files(emulator::Options options = big_threshold()) : HubFixture(std::move(options))
    {
        hub.seed_repo(
            "acme/tiny",
            {{"big.txt", content}, {"small.txt", "0123456789"}, {"empty", ""}, {"d/\u00e9 #%.txt", "odd"}});
    }
    static emulator::Options big_threshold()
    {
        auto options = small_options();
        options.lfs_threshold = 1u << 30;
        return options;
    }
    PlainResponse get(const std::string& file, const Headers& headers = {}) const
    {
        return ask("GET", "/acme/tiny/resolve/main/" + file, headers);
    }
    const std::string content = pattern(900'001);
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_wire)

BOOST_FIXTURE_TEST_CASE(files_come_whole_and_in_ranges, Files)
{
    const auto whole = get("big.txt");
    BOOST_TEST((whole.body == content));
    const auto etag = "\"" + detail::git_blob_sha1(content) + "\"";
    BOOST_TEST(whole.header("etag") == etag);
    BOOST_TEST(whole.header("accept-ranges") == "bytes");
    const auto from = get("big.txt", {{"Range", "bytes=400000-"}});
    BOOST_TEST(from.status == 206);
    BOOST_TEST(from.header("content-range") == "bytes 400000-900000/900001");
    BOOST_TEST((from.body == content.substr(400000)));
    BOOST_TEST(get("small.txt", {{"Range", "bytes=2-4"}}).body == "234");
    BOOST_TEST(get("small.txt", {{"Range", "bytes=-3"}}).body == "789");
    BOOST_TEST(get("small.txt", {{"Range", "bytes=8-99"}}).body == "89");
    BOOST_TEST(get("small.txt", {{"Range", "bytes=0-1,4-5"}}).status == 200);
    BOOST_TEST(get("small.txt", {{"Range", "bytes=5-2"}}).status == 200);
    const auto beyond = get("small.txt", {{"Range", "bytes=10-"}});
    BOOST_TEST(beyond.status == 416);
    BOOST_TEST(beyond.header("content-range") == "bytes */10");
    BOOST_TEST(get("small.txt", {{"Range", "bytes=2-4"}, {"If-Range", "\"other\""}}).body == "0123456789");
    BOOST_TEST(get("big.txt", {{"Range", "bytes=1-1"}, {"If-Range", etag}}).status == 206);
    BOOST_TEST(get("big.txt", {{"If-None-Match", etag}}).status == 304);
    BOOST_TEST(get("empty").body.empty());
    BOOST_TEST(get("empty").header("etag") == "\"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\"");
}

BOOST_FIXTURE_TEST_CASE(head_announces_and_names_are_decoded, Files)
{
    const auto head = ask("HEAD", "/acme/tiny/resolve/main/big.txt", nobody);
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.header("content-length") == "900001");
    BOOST_TEST(head.header("x-repo-commit").size() == 40u);
    BOOST_TEST(get("d/%C3%A9%20%23%25.txt").body == "odd");
    const auto missing = get("none");
    BOOST_TEST(missing.status == 404);
    BOOST_TEST(missing.header("x-error-code") == "EntryNotFound");
    BOOST_TEST(missing.header("x-repo-commit").size() == 40u);
    BOOST_TEST(get("d").header("x-error-code") == "EntryNotFound");
}

BOOST_FIXTURE_TEST_CASE(one_connection_serves_many_requests, Files)
{
    PlainClient client(hub.endpoint());
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(client.request("GET", "/acme/tiny/resolve/main/small.txt").body == "0123456789");
        BOOST_TEST(client.request("HEAD", "/acme/tiny/resolve/main/big.txt").status == 200);
        BOOST_TEST(client.request("GET", "/nope").status == 404);
        // The body of a refused request is read away.
        BOOST_TEST(client.request("POST", "/api/models/acme/tiny/commit/main", {}, std::string(100'000, 'x'))
                       .status == 401);
    }
    BOOST_TEST(hub.requests().size() == 12u);
    client.send_text("GET /acme/tiny/resolve/main/small.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /nope "
                     "HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(client.read().status == 200); // pipelined
    BOOST_TEST(client.read().status == 404);
}

BOOST_FIXTURE_TEST_CASE(requests_are_recorded, Files)
{
    get("small.txt", {{"X-Test", "yes"}});
    const auto seen = hub.requests();
    BOOST_TEST_REQUIRE(seen.size() == 1u);
    BOOST_TEST(seen[0].origin == "hub");
    BOOST_TEST(seen[0].target == "/acme/tiny/resolve/main/small.txt");
    BOOST_TEST(seen[0].status == 200);
    BOOST_TEST(std::count(seen[0].headers.begin(), seen[0].headers.end(),
                          std::pair<std::string, std::string>("X-Test", "yes")) == 1);
    hub.forget_requests();
    BOOST_TEST(hub.requests().empty());
}

BOOST_FIXTURE_TEST_CASE(limits_and_bad_requests, Files)
{
    PlainClient client(hub.endpoint());
    const auto big = client.request("GET", "/", {{"X-Big", std::string(100'000, 'x')}});
    BOOST_TEST(big.status == 431);
    PlainClient other(hub.endpoint());
    other.send_text("this is no HTTP\r\n\r\n");
    BOOST_TEST(other.read().status == 400);
    PlainClient both(hub.endpoint());
    both.send_text("POST /api/repos/create HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n0\r\n\r\n");
    BOOST_TEST(both.read().status == 400); // smuggling
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/%zz").status == 400);
}

BOOST_FIXTURE_TEST_CASE(expect_continue, Files)
{
    PlainClient client(hub.endpoint());
    const std::string body = R"({"name":"x","organization":"acme"})";
    client.send_text("POST /api/repos/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer hf_ann\r\nExpect: "
                     "100-continue\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n");
    client.send_text(body);
    BOOST_TEST(client.read().status == 200); // read() passes over 100
}

BOOST_AUTO_TEST_CASE(tls_with_its_own_authority)
{
    auto options = Files::big_threshold();
    options.tls = true;
    const Files files(std::move(options));
    const auto ca = files.hub.ca_file().string();
    BOOST_TEST(files.hub.endpoint().starts_with("https://127.0.0.1:"));
    PlainClient client(files.hub.endpoint(), 10'000, ca);
    BOOST_TEST((client.request("GET", "/acme/tiny/resolve/main/big.txt").body == files.content));
    BOOST_TEST(client.request("GET", "/acme/tiny/resolve/main/small.txt").body == "0123456789");
    PlainClient storage(files.hub.storage_endpoint(), 10'000, ca); // by the name localhost
    BOOST_TEST(storage.request("GET", "/").status == 404);
}

BOOST_AUTO_TEST_CASE(stop_ends_waiting_and_open_connections)
{
    emulator::Emulator hub;
    PlainClient client(hub.endpoint());
    BOOST_TEST(client.request("GET", "/nope").status == 404);
    std::thread waiting([&] { hub.wait(); });
    hub.stop();
    waiting.join();
}

BOOST_AUTO_TEST_CASE(data_folder_survives_a_restart)
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("hfasync-data-" + std::to_string(::getpid()));
    auto options = small_options();
    options.data = folder;
    {
        emulator::Emulator hub(options);
        hub.seed_repo("acme/kept", {{"a.txt", "a"}});
    }
    {
        emulator::Emulator hub(options);
        BOOST_TEST(PlainClient(hub.endpoint()).request("GET", "/acme/kept/resolve/main/a.txt").body == "a");
    }
    std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_SUITE_END()
