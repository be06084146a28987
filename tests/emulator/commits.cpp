#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

struct Tiny : HubFixture {
    Tiny() { head = hub.seed_repo("acme/tiny", {{"a.txt", "a"}, {"d/x.txt", "x"}, {"d/y.txt", "y"}}); }
    std::string head;
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_commits)

BOOST_FIXTURE_TEST_CASE(regular_files_folders_and_copies, Tiny)
{
    const auto oid =
        commit(file_line("new.txt", "fresh") +
               R"({"key":"deletedFolder","value":{"path":"d/"}})"
               "\n" +
               R"({"key":"copyFile","value":{"path":"copy.txt","srcPath":"a.txt","srcRevision":"main"}})");
    BOOST_TEST(oid.size() == 40u);
    const auto info = json(ask("GET", "/api/models/acme/tiny?blobs=True"));
    BOOST_TEST(info.at("sha").as_string() == oid);
    BOOST_TEST_REQUIRE(info.at("siblings").as_array().size() == 3u);
    BOOST_TEST(info.at("siblings").at(1).at("blobId").as_string() == detail::git_blob_sha1("a"));
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/new.txt").body == "fresh");
    const auto history = json(ask("GET", "/api/models/acme/tiny/commits/main"));
    BOOST_TEST(history.at(0).at("title").as_string() == "Change");
    BOOST_TEST(history.at(0).at("authors").at(0).at("user").as_string() == "ann");
}

BOOST_FIXTURE_TEST_CASE(large_content_in_one_line_is_streamed, Tiny)
{
    const auto content = pattern(3'000'001);
    commit(file_line("big.txt", content));
    BOOST_TEST((ask("GET", "/acme/tiny/resolve/main/big.txt").body == content));
}

BOOST_FIXTURE_TEST_CASE(chunked_body_cut_anywhere, Tiny)
{
    const std::string body =
        R"({"key":"header","value":{"summary":"s"}})"
        "\n" +
        file_line("c.txt", "chunked content") +
        R"({"key":"file","value":{"content":"h\u00e9 \"q\"","path":"u.txt","encoding":"utf-8"}})";
    for (const std::size_t piece : {1u, 7u, 64u}) {
        std::string chunks;
        for (std::size_t at = 0; at < body.size(); at += piece) {
            const auto part = body.substr(at, piece);
            char size[16];
            std::snprintf(size, sizeof size, "%zx\r\n", part.size());
            chunks += size + part + "\r\n";
        }
        auto headers = ann;
        headers.emplace_back("Transfer-Encoding", "chunked");
        const auto response = ask("POST", "/api/models/acme/tiny/commit/main", headers, chunks + "0\r\n\r\n");
        BOOST_TEST(response.status == 200, response.body);
    }
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/c.txt").body == "chunked content");
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/u.txt").body == "h\u00e9 \"q\"");
}

BOOST_FIXTURE_TEST_CASE(bad_bodies_are_400_and_change_nothing, Tiny)
{
    const std::string header = R"({"key":"header","value":{"summary":"s"}})"
                               "\n";
    for (const auto& body : {std::string(), std::string("nonsense"), file_line("x", "x"), header + header,
                             header + "{\"key\":\"what\",\"value\":{}}",
                             header + R"({"key":"file","value":{"content":"!!!!","path":"x"}})",
                             header + R"({"key":"file","value":{"content":"QUJ","path":"x"}})",
                             header + R"({"key":"file","value":{"content":"QQ==","path":"../x"}})",
                             header + R"({"key":"file","value":{"content":"QQ=="}})",
                             header + R"({"key":"lfsFile","value":{"path":"x","oid":"00","size":1}})",
                             header + lfs_line("never.bin", "was never uploaded"),
                             std::string(R"({"key":"header","value":{"summary":""}})")}) {
        const auto response = ask("POST", "/api/models/acme/tiny/commit/main", ann, body);
        BOOST_TEST(response.status == 400, body << " -> " << response.status);
        BOOST_TEST(!response.header("x-error-message").empty());
    }
    BOOST_TEST(json(ask("GET", "/api/models/acme/tiny")).at("sha").as_string() == head);
}

BOOST_FIXTURE_TEST_CASE(rights_parents_and_missing_things, Tiny)
{
    const std::string header = R"({"key":"header","value":{"summary":"s"}})"
                               "\n";
    const auto post = [&](const std::string& body, const Headers& who, const std::string& rest = "main") {
        return ask("POST", "/api/models/acme/tiny/commit/" + rest, who, body);
    };
    const auto body = header + file_line("x", "x");
    BOOST_TEST(post(body, nobody).status == 401);
    BOOST_TEST(post(body, ann_reads).status == 403);
    const auto other = post(body, bob);
    BOOST_TEST(other.status == 403);
    BOOST_TEST(other.header("x-error-message").find("create_pr=1") != std::string::npos);
    BOOST_TEST(post(body, ann, "nope").header("x-error-code") == "RevisionNotFound");
    BOOST_TEST(
        post(header + R"({"key":"deletedFile","value":{"path":"nope"}})", ann).header("x-error-code") ==
        "EntryNotFound");
    const auto stale =
        std::string(R"({"key":"header","value":{"summary":"s","parentCommit":")") + head + "\"}}\n";
    BOOST_TEST(post(stale + file_line("1", "1"), ann).status == 200);
    BOOST_TEST(post(stale + file_line("2", "2"), ann).status == 412);
}

BOOST_FIXTURE_TEST_CASE(pull_requests_have_their_own_ref, Tiny)
{
    const auto response = ask("POST", "/api/models/acme/tiny/commit/main?create_pr=1", bob,
                              R"({"key":"header","value":{"summary":"s"}})"
                              "\n" +
                                  file_line("pr.txt", "pr"));
    BOOST_TEST_REQUIRE(response.status == 200);
    BOOST_TEST(json(response).at("pullRequestUrl").as_string() ==
               hub.endpoint() + "/acme/tiny/discussions/1");
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/pr.txt").status == 404);
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/refs%2Fpr%2F1/pr.txt").body == "pr");
}

BOOST_FIXTURE_TEST_CASE(preupload_decides_and_shows_what_is_there, Tiny)
{
    const auto answer = json(ask(
        "POST", "/api/models/acme/tiny/preupload/main", ann,
        R"({"files":[{"path":"a.txt","sample":"YQ==","size":1},{"path":"b.txt","sample":"YQ==","size":1000},{"path":"c.log","sample":"","size":3}],"gitIgnore":"*.log\n"})"));
    const auto& files = answer.at("files").as_array();
    BOOST_TEST(files[0].at("uploadMode").as_string() == "regular");
    BOOST_TEST(files[0].at("oid").as_string() == detail::git_blob_sha1("a"));
    BOOST_TEST(files[1].at("uploadMode").as_string() == "lfs");
    BOOST_TEST(files[2].at("shouldIgnore").as_bool());
    BOOST_TEST(answer.at("commitOid").as_string() == head);
}

BOOST_FIXTURE_TEST_CASE(preupload_goes_by_the_attributes_of_the_commit_to_come, Tiny)
{
    const auto mode = [&](const std::string& more) {
        const auto answer =
            json(ask("POST", "/api/models/acme/tiny/preupload/main", ann,
                     R"({"files":[{"path":"x.mine","sample":"YQ==","size":1}])" + more + "}"));
        return std::string(answer.at("files").at(0).at("uploadMode").as_string());
    };
    BOOST_TEST(mode("") == "regular");
    BOOST_TEST(mode(R"(,"gitAttributes":"*.mine filter=lfs\n")") == "lfs");
    BOOST_TEST(mode(R"(,"gitAttributes":"")") == "regular");
    commit(file_line(".gitattributes", "*.mine filter=lfs\n"));
    BOOST_TEST(mode("") == "lfs");
    BOOST_TEST(mode(R"(,"gitAttributes":"")") == "regular");
}

BOOST_FIXTURE_TEST_CASE(tree_pages_follow_links, Tiny)
{
    commit(file_line("e/1", "1") + file_line("e/2", "2") + file_line("e/f/3", "3"));
    std::vector<std::string> seen;
    int pages = 0;
    for (std::string target = "/api/models/acme/tiny/tree/main?recursive=True&expand=False"; !target.empty();
         ++pages) {
        const auto page = ask("GET", target);
        BOOST_TEST_REQUIRE(page.status == 200);
        const auto rows = json(page);
        for (const auto& entry : rows.as_array())
            seen.emplace_back(entry.at("path").as_string());
        const auto link = page.header("link");
        target = link.empty()
                     ? ""
                     : link.substr(1 + hub.endpoint().size(), link.find('>') - 1 - hub.endpoint().size());
    }
    BOOST_TEST(pages == 3);
    BOOST_TEST(seen.size() == 9u); // six files, three folders
    const auto folder = json(ask("GET", "/api/models/acme/tiny/tree/main/e%2Ff?recursive=False&expand=True"));
    BOOST_TEST(folder.at(0).at("lastCommit").at("title").as_string() == "Change");
    BOOST_TEST(ask("GET", "/api/models/acme/tiny/tree/main/none").header("x-error-code") == "EntryNotFound");
    const auto form =
        Headers{{"Authorization", "Bearer hf_ann"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    const auto infos = json(ask("POST", "/api/models/acme/tiny/paths-info/main", form,
                                "paths=e&paths=none&paths=a.txt&expand=False"));
    BOOST_TEST(infos.as_array().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
