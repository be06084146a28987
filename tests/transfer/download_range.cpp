// Which partial answers are the range that was asked for.
#include <boost/test/unit_test.hpp>

#include "transfer/range_request.hpp"

BOOST_AUTO_TEST_SUITE(transfer_download_range)

using hfasync::detail::answers_range;

BOOST_AUTO_TEST_CASE(only_the_rest_of_this_very_file)
{
    BOOST_TEST(answers_range("bytes 10-99/100", {10, 100}, 100));
    BOOST_TEST(answers_range("bytes 10-99/*", {10, 100}, 100));
    for (const char* other :
         {"bytes 9-99/100", "bytes 11-99/100", "bytes 10-98/100", "bytes 10-99/101", "bytes */100",
          "bytes 0-99/100", "10-99/100", "", "bytes 10-99", "bytes 10-18446744073709551616/100"})
        BOOST_TEST(!answers_range(other, {10, 100}, 100), other);
}

BOOST_AUTO_TEST_CASE(only_the_very_piece)
{
    BOOST_TEST(answers_range("bytes 10-19/100", {10, 20}, 100));
    BOOST_TEST(answers_range("bytes 0-9/*", {0, 10}, 100));
    for (const char* other : {"bytes 10-20/100", "bytes 10-18/100", "bytes 10-99/100", "bytes 9-19/100",
                              "bytes 10-19/20", "bytes 10-19/99", "bytes 19-10/100", "items 10-19/100"})
        BOOST_TEST(!answers_range(other, {10, 20}, 100), other);
}

BOOST_AUTO_TEST_SUITE_END()
