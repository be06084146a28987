// Gated repos of the embedded Hub: three lists, and who may download.
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "hub_fixture.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::test;
namespace json = boost::json;

namespace {

struct GatedRepo : HubFixture {
    explicit GatedRepo(emulator::Options options = small_options()) : HubFixture(std::move(options)) {}

    void make(const std::string& gated = "manual")
    {
        hub.seed_repo("acme/tiny", {{"x.txt", "x"}});
        if (!gated.empty())
            BOOST_TEST_REQUIRE(
                ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"gated":")" + gated + "\"}").status ==
                200);
    }
    PlainResponse request(const Headers& who = bob, std::string_view body = {}) const
    {
        return ask("POST", "/acme/tiny/ask-access", who, body);
    }
    PlainResponse handle(const std::string& status, const std::string& user = "bob",
                         const Headers& who = ann) const
    {
        return ask("POST", requests + "handle", who,
                   R"({"user":")" + user + R"(","status":")" + status + "\"}");
    }
    PlainResponse grant(const std::string& user = "bob", const Headers& who = ann) const
    {
        return ask("POST", requests + "grant", who, R"({"user":")" + user + "\"}");
    }
    json::array list(const std::string& status) const
    {
        return json(ask("GET", requests + status)).as_array();
    }
    /// How many are in which list.
    std::string sizes() const
    {
        return std::to_string(list("pending").size()) + std::to_string(list("accepted").size()) +
               std::to_string(list("rejected").size());
    }
    bool bob_reads() const { return ask("GET", "/acme/tiny/resolve/main/x.txt", bob).status == 200; }

    const std::string requests = "/api/models/acme/tiny/user-access-request/";
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_access_requests)

BOOST_FIXTURE_TEST_CASE(a_request_goes_through_the_lists, GatedRepo)
{
    make();
    BOOST_TEST(!bob_reads());
    const auto asked = request(bob, R"({"Company":"Globex","I agree":true})");
    BOOST_TEST(asked.status == 303);
    BOOST_TEST(asked.header("location") == hub.endpoint() + "/acme/tiny");
    BOOST_TEST(sizes() == "100");
    BOOST_TEST(!bob_reads());
    const auto pending = list("pending").at(0);
    BOOST_TEST(pending.at("user").at("user").as_string() == "bob");
    BOOST_TEST(pending.at("user").at("email").as_string() == "bob@users.noreply.huggingface.co");
    BOOST_TEST(pending.at("status").as_string() == "pending");
    BOOST_TEST(pending.at("timestamp").as_string() == "2023-11-14T22:13:20.000Z");
    BOOST_TEST(pending.at("grantedBy").is_null());
    BOOST_TEST(pending.at("fields").at("Company").as_string() == "Globex");
    BOOST_TEST(pending.at("fields").at("I agree").as_bool());

    BOOST_TEST(handle("accepted").status == 200);
    BOOST_TEST(sizes() == "010");
    BOOST_TEST(bob_reads());
    BOOST_TEST(handle("rejected").status == 200);
    BOOST_TEST(sizes() == "001");
    BOOST_TEST(!bob_reads());
    BOOST_TEST(handle("pending").status == 200);
    BOOST_TEST(sizes() == "100");
    BOOST_TEST(!bob_reads());
}

BOOST_FIXTURE_TEST_CASE(a_list_takes_a_user_once, GatedRepo)
{
    make();
    request();
    for (const auto* status : {"accepted", "rejected", "pending"}) {
        BOOST_TEST(handle(status).status == 200);
        const auto again = handle(status);
        BOOST_TEST(again.status == 404);
        BOOST_TEST(again.header("x-error-message") ==
                   "User access request is already in the " + std::string(status) + " list");
    }
}

BOOST_FIXTURE_TEST_CASE(a_request_has_an_id_to_be_handled_by, GatedRepo)
{
    make();
    request();
    const auto id = std::string(list("pending").at(0).at("requestId").as_string());
    BOOST_TEST(id.size() == 24u);
    const auto handle_id = [&](const std::string& which, std::string_view more = "") {
        return ask("POST", requests + "handle", ann,
                   R"({"status":"accepted","requestId":")" + which + "\"" + std::string(more) + "}");
    };
    BOOST_TEST(handle_id(id, R"(,"user":"bob")").status == 400);
    const auto unknown = handle_id(std::string(24, '0'));
    BOOST_TEST(unknown.status == 404);
    BOOST_TEST(unknown.header("x-error-message") == "User access request not found");
    BOOST_TEST(handle_id(id).status == 200);
    BOOST_TEST(sizes() == "010");
    BOOST_TEST(bob_reads());
    BOOST_TEST(list("accepted").at(0).at("requestId").as_string() == id);
}

BOOST_FIXTURE_TEST_CASE(unknown_things_are_refused, GatedRepo)
{
    make();
    BOOST_TEST(handle("accepted").header("x-error-message") == "User access request not found");
    BOOST_TEST(handle("accepted").status == 404);
    BOOST_TEST(handle("accepted", "nobody").header("x-error-message") == "User not found");
    BOOST_TEST(handle("accepted", "acme").status == 404); // an organisation is no user
    BOOST_TEST(handle("maybe").status == 400);
    BOOST_TEST(grant("nobody").status == 404);
    BOOST_TEST(ask("GET", requests + "other").status == 404);
    BOOST_TEST(ask("POST", requests + "handle", ann, "{}").status == 400);
    BOOST_TEST(ask("GET", "/api/models/acme/none/user-access-request/pending").header("x-error-code") ==
               "RepoNotFound");
}

BOOST_FIXTURE_TEST_CASE(only_writers_decide, GatedRepo)
{
    make();
    request();
    BOOST_TEST(ask("GET", requests + "pending", bob).status == 403);
    BOOST_TEST(ask("GET", requests + "pending", ann_reads).status == 403);
    BOOST_TEST(ask("GET", requests + "pending", nobody).status == 401);
    BOOST_TEST(handle("accepted", "bob", bob).status == 403);
    BOOST_TEST(grant("bob", bob).status == 403);
    BOOST_TEST(request(nobody).status == 401);
    BOOST_TEST(sizes() == "100");
}

BOOST_FIXTURE_TEST_CASE(a_repo_that_is_not_gated_has_no_requests, GatedRepo)
{
    make("");
    for (const auto& answer : {ask("GET", requests + "pending"), handle("accepted"), grant(), request()}) {
        BOOST_TEST(answer.status == 400);
        BOOST_TEST(answer.header("x-error-message") == "Repository is not gated");
    }
}

BOOST_FIXTURE_TEST_CASE(automatic_approval_accepts_at_once, GatedRepo)
{
    make("auto");
    BOOST_TEST(request().status == 303);
    BOOST_TEST(sizes() == "010");
    BOOST_TEST(bob_reads());
    BOOST_TEST(handle("rejected").status == 200);
    BOOST_TEST(!bob_reads());
    const auto again = request();
    BOOST_TEST(again.status == 403);
    BOOST_TEST(sizes() == "001");
}

BOOST_FIXTURE_TEST_CASE(access_is_granted_without_asking, GatedRepo)
{
    make();
    BOOST_TEST(grant().status == 200);
    BOOST_TEST(bob_reads());
    const auto accepted = list("accepted").at(0);
    BOOST_TEST(!accepted.at("user").as_object().contains("email"));
    BOOST_TEST(accepted.at("grantedBy").at("user").as_string() == "ann");
    const auto again = grant();
    BOOST_TEST(again.status == 400);
    BOOST_TEST(again.header("x-error-message") == "User already has access to the repo");
    BOOST_TEST(grant("ann").status == 400); // a member needs none
    BOOST_TEST(handle("pending").status == 200);
    BOOST_TEST(!bob_reads());
    BOOST_TEST(grant().status == 200); // of one who is in the pending list now
    BOOST_TEST(sizes() == "010");
}

BOOST_FIXTURE_TEST_CASE(asking_twice_changes_nothing, GatedRepo)
{
    make();
    BOOST_TEST(request(bob, R"({"a":"1"})").status == 303);
    BOOST_TEST(request(bob, R"({"a":"2"})").status == 303);
    BOOST_TEST(list("pending").at(0).at("fields").at("a").as_string() == "1");
    BOOST_TEST(request(ann).status == 303); // reads without
    BOOST_TEST(sizes() == "100");
}

BOOST_FIXTURE_TEST_CASE(forms_and_other_repo_types_work_too, GatedRepo)
{
    hub.seed_repo("acme/rows", {{"x", "x"}}, RepoType::dataset);
    ask("PUT", "/api/datasets/acme/rows/settings", ann, R"({"gated":"manual"})");
    Headers form = bob;
    form.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    BOOST_TEST(ask("POST", "/datasets/acme/rows/ask-access", form, "Company=Globex+Inc&x=%C3%A9").status ==
               303);
    const auto pending = json(ask("GET", "/api/datasets/acme/rows/user-access-request/pending"));
    BOOST_TEST(pending.at(0).at("fields").at("Company").as_string() == "Globex Inc");
    BOOST_TEST(pending.at(0).at("fields").at("x").as_string() == "\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(the_lists_outlive_the_server)
{
    tests::TempFolder folder;
    auto options = small_options();
    options.data = folder.path();
    {
        GatedRepo first(options);
        first.make();
        first.request(bob, R"({"a":"1"})");
        first.handle("accepted");
    }
    GatedRepo second(options);
    BOOST_TEST(second.sizes() == "010");
    BOOST_TEST(second.bob_reads());
    BOOST_TEST(second.list("accepted").at(0).at("fields").at("a").as_string() == "1");
}

BOOST_AUTO_TEST_SUITE_END()
