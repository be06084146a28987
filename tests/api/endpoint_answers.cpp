// How the API's answers about Inference Endpoints are read, without a server.
#include <boost/test/unit_test.hpp>

#include "api/common/inference_endpoint.hpp"

using namespace hfasync;
using namespace hfasync::detail;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(api_endpoint_answers)

BOOST_AUTO_TEST_CASE(answers_are_read_by_their_paths)
{
    Hub hub{HubOptions{}};
    const EndpointRef ref{.name = "x", .namespace_ = "acme", .token = {}};
    const DecodeContext context{.source = "GET x"};
    const auto read = [&](std::string_view text) {
        return read_endpoint(json::parse(text), context, hub.state(), ref);
    };
    const auto odd = read(R"({"name":"x","type":"new","status":{"state":"hibernating","url":null},"raw":1})");
    BOOST_TEST(!odd.status.known());
    BOOST_TEST(odd.status.text_if_unknown() == "hibernating");
    BOOST_TEST(odd.type.text_if_unknown() == "new");
    BOOST_TEST(!odd.url.has_value());
    BOOST_TEST(odd.raw["raw"].as_int().value_or(0) == 1);
    const auto path_of = [&](std::string_view text) -> std::string {
        try {
            read(text);
        } catch (const BadResponseError& error) {
            return error.message();
        }
        return "nothing thrown";
    };
    BOOST_TEST(path_of("[]").find("$") != std::string::npos);
    BOOST_TEST(path_of(R"({"name":"x"})").find("status.state") != std::string::npos);
    BOOST_TEST(path_of(R"({"name":"x","status":{"state":1}})").find("status.state") != std::string::npos);
    BOOST_TEST(
        path_of(R"({"name":"x","status":{"state":"failed","createdAt":"soon"}})").find("status.createdAt") !=
        std::string::npos);
    const json::object flat{{"a.b.c", 1}, {"a.b.d", 2}, {"a.e", json::object()}, {"f", nullptr}};
    BOOST_TEST((nested(flat) ==
                json::object{{"a", {{"b", {{"c", 1}, {"d", 2}}}, {"e", json::object()}}}, {"f", nullptr}}));
}

BOOST_AUTO_TEST_CASE(the_token_goes_over_https_or_to_this_machine)
{
    for (const auto* url : {"https://x.endpoints.example/", "http://127.0.0.1:80/", "http://127.9.9.9/",
                            "http://localhost:8080/", "http://[::1]:80/"})
        BOOST_TEST(may_carry_token(http::Url::parse(url)), url);
    for (const auto* url :
         {"http://x.endpoints.example/", "http://127.0.0.1.example.com/", "http://127.evil/",
          "http://localhost.example.com/", "http://10.0.0.1/", "http://[::2]/"})
        BOOST_TEST(!may_carry_token(http::Url::parse(url)), url);
}

BOOST_AUTO_TEST_SUITE_END()
