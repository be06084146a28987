#include "describe/query.hpp"

#include <boost/test/unit_test.hpp>

#include "unit/describe/fixtures.hpp"

using namespace hfasync::detail;
using namespace fixture;

BOOST_AUTO_TEST_SUITE(describe_query)

BOOST_AUTO_TEST_CASE(only_what_is_set)
{
    QueryPairs pairs;
    append_query(pairs, Options{});
    BOOST_TEST((pairs == QueryPairs{{"cardData", "True"}, {"stage", "running"}, {"likeCount", "0"}}));
}

BOOST_AUTO_TEST_CASE(every_kind_as_the_reference_writes_it)
{
    Options options{.search = "a b",
                    .filter = {"x", "y"},
                    .full = true,
                    .card_data = false,
                    .gated = false,
                    .limit = -1,
                    .score = 10,
                    .numbers = {1, 2},
                    .stage = Stage::static_,
                    .repo_type = hfasync::RepoType::dataset,
                    .timeout = std::chrono::seconds(3),
                    .local_dir = "/secret",
                    .token = "hf_CANARY"};
    QueryPairs pairs;
    append_query(pairs, options);
    const QueryPairs expected = {{"search", "a b"}, {"filter", "x"},       {"filter", "y"},
                                 {"full", "True"},  {"cardData", "False"}, {"is-gated", "False"},
                                 {"limit", "-1"},   {"score", "10.0"},     {"numbers", "1"},
                                 {"numbers", "2"},  {"stage", "static"},   {"repoType", "dataset"},
                                 {"likeCount", "0"}};
    BOOST_TEST((pairs == expected));
}

BOOST_AUTO_TEST_CASE(fields_can_share_a_name_and_a_prefix_is_put_once)
{
    QueryPairs pairs;
    append_query(pairs, Filters{.tags = {"a"}, .data = {"squad", "dataset:glue"}, .own_name = "n"});
    const QueryPairs expected = {
        {"filter", "a"}, {"filter", "dataset:squad"}, {"filter", "dataset:glue"}, {"search", "n"}};
    BOOST_TEST((pairs == expected));
}

BOOST_AUTO_TEST_CASE(numbers_are_pythons)
{
    BOOST_TEST(query_number(0.1) == "0.1");
    BOOST_TEST(query_number(0) == "0.0");
    BOOST_TEST(query_number(-2.5) == "-2.5");
    BOOST_TEST(query_number(1e15) == "1000000000000000.0");
    BOOST_TEST(query_number(1e20) == "1e+20");
    BOOST_TEST(query_number(0.00001) == "1e-05");
}

BOOST_AUTO_TEST_SUITE_END()
