#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>

#include <hfasync/error.hpp>
#include <hfasync/json.hpp>

using hfasync::Json;

BOOST_AUTO_TEST_SUITE(describe_json_value)

BOOST_AUTO_TEST_CASE(kinds_and_lookup)
{
    const auto json = Json::parse(R"({"a":[1,2.5,"x",true,null],"b":{"c":-1}})");
    BOOST_TEST(json.is_object());
    BOOST_TEST(json.size() == 2u);
    BOOST_TEST((json.keys() == std::vector<std::string>{"a", "b"}));
    BOOST_TEST(json.contains("a"));
    BOOST_TEST(!json.contains("z"));
    BOOST_TEST(json["a"].is_array());
    BOOST_TEST(json["a"][std::size_t{0}].as_int().value() == 1);
    BOOST_TEST(json["a"][std::size_t{1}].as_double().value() == 2.5);
    BOOST_TEST(json["a"][std::size_t{2}].as_string().value() == "x");
    BOOST_TEST(json["a"][std::size_t{3}].as_bool().value());
    BOOST_TEST(json["a"][std::size_t{4}].is_null());
    BOOST_TEST(json["a"][std::size_t{99}].is_null());
    BOOST_TEST(json["z"]["z"][std::size_t{0}].is_null());
    BOOST_TEST(json["b"]["c"].text() == "-1");
    BOOST_TEST(!json["b"].as_string().has_value());
    BOOST_TEST(Json().is_null());
    BOOST_TEST(Json().text() == "null");
    BOOST_TEST(Json().size() == 0u);
}

BOOST_AUTO_TEST_CASE(numbers_convert_when_exact)
{
    BOOST_TEST(Json::parse("5.0").as_int().value() == 5);
    BOOST_TEST(!Json::parse("5.5").as_int().has_value());
    BOOST_TEST(!Json::parse("1e20").as_int().has_value());
    BOOST_TEST(!Json::parse("18446744073709551615").as_int().has_value());
    BOOST_TEST(Json::parse("9223372036854775807").as_int().value() == 9223372036854775807);
    BOOST_TEST(Json::parse("3").as_double().value() == 3.0);
    BOOST_TEST(!Json::parse("9007199254740993").as_double().has_value());
}

BOOST_AUTO_TEST_CASE(children_keep_their_parent_alive)
{
    auto json = std::make_unique<Json>(Json::parse(R"({"a":{"b":"a text longer than any small buffer"}})"));
    const Json child = (*json)["a"]["b"];
    json.reset();
    BOOST_TEST(child.as_string().value() == "a text longer than any small buffer");
}

BOOST_AUTO_TEST_CASE(a_value_of_a_monotonic_resource_is_copied_out)
{
    Json json;
    {
        boost::json::monotonic_resource resource;
        json = Json::from(boost::json::parse(R"({"a":"a text longer than any small buffer"})", &resource));
    }
    BOOST_TEST(json["a"].as_string().value() == "a text longer than any small buffer");
    BOOST_TEST(hfasync::open(json).is_object());
}

BOOST_AUTO_TEST_CASE(equality_and_errors)
{
    BOOST_TEST((Json::parse("{\"a\":1,\"b\":2}") == Json::parse("{\"b\":2,\"a\":1}")));
    BOOST_TEST((Json() == Json::parse("null")));
    BOOST_TEST(!(Json::parse("1") == Json::parse("2")));
    BOOST_CHECK_THROW(Json::parse("{"), hfasync::ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
