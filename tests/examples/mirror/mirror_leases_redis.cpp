// A process that lost its leases publishes nothing: with a list in Redis.

// ctest: label=services timeout=180
#include "lease_cases.hpp"

#include "redis_server.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_leases_redis)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct RedisPlace : LeasePlace {
    RedisPlace() { redis = server.config(); }
    RedisServer server;
};

} // namespace

MIRROR_LEASE_CASES(RedisPlace)

BOOST_AUTO_TEST_SUITE_END()
