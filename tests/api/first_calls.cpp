// The first calls against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

using namespace hfasync;

namespace {

struct Fixture {
    emulator::Emulator emulator;
    Hub hub{HubOptions{
        .endpoint = emulator.endpoint(), .token = Token(emulator.token()), .retry = {.max_retries = 0}}};
    HfApi api{hub};

    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_first_calls, Fixture)

BOOST_AUTO_TEST_CASE(whoami_names_the_user_of_the_token)
{
    BOOST_TEST(wait(api.whoami())["name"].as_string().value_or("") == emulator.user());
    BOOST_CHECK_THROW(wait(api.whoami({.token = "hf_wrong"})), HTTPError);
}

BOOST_AUTO_TEST_CASE(a_repo_is_made_described_and_deleted)
{
    const auto id = emulator.user() + "/fresh";
    const auto url = wait(api.create_repo(id, {.private_ = true}));
    BOOST_TEST(url.repo_id == id);
    BOOST_TEST(url.repo_type == "model");
    BOOST_CHECK_THROW(wait(api.create_repo(id)), ConflictError);
    BOOST_TEST(wait(api.create_repo(id, {.exist_ok = true})).repo_id == id);

    const auto info = wait(api.model_info(id));
    BOOST_TEST(info.id == id);
    BOOST_TEST(info.private_.value_or(false));
    BOOST_TEST(wait(api.repo_exists(id)));
    BOOST_CHECK_THROW(wait(api.model_info(id, {.token = false})), RepositoryNotFoundError);

    wait(api.delete_repo(id));
    BOOST_CHECK_THROW(wait(api.delete_repo(id)), RepositoryNotFoundError);
    wait(api.delete_repo(id, {.missing_ok = true}));
    BOOST_TEST(!wait(api.repo_exists(id)));
}

BOOST_AUTO_TEST_CASE(the_tree_is_listed_with_its_folders)
{
    const auto commit = emulator.seed_repo(
        "acme/tiny", {{"README.md", "# tiny"}, {"a/b.txt", "b"}, {"a/c/d \xC3\xA9#1.txt", "d"}});
    std::set<std::string> paths;
    for (const auto& entry : wait(api.list_repo_tree("acme/tiny", {.recursive = true}).collect()))
        paths.insert(std::visit([](const auto& e) { return e.path; }, entry));
    BOOST_TEST(paths == (std::set<std::string>{"README.md", "a", "a/b.txt", "a/c", "a/c/d \xC3\xA9#1.txt"}),
               boost::test_tools::per_element());
    BOOST_TEST(wait(api.list_repo_files("acme/tiny").collect()).size() == 3u);
    BOOST_TEST(wait(api.list_repo_tree("acme/tiny", {.path_in_repo = "a"}).collect()).size() == 2u);
    BOOST_TEST(wait(api.model_info("acme/tiny", {.revision = commit})).sha.value_or("") == commit);
    BOOST_CHECK_THROW(wait(api.list_repo_tree("acme/tiny", {.revision = "nope"}).next()),
                      RevisionNotFoundError);
    BOOST_CHECK_THROW(wait(api.list_repo_tree("acme/none").next()), RepositoryNotFoundError);
}

BOOST_AUTO_TEST_CASE(models_are_listed_and_limited)
{
    for (const auto* id : {"acme/one", "acme/two", "acme/three"})
        emulator.seed_repo(id, {{"README.md", id}});
    BOOST_TEST(wait(api.list_models({.author = "acme"}).collect()).size() == 3u);
    emulator.forget_requests();
    BOOST_TEST(wait(api.list_models({.limit = 0}).collect()).empty());
    BOOST_TEST(emulator.requests().empty());
    BOOST_TEST(wait(api.list_models({.limit = 2}).collect()).size() == 2u);
    BOOST_TEST(emulator.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(calls_outlive_the_object_that_made_them)
{
    BOOST_TEST(wait(HfApi(hub).whoami())["name"].as_string().has_value());
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_before_any_request)
{
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(api.model_info("../etc/passwd")), HFValidationError);
    BOOST_CHECK_THROW(wait(api.model_info("acme/tiny", {.revision = "a\r\nb"})), ValueError);
    BOOST_CHECK_THROW(wait(api.model_info("acme/tiny", {.files_metadata = true, .expand = "sha"})),
                      ValueError);
    BOOST_CHECK_THROW(wait(api.repo_info("acme/tiny", {.repo_type = "bucket"})), ValueError);
    BOOST_CHECK_THROW(wait(api.create_repo("acme/x", {.repo_type = "space"})), ValueError);
    BOOST_CHECK_THROW(wait(api.list_repo_tree("acme/tiny", {.path_in_repo = "../x"}).next()), ValueError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
