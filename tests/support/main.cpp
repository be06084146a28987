#define BOOST_TEST_MODULE hfasync
#include <boost/test/unit_test.hpp>
