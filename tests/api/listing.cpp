// Pages of a listing while the Hub changes beneath them.
#include <boost/test/unit_test.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

BOOST_FIXTURE_TEST_SUITE(api_listing, ReadFixture)

BOOST_AUTO_TEST_CASE(no_row_comes_twice_and_none_is_lost)
{
    for (const char* id : {"acme/b", "acme/d", "acme/f", "acme/h", "acme/j"})
        seed(id, "license: mit");
    auto listing = ann.list_models({.filter = "license:mit"});
    Texts seen;
    for (int i = 0; i < 2; ++i)
        seen.push_back(wait(listing.next()).value().id);
    seed("acme/a", "license: mit");
    wait(ann.delete_repo("acme/b"));
    for (const auto& model : wait(listing.collect()))
        seen.push_back(model.id);
    BOOST_TEST((seen == Texts{"acme/b", "acme/d", "acme/f", "acme/h", "acme/j"}));
}

BOOST_AUTO_TEST_CASE(a_limit_stops_the_requests)
{
    for (int i = 0; i < 9; ++i)
        seed("acme/m" + std::to_string(i), "license: mit");
    emulator.forget_requests();
    BOOST_TEST(ids(ann.list_models({.limit = 4})).size() == 4u);
    BOOST_TEST(emulator.requests().size() == 2u); // pages of two
    BOOST_TEST(ids(ann.list_models({.limit = 100})).size() == 9u);
}

BOOST_AUTO_TEST_CASE(a_wrong_token_is_refused_everywhere)
{
    HfApi wrong{Hub(hub.executor(), as(Token("hf_wrong")))};
    BOOST_CHECK_THROW(ids(wrong.list_models()), HfHubHTTPError);
    BOOST_CHECK_THROW(ids(wrong.list_datasets()), HfHubHTTPError);
    BOOST_CHECK_THROW(ids(wrong.list_spaces()), HfHubHTTPError);
    BOOST_CHECK_THROW(names(wrong.list_user_followers("ann")), HfHubHTTPError);
    BOOST_CHECK_THROW(ids(wrong.list_papers()), HfHubHTTPError);
}

BOOST_AUTO_TEST_SUITE_END()
