#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include <hfasync/emulator/accounts.hpp>
#include <hfasync/error.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

using Names = std::vector<std::string>;

emulator::Options people()
{
    auto options = small_options();
    auto& ann_account = options.accounts[0];
    ann_account.details = "ML & \xe6\x97\xa5\xe6\x9c\xac\nhttps://example.com";
    ann_account.following = {"bob", "u3", "acme"};
    ann_account.is_pro = true;
    for (int i = 0; i < 7; ++i)
        options.accounts.push_back({.name = "u" + std::to_string(i), .following = {"ann"}});
    options.accounts[1].memberships = {{.organization = "acme", .role = "read"}};
    options.papers = {{.id = "2407.21783",
                       .title = "Herd",
                       .authors = {{.name = "Ann Example", .user = "ann"}},
                       .upvotes = 107}};
    return options;
}

struct People : HubFixture {
    People() : HubFixture(people())
    {
        hub.seed_repo("ann/m", {{"x", "x"}});
        hub.seed_repo("ann/secret", {{"x", "x"}});
        hub.seed_repo("ann/d", {{"x", "x"}}, RepoType::dataset);
        hub.seed_repo("acme/m", {{"x", "x"}});
        hub.seed_repo("acme/s", {{"x", "x"}}, RepoType::space);
        BOOST_TEST_REQUIRE(ask("PUT", "/api/models/ann/secret/settings", ann, R"({"private":true})").status ==
                           200);
    }
    /// Of all pages, by a key or a path of two keys.
    Names names(std::string target, const Headers& headers = nobody, const char* key = "user",
                const char* below = nullptr) const
    {
        Names out;
        while (!target.empty()) {
            const auto page = ask("GET", target, headers);
            BOOST_TEST_REQUIRE(page.status == 200, page.head);
            const auto rows = json(page);
            for (const auto& row : rows.as_array())
                out.emplace_back(below ? row.at(key).at(below).as_string() : row.at(key).as_string());
            const auto link = page.header("link");
            target = link.empty()
                         ? ""
                         : link.substr(1 + hub.endpoint().size(), link.find('>') - 1 - hub.endpoint().size());
        }
        return out;
    }
    Names likes_of(const std::string& user, const Headers& headers = nobody) const
    {
        return names("/api/users/" + user + "/likes", headers, "repo", "name");
    }
    int like(const std::string& path, const Headers& who = ann, std::string_view method = "POST") const
    {
        return ask(method, "/api/" + path + "/like", who).status;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_users)

BOOST_FIXTURE_TEST_CASE(an_overview_counts_what_is_there, People)
{
    BOOST_TEST_REQUIRE(like("models/acme/m") == 200);
    const auto user = json(ask("GET", "/api/users/ann/overview", nobody)).as_object();
    BOOST_TEST(user.at("user").as_string() == "ann");
    BOOST_TEST(user.at("fullname").as_string() == "Ann Example");
    BOOST_TEST(user.at("type").as_string() == "user");
    BOOST_TEST(user.at("isPro").as_bool());
    BOOST_TEST(user.at("details").as_string() == "ML & \xe6\x97\xa5\xe6\x9c\xac\nhttps://example.com");
    BOOST_TEST(user.at("avatarUrl").as_string().starts_with("/avatars/"));
    const std::pair<const char*, int> counts[] = {{"numModels", 1},    {"numDatasets", 1},  {"numSpaces", 0},
                                                  {"numPapers", 1},    {"numUpvotes", 107}, {"numLikes", 1},
                                                  {"numFollowing", 2}, {"numFollowers", 7}};
    for (const auto& [key, count] : counts)
        BOOST_TEST(user.at(key).as_int64() == count, key);
    BOOST_TEST(user.at("orgs").at(0).at("name").as_string() == "acme");
    BOOST_TEST(user.at("orgs").as_array().size() == 1u);
    BOOST_TEST(!user.contains("isFollowing"));
    BOOST_TEST(user.at("numDiscussions").as_int64() == 0);
    BOOST_TEST_REQUIRE(ask("POST", "/api/models/acme/m/discussions", ann,
                           R"({"title":"Why","description":"so","pullRequest":false})")
                           .status == 200);
    BOOST_TEST(json(ask("GET", "/api/users/ann/overview", bob)).at("numDiscussions").as_int64() == 1);
    BOOST_TEST(json(ask("GET", "/api/users/bob/overview", bob)).at("numDiscussions").as_int64() == 0);
    // Her own eyes see the private repo too.
    const auto own = json(ask("GET", "/api/users/ann/overview", ann)).as_object();
    BOOST_TEST(own.at("numModels").as_int64() == 2);
    BOOST_TEST(!own.at("isFollowing").as_bool());
    BOOST_TEST(json(ask("GET", "/api/users/bob/overview", ann)).at("isFollowing").as_bool());
    BOOST_TEST(!json(ask("GET", "/api/users/bob/overview", bob)).at("isFollowing").as_bool());
}

BOOST_FIXTURE_TEST_CASE(nobody_of_that_name, People)
{
    for (const char* what : {"overview", "likes", "followers", "following"})
        for (const char* name : {"none", "acme", "a%2Fb"}) {
            const auto answer = ask("GET", std::string("/api/users/") + name + "/" + what);
            BOOST_TEST(answer.status == 404, name << what);
            BOOST_TEST(answer.header("x-error-message") == "This user does not exist");
            BOOST_TEST(answer.header("x-error-code") == "");
        }
    for (const char* what : {"members", "followers", "overview"})
        for (const char* name : {"none", "ann"}) {
            const auto answer = ask("GET", std::string("/api/organizations/") + name + "/" + what);
            BOOST_TEST(answer.status == 404, name << what);
            BOOST_TEST(answer.header("x-error-message") == "This organization does not exist");
        }
    BOOST_TEST(ask("GET", "/api/users/ann/overview", {{"Authorization", "Bearer hf_wrong"}}).status == 401);
    BOOST_TEST(ask("GET", "/api/users/ann/overview?full=1").status == 400);
    BOOST_TEST(ask("GET", "/api/users/ann/likes?limit=0").status == 400);
    BOOST_TEST(ask("GET", "/api/users/ann/likes?cursor=%21").status == 400);
}

BOOST_FIXTURE_TEST_CASE(an_overview_of_an_organization, People)
{
    const auto acme = json(ask("GET", "/api/organizations/acme/overview", nobody)).as_object();
    BOOST_TEST(acme.at("name").as_string() == "acme");
    BOOST_TEST(acme.at("type").as_string() == "org");
    BOOST_TEST(acme.at("avatarUrl").as_string().starts_with("/avatars/"));
    const std::pair<const char*, int> counts[] = {
        {"numUsers", 2}, {"numModels", 1}, {"numDatasets", 0}, {"numSpaces", 1}, {"numFollowers", 1}};
    for (const auto& [key, count] : counts)
        BOOST_TEST(acme.at(key).as_int64() == count, key);
    BOOST_TEST(!acme.contains("isFollowing"));
    BOOST_TEST(json(ask("GET", "/api/organizations/acme/overview", ann)).at("isFollowing").as_bool());
    BOOST_TEST(!json(ask("GET", "/api/organizations/acme/overview", bob)).at("isFollowing").as_bool());
    BOOST_TEST((names("/api/organizations/acme/followers") == Names{"ann"}));
}

BOOST_FIXTURE_TEST_CASE(the_repos_of_a_namespace_and_what_they_store, People)
{
    hub.seed_repo("ann/large", {{"x", std::string(98, 'x')}});
    BOOST_TEST((names("/api/settings/repositories", ann, "id") ==
                Names{"ann/large", "ann/m", "ann/secret", "ann/d"}));
    BOOST_TEST(
        (names("/api/settings/repositories", ann, "type") == Names{"model", "model", "model", "dataset"}));
    BOOST_TEST((names("/api/settings/repositories", ann, "visibility") ==
                Names{"public", "public", "private", "public"}));
    BOOST_TEST(names("/api/settings/repositories", bob, "id").empty());
    BOOST_TEST(ask("GET", "/api/settings/repositories", nobody).status == 401);
    const auto rows = json(ask("GET", "/api/settings/repositories", ann)).as_array();
    const auto find = [&](std::string_view id) {
        for (const auto& row : rows)
            if (row.at("id").as_string() == id) return row.as_object();
        throw std::runtime_error("not listed");
    };
    BOOST_TEST(find("ann/m").at("updatedAt").as_string().starts_with("2023-"));
    const auto stored = find("ann/large").at("storage").as_int64();
    BOOST_TEST(stored == find("ann/m").at("storage").as_int64() + 97);
    const auto all = stored + 3 * (stored - 97); // ann/d and ann/secret are as large as ann/m
    BOOST_TEST(std::abs(find("ann/large").at("storagePercent").as_double() -
                        100.0 * static_cast<double>(stored) / static_cast<double>(all)) < 0.001);
    BOOST_TEST(
        (names("/api/organizations/acme/settings/repositories", ann, "id") == Names{"acme/m", "acme/s"}));
    BOOST_TEST(ask("GET", "/api/organizations/acme/settings/repositories", bob).status == 403);
    BOOST_TEST(ask("GET", "/api/organizations/none/settings/repositories", ann).status == 404);
}

BOOST_FIXTURE_TEST_CASE(followers_and_members_come_in_pages, People)
{
    BOOST_TEST((names("/api/users/ann/followers") == Names{"u0", "u1", "u2", "u3", "u4", "u5", "u6"}));
    BOOST_TEST(
        (names("/api/users/ann/followers?limit=2") == Names{"u0", "u1", "u2", "u3", "u4", "u5", "u6"}));
    BOOST_TEST(json(ask("GET", "/api/users/ann/followers?limit=2")).as_array().size() == 2u);
    BOOST_TEST((names("/api/users/ann/following") == Names{"bob", "u3"})); // acme is no user
    BOOST_TEST(names("/api/users/bob/following").empty());
    BOOST_TEST((names("/api/users/u3/followers") == Names{"ann"}));
    BOOST_TEST((names("/api/organizations/acme/members") == Names{"ann", "bob"}));
    const auto first = json(ask("GET", "/api/organizations/acme/members", bob)).at(0).as_object();
    BOOST_TEST(first.at("isPro").as_bool());
    BOOST_TEST(!first.at("isFollowing").as_bool());
    BOOST_TEST(first.at("_id").as_string().size() == 24u);
}

BOOST_FIXTURE_TEST_CASE(likes_are_kept_once_with_their_date, People)
{
    BOOST_TEST(like("models/acme/m") == 200);
    now += 60;
    BOOST_TEST(like("models/acme/m") == 200); // again: the first date stays
    BOOST_TEST(like("datasets/ann/d", ann) == 200);
    now += 60;
    BOOST_TEST(like("spaces/acme/s", ann) == 200);
    BOOST_TEST(like("models/acme/m", bob) == 200);
    const auto rows = json(ask("GET", "/api/users/ann/likes", nobody));
    BOOST_TEST(rows.at(2).at("createdAt").as_string() == "2023-11-14T22:13:20.000Z");
    BOOST_TEST(rows.at(1).at("repo").at("type").as_string() == "dataset");
    BOOST_TEST((likes_of("ann") == Names{"acme/s", "ann/d", "acme/m"})); // newest first
    BOOST_TEST((names("/api/models/acme/m/likers") == Names{"ann", "bob"}));
    BOOST_TEST(json(ask("GET", "/api/models/acme/m")).at("likes").as_int64() == 2);
    BOOST_TEST(like("models/acme/m", ann, "DELETE") == 200);
    BOOST_TEST(like("models/acme/m", ann, "DELETE") == 200); // nothing left to take back
    BOOST_TEST((names("/api/models/acme/m/likers") == Names{"bob"}));
    BOOST_TEST((likes_of("ann") == Names{"acme/s", "ann/d"}));
    BOOST_TEST_REQUIRE(
        ask("POST", "/api/repos/move", ann, R"({"type":"space","fromRepo":"acme/s","toRepo":"acme/t"})")
            .status == 200);
    BOOST_TEST((likes_of("ann") == Names{"acme/t", "ann/d"}));
}

BOOST_FIXTURE_TEST_CASE(many_likes_come_in_pages, People)
{
    Names expected;
    for (int i = 0; i < 8; ++i) {
        const auto id = "acme/p" + std::to_string(i);
        hub.seed_repo(id, {{"x", "x"}});
        now += i % 2; // some at the same second
        BOOST_TEST_REQUIRE(like("models/" + id) == 200);
    }
    BOOST_TEST(likes_of("ann").size() == 8u);
    const auto page = ask("GET", "/api/users/ann/likes");
    BOOST_TEST(json(page).as_array().size() == 3u);
    BOOST_TEST(page.header("link").find("/api/users/ann/likes?cursor=") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(who_may_like_what, People)
{
    const auto anonymous = ask("POST", "/api/models/acme/m/like", nobody);
    BOOST_TEST(anonymous.status == 401);
    BOOST_TEST(anonymous.header("x-error-code") == "");
    BOOST_TEST(like("models/acme/m", ann_reads) == 403);
    BOOST_TEST(like("models/acme/none", ann) == 404);
    BOOST_TEST(like("models/ann/secret", bob) == 404);
    BOOST_TEST(ask("POST", "/api/models/ann/secret/like", bob).header("x-error-code") == "RepoNotFound");
    BOOST_TEST(like("models/ann/secret", ann) == 200);
    BOOST_TEST(ask("GET", "/api/models/ann/secret/likers", bob).status == 404);
    BOOST_TEST(ask("GET", "/api/models/ann/secret/likers", nobody).status == 401);
    BOOST_TEST((likes_of("ann", ann) == Names{"ann/secret"}));
    BOOST_TEST(likes_of("ann", bob).empty()); // what he may not see
    BOOST_TEST(ask("GET", "/api/users/ann/overview", bob).body.find("\"numLikes\":0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(likes_and_downloads_outlive_the_hub)
{
    auto folder = (std::filesystem::temp_directory_path() / "hfasync-likes-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(folder.data()));
    auto options = people();
    options.data = folder;
    {
        HubFixture first(options);
        first.hub.seed_repo("ann/m", {{"config.json", "{}"}});
        BOOST_TEST(first.ask("POST", "/api/models/ann/m/like", bob).status == 200);
        BOOST_TEST(first.ask("GET", "/ann/m/resolve/main/config.json").status == 200);
        BOOST_TEST(first.ask("HEAD", "/ann/m/resolve/main/config.json").status == 200);
    }
    {
        HubFixture second(options);
        second.now += 1000;
        const auto rows = HubFixture::json(second.ask("GET", "/api/users/bob/likes"));
        BOOST_TEST(rows.at(0).at("createdAt").as_string() == "2023-11-14T22:13:20.000Z");
        BOOST_TEST(HubFixture::json(second.ask("GET", "/api/models/ann/m")).at("downloads").as_int64() == 1);
    }
    std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(followers_and_details_come_from_the_users_file)
{
    const auto file = std::filesystem::temp_directory_path() / "hfasync-users-test.json";
    const auto read = [&](const std::string& text) {
        std::ofstream(file) << text;
        return emulator::load_accounts(file);
    };
    const auto accounts = read(
        R"({"users":[{"name":"a","token":"hf_a","details":"x\ny","following":["b"]},{"name":"b"}],"papers":[]})");
    BOOST_TEST(accounts[0].details == "x\ny");
    BOOST_TEST((accounts[0].following == Names{"b"}));
    BOOST_CHECK_THROW(read(R"([{"name":"a","following":["nobody"]}])"), ValueError);
    BOOST_CHECK_THROW(read(R"([{"name":"a","following":"b"},{"name":"b"}])"), ValueError);
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_SUITE_END()
