#include "describe/print.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "unit/describe/fixtures.hpp"

using namespace hfasync::detail;
using namespace fixture;

BOOST_AUTO_TEST_SUITE(describe_print)

BOOST_AUTO_TEST_CASE(fields_in_order_with_documented_names)
{
    Model model{.id = "a\x1b[2J", .private_ = true, .tags = {"x", "y"}};
    model.siblings = {{"f", 1}};
    model.common.author = "me";
    const auto fields = print_fields(model);
    BOOST_TEST(fields.at(0).first == "id");
    BOOST_TEST(fields.at(0).second == "a\\x1b[2J");
    BOOST_TEST(fields.at(1).first == "private");
    BOOST_TEST(fields.at(1).second == "true");
    BOOST_TEST(fields.at(2).second == ""); // absent
    BOOST_TEST(fields.at(7).second == "x, y");
    BOOST_TEST(fields.at(8).second == R"([{"rfilename":"f","size":1}])");
    BOOST_TEST(fields.at(13).first == "author");     // flattened
    BOOST_TEST(fields.back().first == "like_count"); // secret_note is not printed
}

BOOST_AUTO_TEST_CASE(values)
{
    BOOST_TEST(print_json(boost::json::parse("null")) == "");
    BOOST_TEST(print_json(boost::json::parse("[1,true,\"x\",null]")) == "1, true, x, ");
    BOOST_TEST(print_json(boost::json::parse("{\"a\":[]}")) == "{\"a\":[]}");
    BOOST_TEST(print_json(boost::json::parse("[]")) == "");
}

BOOST_AUTO_TEST_SUITE_END()
