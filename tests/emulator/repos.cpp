#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

struct Tiny : HubFixture {
    Tiny()
    {
        hub.seed_repo("acme/tiny",
                      {{"README.md", "---\nlicense: mit\ntags: [a]\n---\n# Tiny\n"}, {"d/x.txt", "x"}});
    }
};

std::string code(const PlainResponse& response)
{
    return response.header("x-error-code");
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_repos)

BOOST_FIXTURE_TEST_CASE(create_conflicts_and_deletes, HubFixture)
{
    const std::string body = R"({"name":"tiny","organization":"acme"})";
    const auto made = ask("POST", "/api/repos/create", ann, body);
    BOOST_TEST_REQUIRE(made.status == 200);
    BOOST_TEST(json(made).at("url").as_string() == hub.endpoint() + "/acme/tiny");
    const auto again = ask("POST", "/api/repos/create", ann, body);
    BOOST_TEST(again.status == 409);
    BOOST_TEST(json(again).at("error").as_string() == "You already created this model repo");
    BOOST_TEST(json(again).at("url").as_string() == hub.endpoint() + "/acme/tiny");
    BOOST_TEST(ask("DELETE", "/api/repos/delete", bob, body).status == 403);
    BOOST_TEST(ask("DELETE", "/api/repos/delete", ann, body).status == 200);
    const auto gone = ask("DELETE", "/api/repos/delete", ann, body);
    BOOST_TEST(gone.status == 404);
    BOOST_TEST(code(gone) == "RepoNotFound");
}

BOOST_FIXTURE_TEST_CASE(create_checks_rights_and_input, HubFixture)
{
    const std::string body = R"({"name":"tiny","organization":"acme"})";
    BOOST_TEST(ask("POST", "/api/repos/create", nobody, body).status == 401);
    BOOST_TEST(ask("POST", "/api/repos/create", bob, body).status == 403);
    BOOST_TEST(ask("POST", "/api/repos/create", ann_reads, body).status == 403);
    BOOST_TEST(ask("POST", "/api/repos/create", ann, R"({"name":"-bad-","organization":"acme"})").status ==
               400);
    BOOST_TEST(ask("POST", "/api/repos/create", ann, R"({"name":"s","type":"space"})").status ==
               400); // no sdk
    BOOST_TEST(
        ask("POST", "/api/repos/create", ann, R"({"name":"s","type":"space","sdk":"gradio"})").status == 200);
    BOOST_TEST(ask("POST", "/api/repos/create", ann, "{").status == 400);
}

BOOST_FIXTURE_TEST_CASE(create_takes_first_files, HubFixture)
{
    const auto made =
        ask("POST", "/api/repos/create", ann,
            R"({"name":"new","files":[{"path":"a.txt","encoding":"base64","content":"aGk="}]})");
    BOOST_TEST(made.status == 200);
    BOOST_TEST(ask("GET", "/ann/new/resolve/main/a.txt").body == "hi");
    BOOST_TEST(ask("GET", "/ann/new/resolve/HEAD/a.txt").body == "hi");
    const auto refused = ask("POST", "/api/repos/create", ann,
                             R"({"name":"bad","files":[{"path":"a","encoding":"base64","content":"!"}]})");
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(ask("GET", "/api/models/ann/bad").status == 404);
}

BOOST_FIXTURE_TEST_CASE(private_repos_look_like_none, HubFixture)
{
    BOOST_TEST_REQUIRE(ask("POST", "/api/repos/create", ann, R"({"name":"secret","private":true})").status ==
                       200);
    BOOST_TEST(ask("GET", "/api/models/ann/secret").status == 200);
    const auto other = ask("GET", "/api/models/ann/secret", bob);
    BOOST_TEST(other.status == 404);
    BOOST_TEST(code(other) == "RepoNotFound");
    const auto none = ask("GET", "/ann/secret/resolve/main/x", nobody);
    BOOST_TEST(none.status == 401);
    BOOST_TEST(code(none) == "RepoNotFound");
    BOOST_TEST(none.header("x-error-message") == "Invalid username or password.");
    BOOST_TEST(json(ask("GET", "/api/models", bob)).as_array().empty());
    BOOST_TEST(json(ask("GET", "/api/models")).as_array().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(gated_content_needs_access, Tiny)
{
    BOOST_TEST_REQUIRE(ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"gated":"manual"})").status ==
                       200);
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/README.md").status == 200);
    const auto denied = ask("GET", "/acme/tiny/resolve/main/README.md", bob);
    BOOST_TEST(denied.status == 403);
    BOOST_TEST(code(denied) == "GatedRepo");
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/README.md", nobody).status == 401);
    BOOST_TEST(ask("GET", "/api/models/acme/tiny/auth-check", bob).status == 403);
}

BOOST_FIXTURE_TEST_CASE(info_has_blobs_expand_and_commit, Tiny)
{
    const auto plain = ask("GET", "/api/models/acme/tiny");
    const auto info = json(plain);
    BOOST_TEST(plain.header("x-repo-commit") == std::string(info.at("sha").as_string()));
    BOOST_TEST(info.at("siblings").as_array().size() == 2u);
    BOOST_TEST(!info.at("siblings").at(0).as_object().contains("size"));
    BOOST_TEST(info.at("cardData").at("license").as_string() == "mit");
    const auto blobs = json(ask("GET", "/api/models/acme/tiny/revision/main?blobs=True&securityStatus=True"));
    BOOST_TEST(blobs.at("siblings").at(1).at("blobId").as_string() == detail::git_blob_sha1("x"));
    BOOST_TEST(blobs.at("securityRepoStatus").at("scansDone").as_bool());
    const auto expanded = json(ask("GET", "/api/models/acme/tiny?expand=likes&expand[]=sha")).as_object();
    BOOST_TEST(expanded.contains("likes"));
    BOOST_TEST(expanded.contains("sha"));
    BOOST_TEST(!expanded.contains("siblings"));
    BOOST_TEST(ask("GET", "/api/models/acme/tiny?expand=nonsense").status == 400);
    const auto wrong = ask("GET", "/api/models/acme/tiny/revision/nope");
    BOOST_TEST(wrong.status == 404);
    BOOST_TEST(code(wrong) == "RevisionNotFound");
}

BOOST_FIXTURE_TEST_CASE(unknown_query_keys_are_named, Tiny)
{
    for (const char* target : {"/api/models?serach=x", "/api/models/acme/tiny?serach=x",
                               "/acme/tiny/resolve/main/README.md?serach=x"}) {
        const auto response = ask("GET", target);
        BOOST_TEST(response.status == 400);
        BOOST_TEST(response.header("x-error-message").find("\"serach\"") != std::string::npos);
    }
    BOOST_TEST(ask("GET", "/api/nonsense").status == 404);
}

BOOST_FIXTURE_TEST_CASE(listing_filters_sorts_and_pages, HubFixture)
{
    for (const char* name : {"acme/a", "acme/b", "acme/c", "acme/d", "bob/e"}) {
        now += 10;
        hub.seed_repo(name, {{"README.md", "---\nlibrary_name: transformers\n---\n"}});
    }
    std::vector<std::string> seen;
    std::string target = "/api/models?author=acme&sort=createdAt&direction=-1";
    while (!target.empty()) {
        const auto page = ask("GET", target);
        BOOST_TEST_REQUIRE(page.status == 200);
        const auto rows = json(page);
        for (const auto& row : rows.as_array())
            seen.emplace_back(row.at("id").as_string());
        const auto link = page.header("link");
        target = link.empty()
                     ? ""
                     : link.substr(1 + hub.endpoint().size(), link.find('>') - 1 - hub.endpoint().size());
    }
    BOOST_TEST(seen == (std::vector<std::string>{"acme/d", "acme/c", "acme/b", "acme/a"}),
               boost::test_tools::per_element());
    BOOST_TEST(json(ask("GET", "/api/models?search=B%2FE")).at(0).at("id").as_string() == "bob/e");
    BOOST_TEST(json(ask("GET", "/api/models?filter=transformers&limit=1")).as_array().size() == 1u);
    BOOST_TEST(json(ask("GET", "/api/models?filter=jax")).as_array().empty());
    BOOST_TEST(ask("GET", "/api/models?sort=colour").status == 400);
}

BOOST_FIXTURE_TEST_CASE(renamed_repos_redirect, Tiny)
{
    BOOST_TEST_REQUIRE(
        ask("POST", "/api/repos/move", ann, R"({"fromRepo":"acme/tiny","toRepo":"acme/small"})").status ==
        200);
    const auto moved = ask("GET", "/acme/tiny/resolve/main/README.md");
    BOOST_TEST(moved.status == 307);
    BOOST_TEST(moved.header("location") == "/acme/small/resolve/main/README.md");
    BOOST_TEST(ask("GET", moved.header("location")).status == 200);
}

BOOST_FIXTURE_TEST_CASE(branches_and_tags, Tiny)
{
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/branch/dev%2Fx", ann, "{}").status == 200);
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/branch/dev%2Fx", ann, "{}").status == 409);
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/tag/main", ann, R"({"tag":"v1"})").status == 200);
    BOOST_TEST(ask("POST", "/api/models/acme/tiny/branch/y", bob, "{}").status == 403);
    const auto refs = json(ask("GET", "/api/models/acme/tiny/refs?include_prs=1"));
    BOOST_TEST(refs.at("branches").as_array().size() == 2u);
    BOOST_TEST(refs.at("tags").at(0).at("ref").as_string() == "refs/tags/v1");
    BOOST_TEST(refs.at("pullRequests").as_array().empty());
    BOOST_TEST(ask("DELETE", "/api/models/acme/tiny/branch/dev%2Fx").status == 200);
    BOOST_TEST(ask("DELETE", "/api/models/acme/tiny/branch/dev%2Fx").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
