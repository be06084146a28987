// What the embedded Hub refuses of settings, moves and names of refs.
#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

struct Tiny : HubFixture {
    Tiny() { hub.seed_repo("acme/tiny", {{"README.md", "# Tiny\n"}}); }
    PlainResponse post(const std::string& target, std::string_view body = "{}",
                       const Headers& who = ann) const
    {
        return ask("POST", "/api/models/acme/tiny/" + target, who, body);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_settings_and_refs, Tiny)

BOOST_AUTO_TEST_CASE(settings_must_make_sense)
{
    const auto put = [&](std::string_view body, const Headers& who = ann) {
        return ask("PUT", "/api/models/acme/tiny/settings", who, body);
    };
    for (const auto* body : {"{}", R"({"gated":true})", R"({"gated":"sometimes"})", R"({"private":"yes"})",
                             R"({"gated":"auto","private":1})", R"({"visibility":"hidden"})", "[]"})
        BOOST_TEST(put(body).status == 400, body);
    BOOST_TEST(put(R"({"private":true})", bob).status == 403);
    BOOST_TEST(put(R"({"private":true})", ann_reads).status == 403);
    const auto changed = put(R"({"gated":"auto","private":true})");
    BOOST_TEST(changed.status == 200);
    BOOST_TEST(json(changed).at("private").as_bool());
    BOOST_TEST(json(changed).at("gated").as_string() == "auto");
    BOOST_TEST(!json(put(R"({"gated":false})")).at("gated").as_bool());
    BOOST_TEST(!json(put(R"({"visibility":"public"})")).at("private").as_bool());
    BOOST_TEST(json(put(R"({"visibility":"private"})")).at("private").as_bool());
}

BOOST_AUTO_TEST_CASE(who_may_write_is_told)
{
    const auto status = [&](const Headers& who) {
        return ask("GET", "/api/models/acme/tiny/auth-check/write", who).status;
    };
    BOOST_TEST(status(ann) == 200);
    BOOST_TEST(status(ann_reads) == 403);
    BOOST_TEST(status(bob) == 403);
    BOOST_TEST(status(nobody) == 401);
    BOOST_TEST(ask("GET", "/api/models/acme/none/auth-check/write", ann).status == 404);
}

BOOST_AUTO_TEST_CASE(branches_are_no_other_refs)
{
    for (const auto* name : {"refs%2Fpr%2F5", "refs%2Ffoo%2Fbar"}) {
        const auto refused = post(std::string("branch/") + name);
        BOOST_TEST(refused.status == 400);
        BOOST_TEST(refused.header("x-error-message").find("Invalid reference for a branch: refs/") == 0u);
    }
    BOOST_TEST(ask("DELETE", "/api/models/acme/tiny/branch/main").status == 403);
}

BOOST_AUTO_TEST_CASE(branches_with_a_slash_are_squashed)
{
    BOOST_TEST_REQUIRE(post("branch/feat%2Fx").status == 200);
    for (const auto* target : {"super-squash/feat/x", "super-squash/feat%2Fx"})
        BOOST_TEST(post(target, R"({"message":"One"})").status == 200);
    BOOST_TEST(post("super-squash/feat/y").status == 404);
    BOOST_TEST(post("super-squash/feat/x", "{}", bob).status == 403);
    BOOST_TEST_REQUIRE(post("tag/main", R"({"tag":"v1"})").status == 200);
    BOOST_TEST(post("super-squash/v1").status == 400);
}

BOOST_AUTO_TEST_CASE(moves_need_both_rights)
{
    const auto move = [&](std::string_view body, const Headers& who = ann) {
        return ask("POST", "/api/repos/move", who, body);
    };
    const auto refused = move(R"({"fromRepo":"acme/tiny","toRepo":"bob/tiny"})");
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.header("x-error-message") ==
               "You don't have the rights to create a model under the namespace \"bob\"");
    BOOST_TEST(move(R"({"fromRepo":"acme/tiny","toRepo":"bob/tiny"})", bob).status == 403);
    BOOST_TEST(move(R"({"fromRepo":"acme/none","toRepo":"acme/x"})").status == 404);
    BOOST_TEST(move(R"({"fromRepo":"acme/tiny","toRepo":"acme/x","type":"bucket"})").status == 400);
    BOOST_TEST(move(R"({"fromRepo":"acme/tiny"})").status == 400);
}

BOOST_AUTO_TEST_SUITE_END()
