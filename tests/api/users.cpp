// Users, likes and followers against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct Liked : ReadFixture {
    Liked()
    {
        seed("acme/m", "license: mit");
        seed("acme/d", "license: mit", RepoType::dataset);
        seed("acme/s", "sdk: static", RepoType::space);
        seed("ann/own", "license: mit");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_users, Liked)

BOOST_AUTO_TEST_CASE(an_overview_is_counted_from_state)
{
    wait(ann.like("acme/m"));
    const auto user = wait(bob.get_user_overview("ann"));
    BOOST_TEST(user.username == "ann");
    BOOST_TEST(user.fullname == "Ann \xe5\xae\x89");
    BOOST_TEST(user.details.value_or("") == "ML & more");
    BOOST_TEST(user.is_following.value_or(false));
    BOOST_TEST(!user.is_pro.value_or(true));
    BOOST_TEST(user.num_models.value_or(0) == 1u);
    BOOST_TEST(user.num_datasets.value_or(9) == 0u);
    BOOST_TEST(user.num_likes.value_or(0) == 1u);
    BOOST_TEST(user.num_followers.value_or(0) == 3u);
    BOOST_TEST(user.num_following.value_or(0) == 1u);
    BOOST_TEST(user.num_papers.value_or(0) == 1u);
    BOOST_TEST(user.num_upvotes.value_or(0) == 107u);
    BOOST_TEST(user.orgs.at(0).fullname == "Acme, Inc.");
    BOOST_TEST(!wait(nobody.get_user_overview("ann")).is_following);
    BOOST_CHECK_EXCEPTION(wait(ann.get_user_overview("no body/\xc3\xa9")), HfHubHTTPError,
                          [](const HfHubHTTPError& e) { return e.context().status == 404; });
}

BOOST_AUTO_TEST_CASE(likes_are_given_listed_and_taken_back)
{
    wait(ann.like("acme/m"));
    wait(ann.like("acme/m")); // again is no error
    wait(ann.like("acme/d", {.repo_type = "dataset"}));
    wait(ann.like("acme/s", {.repo_type = "space"}));
    wait(ann.like("ann/own"));
    wait(bob.like("acme/m"));
    const auto likes = wait(ann.list_liked_repos());
    BOOST_TEST(likes.user == "ann");
    BOOST_TEST(likes.total == 4u);
    BOOST_TEST((likes.models == Texts{"acme/m", "ann/own"}));
    BOOST_TEST((likes.datasets == Texts{"acme/d"}));
    BOOST_TEST((likes.spaces == Texts{"acme/s"}));
    BOOST_TEST((names(nobody.list_repo_likers("acme/m")) == Texts{"ann", "bob"}));
    BOOST_TEST(wait(nobody.model_info("acme/m")).likes.value_or(0) == 2u);
    wait(ann.unlike("acme/m"));
    wait(ann.unlike("acme/m"));
    BOOST_TEST((names(nobody.list_repo_likers("acme/m")) == Texts{"bob"}));
    BOOST_TEST(wait(nobody.list_liked_repos({.user = "ann"})).total == 3u);
    BOOST_CHECK_THROW(wait(nobody.like("acme/m")), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(ann.like("acme/none")), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(ann.list_liked_repos({.user = "none"})), HfHubHTTPError);
}

BOOST_AUTO_TEST_CASE(a_private_repo_hides_its_likers)
{
    wait(ann.like("ann/own"));
    wait(ann.update_repo_settings("ann/own", {.private_ = true}));
    BOOST_TEST((names(ann.list_repo_likers("ann/own")) == Texts{"ann"}));
    BOOST_CHECK_THROW(names(bob.list_repo_likers("ann/own")), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(bob.like("ann/own")), RepositoryNotFoundError);
    BOOST_TEST(wait(bob.list_liked_repos({.user = "ann"})).total == 0u);
    BOOST_TEST(wait(ann.list_liked_repos({.user = "ann"})).total == 1u);
}

BOOST_AUTO_TEST_CASE(followers_and_members_over_pages)
{
    BOOST_TEST((names(ann.list_user_followers("ann")) == Texts{"bob", "eve", "zoe"}));
    BOOST_TEST((names(nobody.list_user_following("ann")) == Texts{"bob"}));
    BOOST_TEST((names(nobody.list_organization_members("acme")) == Texts{"ann"}));
    const auto first = wait(ann.list_user_followers("ann").collect()).at(0);
    BOOST_TEST(first.is_pro.value_or(false));
    BOOST_TEST(first.is_following.value_or(false));
    BOOST_CHECK_THROW(names(ann.list_user_followers("none")), HfHubHTTPError);
    BOOST_CHECK_THROW(names(ann.list_organization_members("ann")), HfHubHTTPError);
}

BOOST_AUTO_TEST_SUITE_END()
