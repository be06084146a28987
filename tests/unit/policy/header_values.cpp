#include <boost/test/unit_test.hpp>

#include "policy/header_values.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(policy_header_values)

BOOST_AUTO_TEST_CASE(numbers_are_strict)
{
    BOOST_TEST(parse_decimal("0").value() == 0u);
    BOOST_TEST(parse_decimal("18446744073709551615").value() == 18446744073709551615u);
    for (const auto* bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616", "\xd9\xa1"})
        BOOST_TEST(!parse_decimal(bad).has_value());
    BOOST_TEST(parse_content_length("5, 5").value() == 5u);
    for (const auto* bad : {"5, 6", "5,", ",5", "5 6", ""})
        BOOST_TEST(!parse_content_length(bad).has_value());
}

BOOST_AUTO_TEST_CASE(content_range)
{
    const auto range = parse_content_range("bytes 5-9/100").value();
    BOOST_TEST(range.first.value() == 5u);
    BOOST_TEST(range.last.value() == 9u);
    BOOST_TEST(range.total.value() == 100u);
    BOOST_TEST(!parse_content_range("bytes 0-9/*").value().total.has_value());
    BOOST_TEST(!parse_content_range("bytes */100").value().first.has_value());
    for (const auto* bad : {"", "bytes", "bytes 9-5/100", "bytes 0-100/100", "bytes -5/100", "bytes 5-/100",
                            "bytes */*", "items 0-1/2", "bytes 0-1", "bytes 0-1/x"})
        BOOST_TEST(!parse_content_range(bad).has_value());
}

BOOST_AUTO_TEST_CASE(retry_after)
{
    const Timestamp now(seconds(1'700'000'000)); // Tue, 14 Nov 2023 22:13:20 GMT
    BOOST_TEST((parse_retry_after("120", now) == seconds(120)));
    BOOST_TEST((parse_retry_after(" 0 ", now) == seconds(0)));
    BOOST_TEST((parse_retry_after("Tue, 14 Nov 2023 22:13:30 GMT", now) == seconds(10)));
    BOOST_TEST((parse_retry_after("Tue, 14 Nov 2023 22:00:00 GMT", now) == seconds(0)));
    BOOST_TEST((parse_retry_after("99999999999999999999999999", now) == std::chrono::hours(24)));
    BOOST_TEST((parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == std::chrono::hours(24)));
    for (const auto* bad : {"", "-1", "1.5", "soon", "1e9"})
        BOOST_TEST(!parse_retry_after(bad, now).has_value());
}

BOOST_AUTO_TEST_CASE(rate_limit)
{
    const auto limit = parse_rate_limit("\"api\";r=0;t=55").value();
    BOOST_TEST(limit.policy == "api");
    BOOST_TEST(limit.remaining == 0u);
    BOOST_TEST((limit.reset == seconds(55)));
    BOOST_TEST(parse_rate_limit("\"a;r=9\"; t=3 ; r=4").value().remaining == 4u);
    BOOST_TEST((parse_rate_limit("\"x\";r=0;t=999999999999").value().reset == std::chrono::hours(24)));
    for (const auto* bad : {"", "\"api\"", "\"api\";t=5", "\"api\";r=-1", "\"api\";r="})
        BOOST_TEST(!parse_rate_limit(bad).has_value());
}

BOOST_AUTO_TEST_CASE(link_next)
{
    BOOST_TEST(parse_link_next("<https://hf.co/api/models?cursor=a,b>; rel=\"next\"").value() ==
               "https://hf.co/api/models?cursor=a,b");
    BOOST_TEST(parse_link_next("</a>; rel=prev, </b>; title=\"x, y\"; rel=\"last next\"").value() == "/b");
    BOOST_TEST(parse_link_next("</a>;rel=next,</b>;rel=last").value() == "/a");
    for (const auto* bad :
         {"", "</a>", "</a>; rel=\"prev\"", "</a; rel=next", "a; rel=next", "</a>; title=\"rel=next\""})
        BOOST_TEST(!parse_link_next(bad).has_value());
}

BOOST_AUTO_TEST_CASE(only_a_strong_etag_vouches_for_every_byte)
{
    BOOST_TEST(is_strong_etag("\"abc\""));
    for (const auto* text : {"", "\"", "\"\"", "abc", "W/\"abc\"", "\"abc", "abc\""})
        BOOST_TEST(!is_strong_etag(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
