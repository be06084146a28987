#include <boost/test/unit_test.hpp>
BOOST_AUTO_TEST_SUITE(base_smoke)
BOOST_AUTO_TEST_CASE(x){ BOOST_TEST(true);}
BOOST_AUTO_TEST_SUITE_END()
