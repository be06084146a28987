// What the replay takes for the same, and what not.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "wire/compare.hpp"

using wire::differences;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(wire_compare_rules)

BOOST_AUTO_TEST_CASE(equal_values_have_no_differences)
{
    const auto value = json::parse(R"({"a": [1, 2.5, null, "x"], "b": {"c": true}})");
    BOOST_TEST(differences(value, value).empty());
    BOOST_TEST(differences(json::parse("1.0"), json::parse("1")).empty());
    BOOST_TEST(differences(json::parse("0.30000000000000004"), json::parse("0.3")).empty());
}

BOOST_AUTO_TEST_CASE(each_difference_is_named_by_its_path)
{
    const auto found = differences(json::parse(R"({"a": [1, 2], "b": "x", "c": 1})"),
                                   json::parse(R"({"a": [1], "b": "y", "d": 1})"), "result");
    const std::vector<std::string> want{"result/a: 1 items, want 2", "result/b: \"y\", want \"x\"",
                                        "result/c: missing, want 1", "result/d: not expected, got 1"};
    BOOST_TEST(found == want, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_bool_is_no_number)
{
    BOOST_TEST(!differences(json::parse("true"), json::parse("1")).empty());
    BOOST_TEST(!differences(json::parse("1"), json::parse("1.5")).empty());
}

BOOST_AUTO_TEST_CASE(null_and_absent_are_the_same_in_results)
{
    BOOST_TEST(wire::without_nulls(json::parse(R"({"a": null, "b": [{"c": null}]})")) ==
               json::parse(R"({"b": [{}]})"));
}

BOOST_AUTO_TEST_CASE(queries_are_sorted_and_booleans_alike)
{
    const auto request = [](const char* query) {
        json::object out{
            {"origin", "endpoint"}, {"method", "GET"}, {"path", "/"}, {"headers", json::object()}};
        out["query"] = json::parse(query);
        return wire::normal_request(out, {});
    };
    BOOST_TEST(request(R"([["b", "True"], ["a", "1"]])") == request(R"([["a", "1"], ["b", "true"]])"));
    BOOST_TEST(request(R"([["b", "True"]])") != request(R"([["b", "1"]])"));
}

BOOST_AUTO_TEST_CASE(whoami_twice_counts_once_other_requests_do_not)
{
    const json::object whoami{{"path", "/api/whoami-v2"}};
    const json::object other{{"path", "/api/models"}};
    BOOST_TEST(wire::compare_requests({whoami}, {whoami, whoami}, false).empty());
    BOOST_TEST(!wire::compare_requests({other}, {other, other}, false).empty());
    BOOST_TEST(!wire::compare_requests({whoami, other}, {other, whoami}, false).empty());
    BOOST_TEST(wire::compare_requests({whoami, other}, {other, whoami}, true).empty());
}

BOOST_AUTO_TEST_SUITE_END()
