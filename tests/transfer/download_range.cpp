// Which partial answers continue a file.
#include <boost/test/unit_test.hpp>

#include "transfer/download_body.hpp"

BOOST_AUTO_TEST_SUITE(transfer_download_range)

using hfasync::detail::continues_at;

BOOST_AUTO_TEST_CASE(only_the_rest_of_this_very_file)
{
    BOOST_TEST(continues_at("bytes 10-99/100", 10, 100));
    BOOST_TEST(continues_at("bytes 10-99/*", 10, 100));
    for (const char* other :
         {"bytes 9-99/100", "bytes 11-99/100", "bytes 10-98/100", "bytes 10-99/101", "bytes */100",
          "bytes 0-99/100", "10-99/100", "", "bytes 10-99", "bytes 10-18446744073709551616/100"})
        BOOST_TEST(!continues_at(other, 10, 100), other);
}

BOOST_AUTO_TEST_SUITE_END()
