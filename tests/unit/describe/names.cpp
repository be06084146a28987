#include "describe/names.hpp"

#include <boost/test/unit_test.hpp>

#include "unit/describe/fixtures.hpp"

using namespace hfasync::detail;

static_assert(camel_case("last_modified").view() == "lastModified");
static_assert(camel_case("private_").view() == "private");
static_assert(camel_case("gguf").view() == "gguf");
static_assert(camel_case("a_2_b").view() == "a2B");
static_assert(wire_name<fixture::Options, 4>() == "is-gated");
static_assert(documented_name<fixture::Model, 1>() == "private");
static_assert(NameTable<fixture::Model, Naming::wire>::find("trendingScore")->field == 2);

BOOST_AUTO_TEST_SUITE(describe_names)

BOOST_AUTO_TEST_CASE(finds_every_name_and_no_other)
{
    using Wire = NameTable<fixture::Model, Naming::wire>;
    using Documented = NameTable<fixture::Model, Naming::documented>;
    for_each_index_of<fixture::Model>([](auto i) {
        if (field_rule<fixture::Model, i()>.flatten) return;
        BOOST_TEST(Wire::find(wire_name<fixture::Model, i()>())->field == i());
        BOOST_TEST(Documented::find(documented_name<fixture::Model, i()>())->field == i());
    });
    BOOST_TEST(Wire::find("modelId")->also);
    for (const char* other :
         {"", "i", "ID", "common", "trending_score", "aVeryLongNameThatNoFieldOfThisTypeHasAtAll"})
        BOOST_TEST(Wire::find(other) == nullptr, other);
}

BOOST_AUTO_TEST_CASE(enum_texts)
{
    BOOST_TEST(enum_text(fixture::Stage::static_) == "static");
    BOOST_TEST(enum_text(static_cast<fixture::Stage>(99)) == "");
}

BOOST_AUTO_TEST_SUITE_END()
