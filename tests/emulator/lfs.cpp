#include <array>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

struct Tiny : HubFixture {
    explicit Tiny(emulator::Options options = small_options()) : HubFixture(std::move(options))
    {
        hub.seed_repo("acme/tiny", {{"a.txt", "a"}});
    }
};

std::string xml_code(const PlainResponse& response)
{
    const auto at = response.body.find("<Code>");
    return at == std::string::npos ? ""
                                   : response.body.substr(at + 6, response.body.find("</Code>") - at - 6);
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_lfs)

BOOST_FIXTURE_TEST_CASE(basic_upload_commit_and_download, Tiny)
{
    const auto content = pattern(4000);
    const auto answer = batch(content);
    BOOST_TEST(answer.at("transfer").as_string() == "basic");
    const auto href = action(answer, "upload");
    BOOST_TEST(href.starts_with(hub.storage_endpoint()));
    const auto put = ask_storage("PUT", href, content);
    BOOST_TEST_REQUIRE(put.status == 200, put.body);
    BOOST_TEST(put.header("etag").size() == 34u);
    BOOST_TEST(!batch(content).at("objects").at(0).as_object().contains("actions")); // there already
    commit(lfs_line("w.bin", content));
    const auto entry = json(ask("GET", "/api/models/acme/tiny/tree/main")).at(1);
    BOOST_TEST(entry.at("lfs").at("oid").as_string() == detail::sha256_hex(content));
    const auto moved = ask("HEAD", "/acme/tiny/resolve/main/w.bin");
    BOOST_TEST(moved.status == 302);
    BOOST_TEST(moved.header("x-linked-size") == "4000");
    BOOST_TEST(moved.header("x-linked-etag") == "\"" + detail::sha256_hex(content) + "\"");
    BOOST_TEST(moved.header("x-repo-commit").size() == 40u);
    const auto got = ask_storage("GET", moved.header("location"));
    BOOST_TEST(got.status == 200);
    BOOST_TEST((got.body == content));
    const auto part = ask_storage("GET", moved.header("location"), {}, {{"Range", "bytes=100-199"}});
    BOOST_TEST(part.status == 206);
    BOOST_TEST((part.body == content.substr(100, 100)));
    BOOST_TEST((ask_storage("GET", action(batch(content, "download"), "download")).body == content));
}

BOOST_FIXTURE_TEST_CASE(the_pointer_is_a_file_like_others, Tiny)
{
    const auto content = pattern(4000);
    ask_storage("PUT", action(batch(content), "upload"), content);
    commit(lfs_line("w.bin", content));
    const auto pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + detail::sha256_hex(content) +
        "\nsize 4000\n";
    const auto whole = ask("GET", "/acme/tiny/raw/main/w.bin");
    BOOST_TEST(whole.body == pointer);
    BOOST_TEST(whole.header("etag").size() == 42u); // git's id of the pointer
    BOOST_TEST(whole.header("x-repo-commit").size() == 40u);
    const auto part = ask("GET", "/acme/tiny/raw/main/w.bin", {{"Range", "bytes=0-6"}});
    BOOST_TEST(part.status == 206);
    BOOST_TEST(part.body == "version");
    BOOST_TEST(part.header("content-range") == "bytes 0-6/" + std::to_string(pointer.size()));
}

BOOST_FIXTURE_TEST_CASE(hash_algorithm_has_two_spellings, Tiny)
{
    const auto status = [&](const std::string& algorithm) {
        const auto body = R"({"operation":"upload","objects":[],"hash_algo":")" + algorithm + "\"}";
        return ask("POST", "/acme/tiny.git/info/lfs/objects/batch", ann, body).status;
    };
    BOOST_TEST(status("sha256") == 200);
    BOOST_TEST(status("sha_256") == 200);
    BOOST_TEST(status("md5") == 409);
}

BOOST_FIXTURE_TEST_CASE(wrong_content_is_refused, Tiny)
{
    const auto content = pattern(4000);
    const auto href = action(batch(content), "upload");
    BOOST_TEST(ask_storage("PUT", href, pattern(4000, 2)).status == 400);
    BOOST_TEST(ask_storage("PUT", href, content.substr(1)).status == 400);
    BOOST_TEST(batch(content).at("objects").at(0).as_object().contains("actions"));
}

BOOST_FIXTURE_TEST_CASE(signed_urls_end_and_cannot_be_forged, Tiny)
{
    const auto content = pattern(4000);
    const auto href = action(batch(content), "upload");
    auto forged = href;
    forged.replace(forged.find(detail::sha256_hex(content)), 64, detail::sha256_hex("other"));
    BOOST_TEST(xml_code(ask_storage("PUT", forged, "other")) == "SignatureDoesNotMatch");
    auto longer = href;
    longer.replace(longer.find("X-Amz-Expires=3600"), 18, "X-Amz-Expires=9999");
    BOOST_TEST(xml_code(ask_storage("PUT", longer, content)) == "SignatureDoesNotMatch");
    BOOST_TEST(xml_code(ask_storage("GET", href)) != "");
    BOOST_TEST(xml_code(ask_storage("GET", href.substr(0, href.find('?')))) == "AccessDenied");
    BOOST_TEST(ask_storage("PUT", href, content).status == 200);
    commit(lfs_line("w.bin", content));
    const auto location = ask("GET", "/acme/tiny/resolve/main/w.bin").header("location");
    now += 3599;
    BOOST_TEST(ask_storage("GET", location).status == 200);
    now += 1;
    const auto late = ask_storage("GET", location);
    BOOST_TEST(late.status == 403);
    BOOST_TEST(late.body.find("Request has expired") != std::string::npos);
    BOOST_TEST(ask_storage("PUT", href, content).status == 403);
    BOOST_TEST(ask_storage("GET", ask("GET", "/acme/tiny/resolve/main/w.bin").header("location")).status ==
               200);
}

BOOST_FIXTURE_TEST_CASE(multipart_in_any_order, Tiny)
{
    const auto content = pattern(5001);
    const auto answer = batch(content);
    const auto& actions = answer.at("objects").at(0).at("actions");
    const auto& header = actions.at("upload").at("header");
    BOOST_TEST(header.at("chunk_size").as_string() == "2000");
    BOOST_TEST(header.as_object().size() == 4u);
    std::array<std::string, 3> listed;
    for (const int number : {3, 1, 2}) {
        const std::string url(header.at(std::to_string(number)).as_string());
        const auto put =
            ask_storage("PUT", url, content.substr(static_cast<std::size_t>(number - 1) * 2000, 2000));
        BOOST_TEST_REQUIRE(put.status == 200, put.body);
        listed[static_cast<std::size_t>(number - 1)] =
            "{\"partNumber\":" + std::to_string(number) +
            ",\"etag\":" + boost::json::serialize(boost::json::string(put.header("etag"))) + "}";
    }
    const auto complete = [&](const std::string& list) {
        const auto href = action(answer, "upload");
        return ask("POST", href.substr(hub.endpoint().size()), nobody,
                   R"({"oid":")" + detail::sha256_hex(content) + R"(","parts":[)" + list + "]}");
    };
    BOOST_TEST(complete(listed[0] + "," + listed[1]).status == 400);
    BOOST_TEST(complete(listed[0] + "," + listed[2] + "," + listed[1]).status ==
               400); // S3 wants them by number
    BOOST_TEST(complete("{\"partNumber\":1,\"etag\":\"x\"}").status == 400);
    BOOST_TEST(complete(listed[0] + "," + listed[1] + "," + listed[2]).status == 200);
    const std::string body = R"({"oid":")" + detail::sha256_hex(content) + R"(","size":5001})";
    BOOST_TEST(ask("POST", "/acme/tiny.git/info/lfs/verify", ann, body).status == 200);
    BOOST_TEST(ask("POST", "/acme/tiny.git/info/lfs/verify", ann,
                   R"({"oid":")" + detail::sha256_hex(content) + R"(","size":5})")
                   .status == 422);
    commit(lfs_line("w.bin", content));
    BOOST_TEST(
        (ask_storage("GET", ask("GET", "/acme/tiny/resolve/main/w.bin").header("location")).body == content));
}

BOOST_FIXTURE_TEST_CASE(rights_and_bad_objects, Tiny)
{
    const std::string body = R"({"operation":"upload","objects":[{"oid":"00","size":1}]})";
    BOOST_TEST(ask("POST", "/acme/tiny.git/info/lfs/objects/batch", nobody, body).status == 401);
    BOOST_TEST(ask("POST", "/acme/tiny.git/info/lfs/objects/batch", ann_reads, body).status == 403);
    BOOST_TEST(ask("POST", "/acme/none.git/info/lfs/objects/batch", ann, body).status == 404);
    const auto answer = json(ask("POST", "/acme/tiny.git/info/lfs/objects/batch", ann, body));
    BOOST_TEST(answer.at("objects").at(0).at("error").at("code").as_int64() == 422);
}

BOOST_AUTO_TEST_CASE(foreign_storage_is_trusted)
{
    auto options = small_options();
    options.storage_url = "http://127.0.0.1:9/bucket/";
    const Tiny tiny(std::move(options));
    const auto content = pattern(4000);
    BOOST_TEST(
        HubFixture::action(tiny.batch(content), "upload").starts_with("http://127.0.0.1:9/bucket/repos/"));
    tiny.commit(HubFixture::lfs_line("w.bin", content));
    BOOST_TEST(tiny.ask("GET", "/acme/tiny/resolve/main/w.bin")
                   .header("location")
                   .starts_with("http://127.0.0.1:9/bucket/repos/"));
}

BOOST_AUTO_TEST_SUITE_END()
