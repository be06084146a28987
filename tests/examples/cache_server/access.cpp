// Who gets what: private, gated and public repos, and where tokens go.
#include "fixture.hpp"

#include <boost/json/parse.hpp>

using namespace cache_server::test;

namespace {

struct PrivateFixture : CacheFixture {
    std::string secret_commit;
    PrivateFixture()
    {
        secret_commit = hub->seed_repo("acme/secret", {{"weights.bin", big}, {"config.json", "secret\n"}});
        make_private("acme/secret");
    }
    bool authorized(const std::string& origin = {}) const
    {
        const auto all = hub->requests();
        return std::any_of(all.begin(), all.end(), [&](const auto& request) {
            return (origin.empty() || request.origin == origin) &&
                   std::any_of(request.headers.begin(), request.headers.end(), [](const auto& field) {
                       return field.second.find("hf_ann") != std::string::npos;
                   });
        });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cache_server_access, PrivateFixture)

BOOST_AUTO_TEST_CASE(a_private_file_goes_to_those_whom_the_upstream_lets_read_it)
{
    for (const auto& revision : {std::string("main"), secret_commit})
        for (const std::string path : {"weights.bin", "config.json"}) {
            const auto target = "/acme/secret/resolve/" + revision + "/" + path;
            const auto got = get(target, ann);
            BOOST_TEST(got.status == 200);
            for (const auto& other : {bob, nobody, Fields{{"Authorization", "Bearer hf_wrong"}}})
                for (const auto* method : {"GET", "HEAD"}) {
                    const auto refused = ask(method, target, other);
                    BOOST_TEST((refused.status == 401 || refused.status == 404));
                    BOOST_TEST(refused.header("ETag") == "");
                    BOOST_TEST(refused.body.find("secret\n") == std::string::npos);
                }
            BOOST_TEST(get(target, ann).header("X-Cache") == "HIT");
        }
    BOOST_TEST(get("/api/models/acme/secret", ann).status == 200);
    BOOST_TEST(get("/api/models/acme/secret", bob).status == 404);
    BOOST_TEST(get("/api/models/acme/secret/tree/" + secret_commit, ann).status == 200);
    BOOST_TEST(get("/api/models/acme/secret/tree/" + secret_commit, nobody).status == 401);
}

BOOST_AUTO_TEST_CASE(each_token_is_judged_again_after_a_while)
{
    const auto target = "/acme/secret/resolve/" + secret_commit + "/config.json";
    get(target, ann);
    hub->forget_requests();
    BOOST_TEST(get(target, ann).status == 200);
    BOOST_TEST(seen_all() == 0U);
    later = 61;
    BOOST_TEST(get(target, ann).status == 200);
    BOOST_TEST(seen("HEAD") == 1U);
    BOOST_TEST(seen_bodies() == 0U);
    BOOST_TEST(authorized());
    // The repo has gone: the bytes are here, and nobody gets them any more.
    at_upstream([](const hfasync::HfApi& api) { return api.delete_repo("acme/secret"); });
    later = 200;
    BOOST_TEST(get(target, ann).status == 404);
}

BOOST_AUTO_TEST_CASE(a_grant_is_for_one_file)
{
    get("/acme/secret/resolve/" + secret_commit + "/config.json", ann);
    hub->forget_requests();
    get("/acme/secret/resolve/" + secret_commit + "/weights.bin", ann);
    BOOST_TEST(authorized("hub"));
    BOOST_TEST(!authorized("storage"));
}

BOOST_AUTO_TEST_CASE(a_gated_repo_is_read_by_those_who_were_let_in)
{
    settings("acme/tiny", {.gated = hfasync::Gated("manual")});
    const std::string target = "/acme/tiny/resolve/main/config.json";
    BOOST_TEST(get(target, ann).status == 200);
    const auto refused = get(target, bob);
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.header("X-Error-Code") == "GatedRepo");
    BOOST_TEST((get(target).status == 401 || get(target).status == 403));
    BOOST_TEST(get("/api/models/acme/tiny", bob).status == 200); // infos are for everybody
}

BOOST_AUTO_TEST_CASE(public_repos_are_asked_without_a_token)
{
    BOOST_TEST(get("/acme/tiny/resolve/main/config.json", ann).status == 200);
    BOOST_TEST(get("/acme/tiny/resolve/main/big.bin", ann).status == 200);
    BOOST_TEST(get("/api/models/acme/tiny/tree/main", ann).status == 200);
    BOOST_TEST(seen_all() > 0U);
    BOOST_TEST(!authorized());
}

BOOST_AUTO_TEST_CASE(a_repo_that_becomes_private_is_closed_here_too)
{
    const std::string branch = "/acme/tiny/resolve/main/config.json";
    const auto by_commit = "/acme/tiny/resolve/" + commit + "/config.json";
    BOOST_TEST(get(branch).status == 200);
    BOOST_TEST(get("/api/models/acme/tiny").status == 200);
    make_private("acme/tiny");
    BOOST_TEST(get(by_commit).status == 200); // it was public a moment ago
    later = 61;
    BOOST_TEST(get(branch).status == 401);
    BOOST_TEST(get(by_commit).status == 401);
    BOOST_TEST(get(by_commit, bob).status == 404);
    BOOST_TEST(get("/api/models/acme/tiny").status == 401);
    BOOST_TEST(get(by_commit, ann).status == 200);
    restart(); // the journal knows
    BOOST_TEST(get(by_commit).status == 401);
}

BOOST_AUTO_TEST_CASE(who_asks_by_commit_only_is_asked_about_after_a_longer_while)
{
    const auto by_commit = "/acme/tiny/resolve/" + commit + "/config.json";
    BOOST_TEST(get(by_commit).status == 200);
    make_private("acme/tiny");
    later = 86'401;
    BOOST_TEST(get(by_commit).status == 401);
}

BOOST_AUTO_TEST_CASE(repos_share_no_bytes)
{
    BOOST_TEST(get("/acme/secret/resolve/main/weights.bin", ann).status == 200);
    BOOST_TEST(get("/acme/tiny/resolve/main/big.bin").header("X-Cache") == "MISS"); // the same content
    BOOST_TEST(stored().size() == 2U);
}

BOOST_AUTO_TEST_CASE(no_token_is_written_down)
{
    get("/acme/secret/resolve/main/weights.bin", ann);
    get("/acme/tiny/resolve/main/config.json", ann);
    get("/api/models/acme/secret", ann);
    get("/api/whoami-v2", ann);
    server->stop();
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options.folder)) {
        if (!entry.is_regular_file()) continue;
        ++files;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string content(std::istreambuf_iterator<char>(in), {});
        BOOST_TEST(content.find("hf_ann") == std::string::npos, entry.path().string());
        BOOST_TEST(content.find("secret\n") == std::string::npos, entry.path().string());
    }
    BOOST_TEST(files >= 4U);
    const auto mode = std::filesystem::status(options.folder).permissions();
    BOOST_TEST((mode == std::filesystem::perms::owner_all));
}

BOOST_AUTO_TEST_CASE(an_authorization_that_is_none_is_refused)
{
    for (const auto* value : {"Basic YTpi", "Bearer", "Bearer a b"}) {
        const auto refused = get("/acme/tiny/resolve/main/config.json", {{"Authorization", value}});
        BOOST_TEST(refused.status == 400);
    }
}

BOOST_AUTO_TEST_SUITE_END()
