// Names that go into a path with as little encoding as a URL needs.
#include "api/common/url_part.hpp"

#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

using hfasync::detail::url_part;

BOOST_AUTO_TEST_SUITE(api_url_parts)

BOOST_AUTO_TEST_CASE(a_name_keeps_what_a_path_may_hold)
{
    BOOST_TEST(url_part("hep-th/9711200", "paper id") == "hep-th/9711200");
    BOOST_TEST(url_part("j-doe_2.x~", "user") == "j-doe_2.x~");
    BOOST_TEST(url_part("jo d\xC3\xB6"
                        "e",
                        "user") == "jo%20d%C3%B6e");
}

BOOST_AUTO_TEST_CASE(nothing_in_a_name_can_cut_it)
{
    BOOST_TEST(url_part("a#b?c%2Fd", "user") == "a%23b%3Fc%252Fd");
}

BOOST_AUTO_TEST_CASE(what_no_path_can_hold_is_refused)
{
    for (const auto* name : {"", "..", "a/../b", "a//b", "/a", "a/", ".", "a\r\nb", "a\x7f", "\xff"})
        BOOST_CHECK_THROW(url_part(name, "user"), hfasync::ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
