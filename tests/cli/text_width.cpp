#include "cli/text_width.hpp"

#include <boost/test/unit_test.hpp>

using hfasync::cli::Align;
using hfasync::cli::display_width;
using hfasync::cli::fitted;

BOOST_AUTO_TEST_SUITE(cli_text_width)

BOOST_AUTO_TEST_CASE(columns_are_counted_not_bytes)
{
    BOOST_TEST(display_width("") == 0u);
    BOOST_TEST(display_width("abc") == 3u);
    BOOST_TEST(display_width("Größe") == 5u);
    BOOST_TEST(display_width("e\xcc\x81") == 1u); // e and a combining accent
    BOOST_TEST(display_width("安全") == 4u);
    BOOST_TEST(display_width("한국어") == 6u);
    BOOST_TEST(display_width("🤗") == 2u);
    BOOST_TEST(display_width("\xff\xfe") == 2u); // no UTF-8, and no crash
    BOOST_TEST(display_width("\xe5\xae") == 1u);
}

BOOST_AUTO_TEST_CASE(texts_are_filled_up_or_cut)
{
    BOOST_TEST(fitted("abc", 5) == "abc  ");
    BOOST_TEST(fitted("42", 5, Align::right) == "   42");
    BOOST_TEST(fitted("abcdef", 5) == "abc..");
    BOOST_TEST(fitted("abcde", 5) == "abcde");
    BOOST_TEST(fitted("安全安全", 6) == "安全..");
    BOOST_TEST(fitted("安全安全", 7) == "安全.. "); // half of a character is none
    BOOST_TEST(fitted("abc", 1) == ".");
    BOOST_TEST(fitted("abc", 0) == "");
    for (std::size_t width = 0; width < 12; ++width)
        BOOST_TEST(display_width(fitted("a安é🤗bcd", width)) == width);
}

BOOST_AUTO_TEST_SUITE_END()
