// list_spaces, space_info against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct ThreeSpaces : ReadFixture {
    ThreeSpaces()
    {
        seed("acme/one", "sdk: gradio\nmodels: [acme/tiny, globex/base]\ndatasets: acme/books\ntags: [mcp]",
             RepoType::space, {{"app.py", "print()"}});
        seed("acme/two", "sdk: static\ndatasets: [acme/logs]", RepoType::space);
        seed("bob/single", "sdk: docker", RepoType::space);
    }
    Texts found(ListSpacesOptions options) { return ids(ann.list_spaces(std::move(options))); }
};

const Texts one{"acme/one"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_spaces_read, ThreeSpaces)

BOOST_AUTO_TEST_CASE(every_filter_reaches_the_hub)
{
    BOOST_TEST(found({}).size() == 3u);
    BOOST_TEST(found({.filter = "mcp"}) == one);
    BOOST_TEST(found({.filter = {"gradio", "mcp"}}) == one);
    BOOST_TEST((found({.author = "bob"}) == Texts{"bob/single"}));
    BOOST_TEST(found({.search = "one"}) == one);
    BOOST_TEST(found({.models = "acme/tiny"}) == one);
    BOOST_TEST(found({.models = {"none/none", "globex/base"}}) == one);
    BOOST_TEST(found({.datasets = "acme/books"}) == one);
    BOOST_TEST((found({.datasets = {"acme/books", "acme/logs"}}) == Texts{"acme/one", "acme/two"}));
    BOOST_TEST(found({.datasets = "acme/logs", .models = "acme/tiny"}).empty());
    BOOST_TEST((found({.linked = true}) == Texts{"acme/one", "acme/two"}));
    BOOST_TEST(
        (found({.sort = "created_at", .direction = -1}) == Texts{"bob/single", "acme/two", "acme/one"}));
    BOOST_CHECK_THROW(found({.sort = "downloads"}), BadRequestError); // Spaces have none
}

BOOST_AUTO_TEST_CASE(infos_and_rows)
{
    const auto row = wait(ann.list_spaces({.search = "one", .full = true}).collect()).at(0);
    BOOST_TEST(row.sdk.value_or("") == "gradio");
    BOOST_TEST(row.siblings.value().size() == 2u);
    BOOST_TEST(row.card_data["sdk"].as_string().value_or("") == "gradio");
    const auto info = wait(nobody.space_info("acme/one"));
    BOOST_TEST(info.subdomain.value_or("") == "acme-one");
    BOOST_TEST((info.models.value() == Texts{"acme/tiny", "globex/base"}));
    BOOST_TEST((info.datasets.value() == Texts{"acme/books"}));
    BOOST_TEST(info.runtime.has_value());
    BOOST_TEST(wait(ann.space_info("acme/one", {.expand = {"sdk", "likes"}})).likes.value_or(9) == 0u);
    BOOST_CHECK_THROW(wait(ann.space_info("acme/one", {.expand = "downloads"})), BadRequestError);
    wait(ann.update_repo_settings("acme/one", {.private_ = true, .repo_type = "space"}));
    BOOST_CHECK_THROW(wait(bob.space_info("acme/one")), RepositoryNotFoundError);
    BOOST_TEST(ids(bob.list_spaces({.linked = true})) == (Texts{"acme/two"}));
}

BOOST_AUTO_TEST_SUITE_END()
