// The next page in a Link header (RFC 8288).
#include <boost/test/unit_test.hpp>

#include "api/common/pages.hpp"

using hfasync::detail::next_link;

namespace {

std::optional<std::string> next_of(const std::string& link)
{
    hfasync::http::Headers headers;
    headers.add("link", link);
    return next_link(headers);
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_links)

BOOST_AUTO_TEST_CASE(no_header_no_next_page)
{
    BOOST_TEST(!next_link({}).has_value());
}

BOOST_AUTO_TEST_CASE(the_relation_is_found_in_every_spelling)
{
    for (const auto* link : {"<https://hub/a?p=1>; rel=\"next\"", "<https://hub/a?p=1>;rel=next",
                             "<https://hub/a?p=1>; title=\"x, y; z\"; rel=\"next\"",
                             "<https://hub/a?p=1>; rel=\"prev next\"", "< https://hub/a?p=1 > ; REL=\"NEXT\"",
                             "<https://hub/b>; rel=\"prev\", <https://hub/a?p=1>; rel=\"next\"",
                             "<https://hub/a?p=1>; rel=\"next\", <https://hub/z>; rel=\"last\""})
        BOOST_TEST(next_of(link).value_or("none") == "https://hub/a?p=1", link);
}

BOOST_AUTO_TEST_CASE(other_relations_and_broken_links_are_none)
{
    for (const auto* link :
         {"<https://hub/a>; rel=\"prev\"", "<https://hub/a>", "https://hub/a; rel=\"next\"",
          "<https://hub/a; rel=\"next\"", "", ",,;;", "<https://hub/a>; rel=", "<>; rel",
          "<https://hub/a>; norel=\"next\"", "<https://hub/a>; rel=\"nextish\""})
        BOOST_TEST(!next_of(link).has_value(), link);
}

BOOST_AUTO_TEST_CASE(commas_and_semicolons_in_a_target_do_not_end_it)
{
    BOOST_TEST(next_of("<https://hub/a?x=1,2;3>; rel=\"next\"").value_or("none") == "https://hub/a?x=1,2;3");
}

BOOST_AUTO_TEST_CASE(a_second_header_counts_too)
{
    hfasync::http::Headers headers;
    headers.add("Link", "<https://hub/z>; rel=\"last\"");
    headers.add("LINK", "<https://hub/n>; rel=\"next\"");
    BOOST_TEST(next_link(headers).value_or("none") == "https://hub/n");
}

BOOST_AUTO_TEST_SUITE_END()
