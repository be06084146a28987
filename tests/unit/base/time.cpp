#include <boost/test/unit_test.hpp>

#include <hfasync/time.hpp>

using namespace hfasync;
using namespace std::chrono_literals;

namespace {

Timestamp at(std::int64_t seconds, std::int64_t micros = 0)
{
    return Timestamp{std::chrono::seconds{seconds} + std::chrono::microseconds{micros}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(base_time)

BOOST_AUTO_TEST_CASE(reads_the_hubs_timestamps)
{
    BOOST_TEST((parse_timestamp("2024-01-02T03:04:05Z") == at(1704164645)));
    BOOST_TEST((parse_timestamp("2024-01-02T03:04:05.678Z") == at(1704164645, 678000)));
    BOOST_TEST((parse_timestamp("2024-01-02T03:04:05.123456789+00:00") == at(1704164645, 123456)));
    BOOST_TEST((parse_timestamp("2024-02-29T00:00:00Z").has_value()));
    BOOST_TEST((parse_timestamp("1969-12-31T23:59:59.5Z") == at(-1, 500000)));
    BOOST_TEST((parse_timestamp("0001-01-01T00:00:00Z").has_value())); // what Go services send for "never"
}

BOOST_AUTO_TEST_CASE(refuses_other_texts)
{
    for (const char* bad :
         {"", "2024", "2024-01-02", "2024-13-02T03:04:05Z", "2023-02-29T00:00:00Z", "2024-01-02T24:00:00Z",
          "2024-01-02T03:60:05Z", "2024-01-02T03:04:60Z", "2024-01-02T03:04:05", "2024-01-02T03:04:05.Z",
          "2024-01-02T03:04:05.1234567890Z", "2024-01-02T03:04:05+01:00", "2024-01-02T03:04:05Z ",
          "2024-01-02 03:04:05Z", "+024-01-02T03:04:05Z"})
        BOOST_TEST(!parse_timestamp(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(writes_milliseconds)
{
    BOOST_TEST(format_timestamp(at(1704164645, 678999)) == "2024-01-02T03:04:05.678Z");
    BOOST_TEST(format_timestamp(at(-1, 0)) == "1969-12-31T23:59:59.000Z");
}

BOOST_AUTO_TEST_CASE(http_dates_in_all_three_forms)
{
    const auto expected = at(784111777);
    BOOST_TEST((parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected));
    BOOST_TEST((parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected));
    BOOST_TEST((parse_http_date("Sun Nov  6 08:49:37 1994") == expected));
    BOOST_TEST(format_http_date(expected) == "Sun, 06 Nov 1994 08:49:37 GMT");
    for (const char* bad : {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
                            "06 Nov 1994 08:49:37 GMT", "120"})
        BOOST_TEST(!parse_http_date(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()
