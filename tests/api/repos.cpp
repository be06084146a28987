// Settings, names and rights of repos, against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <string>

#include <hfasync/hf_api.hpp>

#include "emulator/hub_fixture.hpp"
#include "transfer/download_fixture.hpp"

// update_repo_visibility is deprecated, and tested.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

using namespace hfasync;

namespace {

struct Fixture {
    emulator::Emulator emulator{test::small_options()};
    Hub hub{HubOptions{.endpoint = emulator.endpoint(),
                       .token = Token("hf_ann"),
                       .clock = std::make_shared<test::EagerClock>()}};
    HfApi api{hub};

    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    std::string seed(const std::string& id = "acme/tiny")
    {
        emulator.seed_repo(id, {{"README.md", "# tiny"}});
        emulator.forget_requests();
        return id;
    }
    std::size_t count(const std::string& method, const std::string& target) const
    {
        std::size_t out = 0;
        for (const auto& seen : emulator.requests())
            if (seen.method == method && seen.target == target) ++out;
        return out;
    }
    /// The next answer to this path is lost, the work is done.
    void lose_reply(const std::string& path)
    {
        emulator.add_fault({.path = path, .action = emulator::FaultAction::lose_reply});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_repos, Fixture)

BOOST_AUTO_TEST_CASE(settings_change_what_is_given)
{
    const auto id = seed();
    wait(api.update_repo_settings(id, {.private_ = true}));
    BOOST_CHECK_THROW(wait(api.model_info(id, {.token = "hf_bob"})), RepositoryNotFoundError);
    wait(api.update_repo_settings(id, {.gated = "auto", .private_ = false}));
    auto info = wait(api.model_info(id, {.token = "hf_bob"}));
    BOOST_TEST((info.gated == Gated("auto")));
    BOOST_TEST(!info.private_.value_or(true));
    BOOST_CHECK_THROW(wait(api.auth_check(id, {.token = "hf_bob"})), GatedRepoError);
    wait(api.update_repo_settings(id, {.gated = "manual"}));
    wait(api.update_repo_settings(id, {.gated = false}));
    info = wait(api.model_info(id, {.token = "hf_bob"}));
    BOOST_TEST((info.gated == Gated(false)));
    wait(api.auth_check(id, {.token = "hf_bob"}));
}

BOOST_AUTO_TEST_CASE(settings_that_are_refused)
{
    const auto id = seed();
    BOOST_CHECK_THROW(wait(api.update_repo_settings(id, {})), ValueError);
    BOOST_CHECK_THROW(wait(api.update_repo_settings(id, {.gated = "sometimes"})), ValueError);
    BOOST_CHECK_THROW(wait(api.update_repo_settings(id, {.gated = true})), ValueError);
    BOOST_CHECK_THROW(wait(api.update_repo_settings(id, {.private_ = true, .repo_type = "datasets"})),
                      ValueError);
    BOOST_CHECK_THROW(wait(api.update_repo_settings("a b", {.private_ = true})), HFValidationError);
    BOOST_CHECK_THROW(wait(api.update_repo_visibility(id, {.repo_type = "org"})), ValueError);
    BOOST_TEST(emulator.requests().empty());
    BOOST_CHECK_THROW(wait(api.update_repo_settings("acme/none", {.private_ = true})),
                      RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(api.update_repo_settings(id, {.private_ = true, .repo_type = "dataset"})),
                      RepositoryNotFoundError);
    try {
        wait(api.update_repo_settings(id, {.private_ = true, .token = "hf_bob"}));
        BOOST_ERROR("not refused");
    } catch (const HfHubHTTPError& error) {
        BOOST_TEST((error.code() == errc::forbidden));
    }
}

BOOST_AUTO_TEST_CASE(visibility_is_public_by_default)
{
    const auto id = seed();
    BOOST_TEST(wait(api.update_repo_visibility(id, {.private_ = true}))["private"].as_bool().value_or(false));
    BOOST_TEST(wait(api.model_info(id)).private_.value_or(false));
    BOOST_TEST(!wait(api.update_repo_visibility(id))["private"].as_bool().value_or(true));
    BOOST_TEST(!wait(api.model_info(id)).private_.value_or(true));
    BOOST_CHECK_THROW(wait(api.update_repo_visibility("acme/none")), RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(repos_move)
{
    const auto id = seed();
    wait(api.move_repo(id, "ann/small"));
    BOOST_TEST(wait(api.model_info("ann/small")).id == "ann/small");
    BOOST_TEST(wait(api.model_info(id)).id == "ann/small"); // the Hub redirects
    wait(api.create_repo("acme/rows", {.repo_type = "dataset"}));
    wait(api.move_repo("acme/rows", "acme/lines", {.repo_type = "dataset"}));
    BOOST_TEST(wait(api.dataset_info("acme/lines")).id == "acme/lines");
}

BOOST_AUTO_TEST_CASE(moves_that_are_refused)
{
    const auto id = seed();
    for (const auto* bad : {"tiny", "datasets/acme/tiny", "/tiny", "acme/", ""}) {
        BOOST_CHECK_THROW(wait(api.move_repo(id, bad)), ValueError);
        BOOST_CHECK_THROW(wait(api.move_repo(bad, id)), ValueError);
    }
    BOOST_CHECK_THROW(wait(api.move_repo(id, "acme/x", {.repo_type = "bucket"})), ValueError);
    BOOST_TEST(emulator.requests().empty());
    seed("acme/other");
    try {
        wait(api.move_repo(id, "acme/other"));
        BOOST_ERROR("not refused");
    } catch (const ConflictError& error) {
        BOOST_TEST(error.context().server_message == "A repository with the same name already exists");
        BOOST_TEST(std::string(error.what()).find("hub/repositories-settings)") != std::string::npos,
                   error.what());
    }
    BOOST_CHECK_THROW(wait(api.move_repo("acme/none", "acme/x")), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(api.move_repo(id, "bob/tiny")), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.move_repo(id, "bob/tiny", {.token = "hf_bob"})), HfHubHTTPError);
}

BOOST_AUTO_TEST_CASE(exist_ok_where_nothing_may_be_made)
{
    seed("bob/his");
    const auto url = wait(api.create_repo("bob/his", {.exist_ok = true}));
    BOOST_TEST(url.repo_id == "bob/his");
    BOOST_CHECK_THROW(wait(api.create_repo("bob/his")), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.create_repo("bob/none", {.exist_ok = true})), HfHubHTTPError);
}

BOOST_AUTO_TEST_CASE(a_lost_answer_to_a_post_that_creates)
{
    lose_reply("/api/repos/create");
    BOOST_CHECK_THROW(wait(api.create_repo("acme/once")), ConnectionError);
    BOOST_TEST(count("POST", "/api/repos/create") == 1u); // not sent blindly again
    BOOST_TEST(wait(api.repo_exists("acme/once")));       // it was made
    emulator.forget_requests();
    lose_reply("/api/repos/create");
    BOOST_TEST(wait(api.create_repo("acme/twice", {.exist_ok = true})).repo_id == "acme/twice");
    BOOST_TEST(count("POST", "/api/repos/create") == 2u);
    emulator.forget_requests();
    lose_reply("/api/repos/move");
    BOOST_CHECK_THROW(wait(api.move_repo("acme/once", "acme/moved")), ConnectionError);
    BOOST_TEST(count("POST", "/api/repos/move") == 1u);
    // A PUT says what shall be, so it is sent again.
    lose_reply("/api/models/acme/moved/settings");
    wait(api.update_repo_settings("acme/moved", {.private_ = true}));
    BOOST_TEST(count("PUT", "/api/models/acme/moved/settings") == 2u);
}

BOOST_AUTO_TEST_CASE(deleting)
{
    const auto id = seed();
    BOOST_CHECK_THROW(wait(api.delete_repo(id, {.token = "hf_bob", .missing_ok = true})), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.delete_repo(id, {.repo_type = "dataset"})), RepositoryNotFoundError);
    wait(api.delete_repo(id, {.repo_type = "dataset", .missing_ok = true}));
    BOOST_TEST(wait(api.repo_exists(id)));
    wait(api.delete_repo(id));
    BOOST_TEST(!wait(api.repo_exists(id)));
    // Without the Hub's own code a 404 says nothing of the repo.
    emulator.add_fault({.path = "/api/repos/delete", .action = emulator::FaultAction::status, .status = 404});
    BOOST_CHECK_THROW(wait(api.delete_repo(id, {.missing_ok = true})), HfHubHTTPError);
}

BOOST_AUTO_TEST_SUITE_END()
