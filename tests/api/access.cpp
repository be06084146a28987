// Access to gated repos: the client against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

#include "emulator/plain_client.hpp"

using namespace hfasync;

namespace {

emulator::Options two_users()
{
    emulator::Options options;
    options.accounts = {
        {.name = "ann", .tokens = {{.token = "hf_ann"}}, .memberships = {{.organization = "acme"}}},
        {.name = "bob", .full_name = "Bob B.", .email = "bob@b.org", .tokens = {{.token = "hf_bob"}}},
        {.name = "acme", .is_organization = true}};
    return options;
}

struct Fixture {
    emulator::Emulator emulator{two_users()};
    Hub hub{HubOptions{.endpoint = emulator.endpoint(), .token = "hf_ann", .retry = {.max_retries = 0}}};
    HfApi api{hub};

    Fixture()
    {
        emulator.seed_repo("acme/tiny", {{"x", "x"}});
        emulator.seed_repo("acme/open", {{"x", "x"}});
        emulator.seed_repo("acme/rows", {{"x", "x"}}, RepoType::dataset);
        for (const auto* path : {"/api/models/acme/tiny/settings", "/api/datasets/acme/rows/settings"})
            plain("PUT", path, "hf_ann", R"({"gated":"manual"})");
    }
    int plain(std::string_view method, const std::string& path, const std::string& token,
              std::string_view body = {}) const
    {
        return test::PlainClient(emulator.endpoint())
            .request(method, path, {{"Authorization", "Bearer " + token}}, body)
            .status;
    }
    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    /// Status and the server's words; 200 for success.
    template <class T>
    std::pair<int, std::string> failure(boost::asio::awaitable<T> call)
    {
        try {
            wait(std::move(call));
        } catch (const HfHubHTTPError& error) {
            return {error.context().status, error.context().server_message};
        }
        return {200, ""};
    }
    bool bob_reads()
    {
        try {
            wait(api.auth_check("acme/tiny", {.token = "hf_bob"}));
            return true;
        } catch (const GatedRepoError&) {
            return false;
        }
    }
};

using Failure = std::pair<int, std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_access, Fixture)

BOOST_AUTO_TEST_CASE(a_request_is_decided_and_decides)
{
    BOOST_TEST(plain("POST", "/acme/tiny/ask-access", "hf_bob", R"({"Company":"Globex"})") == 303);
    const auto pending = wait(api.list_pending_access_requests("acme/tiny"));
    BOOST_TEST_REQUIRE(pending.size() == 1u);
    BOOST_TEST(pending[0].username == "bob");
    BOOST_TEST(pending[0].fullname == "Bob B.");
    BOOST_TEST(pending[0].email.value_or("") == "bob@b.org");
    BOOST_TEST(pending[0].status == "pending");
    BOOST_TEST((pending[0].timestamp != Timestamp{}));
    BOOST_TEST(pending[0].fields["Company"].as_string().value_or("") == "Globex");
    BOOST_TEST(!bob_reads());

    wait(api.accept_access_request("acme/tiny", "bob"));
    BOOST_TEST(bob_reads());
    BOOST_TEST(wait(api.list_pending_access_requests("acme/tiny")).empty());
    BOOST_TEST(wait(api.list_accepted_access_requests("acme/tiny")).at(0).status == "accepted");
    wait(api.reject_access_request("acme/tiny", "bob"));
    BOOST_TEST(!bob_reads());
    BOOST_TEST(wait(api.list_rejected_access_requests("acme/tiny")).at(0).status == "rejected");
    wait(api.cancel_access_request("acme/tiny", "bob"));
    BOOST_TEST(wait(api.list_pending_access_requests("acme/tiny")).size() == 1u);
    BOOST_TEST(!bob_reads());
}

BOOST_AUTO_TEST_CASE(the_documented_failures)
{
    BOOST_TEST((failure(api.accept_access_request("acme/tiny", "bob")) ==
                Failure{404, "User access request not found"}));
    BOOST_TEST((failure(api.reject_access_request("acme/tiny", "nobody")) == Failure{404, "User not found"}));
    plain("POST", "/acme/tiny/ask-access", "hf_bob");
    BOOST_TEST((failure(api.cancel_access_request("acme/tiny", "bob")) ==
                Failure{404, "User access request is already in the pending list"}));
    BOOST_TEST(failure(api.list_pending_access_requests("acme/tiny", {.token = "hf_bob"})).first == 403);
    BOOST_TEST(failure(api.grant_access("acme/tiny", "bob", {.token = "hf_bob"})).first == 403);
    BOOST_CHECK_THROW(wait(api.list_pending_access_requests("acme/open")), BadRequestError);
    BOOST_CHECK_THROW(wait(api.grant_access("acme/open", "bob")), BadRequestError);
    BOOST_CHECK_THROW(wait(api.list_rejected_access_requests("acme/none")), RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(access_is_granted)
{
    wait(api.grant_access("acme/tiny", "bob"));
    BOOST_TEST(bob_reads());
    const auto accepted = wait(api.list_accepted_access_requests("acme/tiny"));
    BOOST_TEST_REQUIRE(accepted.size() == 1u);
    BOOST_TEST(!accepted[0].email.has_value());
    BOOST_TEST(accepted[0].fields.is_null());
    BOOST_TEST((failure(api.grant_access("acme/tiny", "bob")) ==
                Failure{400, "User already has access to the repo"}));
    BOOST_TEST((failure(api.grant_access("acme/tiny", "nobody")) == Failure{404, "User not found"}));
}

BOOST_AUTO_TEST_CASE(other_repo_types_have_lists_of_their_own)
{
    wait(api.grant_access("acme/rows", "bob", {.repo_type = "dataset"}));
    BOOST_TEST(wait(api.list_accepted_access_requests("acme/rows", {.repo_type = "dataset"})).size() == 1u);
    BOOST_TEST(wait(api.list_accepted_access_requests("acme/tiny", {.repo_type = "model"})).empty());
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_before_any_request)
{
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(api.grant_access("acme/tiny", "bob", {.repo_type = "x"})), ValueError);
    BOOST_CHECK_THROW(wait(api.list_pending_access_requests("acme/tiny", {.repo_type = ""})), ValueError);
    BOOST_CHECK_THROW(wait(api.accept_access_request("a/b/c", "bob")), HFValidationError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
