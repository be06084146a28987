// A process that lost its leases publishes nothing: with a list in an SQLite file, and what the targets do.

// ctest: timeout=180
#include "lease_cases.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_leases)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct Targets : LeasePlace {
    asio::io_context context{1};
    Hub from{context, {.endpoint = hub.endpoint(), .token = hub.token()}};
    Hub to{context, {.endpoint = other.endpoint(), .token = other.token()}};
    HfApi api{to};

    std::unique_ptr<mirror::Target> hub_target()
    {
        const auto made = settings(to_hub());
        return mirror::make_hub_target(from, to, std::get<mirror::HubTargetConfig>(made.target), 4);
    }
};

asio::awaitable<void> always()
{
    co_return;
}
asio::awaitable<void> never()
{
    throw mirror::ClaimLost("it is another process' now");
    co_return;
}

} // namespace

MIRROR_LEASE_CASES(LeasePlace)

BOOST_FIXTURE_TEST_CASE(a_link_is_not_switched, Targets)
{
    const auto target = mirror::make_folder_target(from, {out()}, 4);
    BOOST_CHECK_THROW(wait_for(context, target->mirror(job(first), {}, never)), mirror::ClaimLost);
    BOOST_TEST(linked() == "nothing");
    BOOST_TEST(wait_for(context, target->mirror(job(first), {}, always)).committed);
    const auto second = commit("acme/tiny", "a", "2");
    BOOST_CHECK_THROW(wait_for(context, target->mirror(job(second), {}, never)), mirror::ClaimLost);
    BOOST_TEST(linked() == first);
    // What is there already needs no leave.
    BOOST_TEST(!wait_for(context, target->mirror(job(first), {}, never)).committed);
}

BOOST_FIXTURE_TEST_CASE(a_commit_is_not_made, Targets)
{
    const auto target = hub_target();
    BOOST_CHECK_THROW(wait_for(context, target->mirror(job(first), {}, never)), mirror::ClaimLost);
    BOOST_TEST(mirrored().empty());
    BOOST_TEST(wait_for(context, target->mirror(job(first), {}, always)).committed);
    BOOST_TEST(!wait_for(context, target->mirror(job(first), {}, never)).committed);
}

BOOST_FIXTURE_TEST_CASE(a_commit_that_meets_a_newer_one_is_not_tried_again, Targets)
{
    const auto second = commit("acme/tiny", "a", "2");
    const auto target = hub_target(), another = hub_target();
    int asked = 0;
    const auto newer_meanwhile = [&]() -> asio::awaitable<void> {
        if (++asked > 1) co_await never();
        co_await another->mirror(job(second), {}, always);
    };
    BOOST_CHECK_THROW(wait_for(context, target->mirror(job(first), {}, newer_meanwhile)), mirror::ClaimLost);
    BOOST_TEST(asked == 2);
    BOOST_TEST(mirrored() == std::vector{second}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
