// What a listing does with pages that no honest Hub sends.
#include <boost/test/unit_test.hpp>

#include <boost/json/parse.hpp>

#include <hfasync/hf_api.hpp>

#include "wire/scripted_server.hpp"

using namespace hfasync;
namespace json = boost::json;

namespace {

// Routes of /api/models, one page each.
json::array pages(std::initializer_list<const char*> routes)
{
    json::array out;
    for (const auto* text : routes) {
        auto route = json::parse(text).as_object();
        route["method"] = "GET";
        route["path"] = "/api/models";
        out.push_back(std::move(route));
    }
    return out;
}

struct Listing {
    explicit Listing(const json::array& routes) : server(routes) {}
    std::vector<ModelInfo> all(ListModelsOptions options = {})
    {
        Hub hub(HubOptions{.endpoint = server.endpoint(), .token = "hf_test", .retry = {.max_retries = 0}});
        return hub.block_on(HfApi(hub).list_models(std::move(options)).collect());
    }
    wire::ScriptedServer server;
};

constexpr auto one_then =
    R"({"json": [{"id": "a/1"}], "headers": {"Link": "<{{endpoint}}/api/models?p=2>; rel=\"next\""}})";

} // namespace

BOOST_AUTO_TEST_SUITE(wire_hostile_pages)

BOOST_AUTO_TEST_CASE(the_token_does_not_follow_a_link_to_another_server)
{
    Listing listing(pages(
        {R"({"json": [{"id": "a/1"}], "headers": {"Link": "<{{storage}}/api/models?p=2>; rel=\"next\""}})"}));
    BOOST_CHECK_THROW(listing.all(), BadResponseError);
    BOOST_TEST(listing.server.seen().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_circle_of_pages_ends)
{
    Listing listing(pages({one_then, one_then, one_then}));
    BOOST_CHECK_THROW(listing.all(), BadResponseError);
    BOOST_TEST(listing.server.seen().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_relative_link_is_followed)
{
    Listing listing(
        pages({R"({"json": [{"id": "a/1"}], "headers": {"Link": "</api/models?p=2>; rel=\"next\""}})",
               R"({"json": [{"id": "a/2"}]})"}));
    BOOST_TEST(listing.all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_limit_that_a_full_page_meets_asks_for_no_more)
{
    Listing listing(pages({one_then}));
    BOOST_TEST(listing.all({.limit = 1}).size() == 1u);
    BOOST_TEST(listing.server.seen().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_field_of_another_kind_is_named_with_page_and_path)
{
    Listing listing(pages({one_then, R"({"json": [{"id": "a/2"}, {"id": "a/3", "downloads": "many"}]})"}));
    try {
        listing.all();
        BOOST_ERROR("accepted");
    } catch (const BadResponseError& error) {
        const std::string message = error.what();
        BOOST_TEST(message.find("page 2") != std::string::npos, message);
        BOOST_TEST(message.find("[1].downloads") != std::string::npos, message);
    }
}

BOOST_AUTO_TEST_CASE(a_page_that_is_no_list_is_refused)
{
    for (const auto* page : {R"({"json": {"error": "x"}})", R"({"text": "<html>"})", R"({"text": ""})"}) {
        Listing listing(pages({page}));
        BOOST_CHECK_THROW(listing.all(), BadResponseError);
    }
}

BOOST_AUTO_TEST_SUITE_END()
