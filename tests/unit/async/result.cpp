#include <stdexcept>
#include <string>

#include <hfasync/result.hpp>

#include "unit/async/run.hpp"

using namespace hfasync;
namespace asio = boost::asio;
using hfasync::test::run;

namespace {

asio::awaitable<std::string> good()
{
    co_return "value";
}
asio::awaitable<void> nothing()
{
    co_return;
}
asio::awaitable<std::string> gated()
{
    ErrorContext context;
    context.status = 403;
    throw GatedRepoError(errc::gated_repo, "acme/x is gated", context);
    co_return "";
}
asio::awaitable<void> foreign()
{
    throw std::out_of_range("foreign");
    co_return;
}

} // namespace

BOOST_AUTO_TEST_SUITE(async_result)

BOOST_AUTO_TEST_CASE(a_value)
{
    auto result = run(as_result(good()));
    BOOST_TEST(result.has_value());
    BOOST_TEST(*result == "value");
    BOOST_TEST(result->size() == 5u);
    BOOST_TEST((result.error() == errc{}));
    BOOST_TEST(result.failure() == nullptr);
    BOOST_TEST(result.message() == "");
    BOOST_TEST(static_cast<bool>(run(as_result(nothing()))));
    const auto fixed = run(as_result(good()));
    BOOST_TEST(fixed.value() == *fixed);
    BOOST_TEST(fixed->size() == 5u);
}

BOOST_AUTO_TEST_CASE(an_error_keeps_its_type_and_context)
{
    auto result = run(as_result(gated()));
    BOOST_TEST(!result);
    BOOST_TEST((result.error() == errc::gated_repo));
    BOOST_REQUIRE(result.failure());
    BOOST_TEST(result.failure()->name() == "GatedRepoError");
    BOOST_TEST(result.failure()->context().status == 403);
    BOOST_TEST(result.message() == result.failure()->message());
    auto copy = result;
    result = run(as_result(good()));
    BOOST_TEST(copy.failure()->context().status == 403); // the copy owns what failure() points to
    BOOST_CHECK_THROW(copy.value(), GatedRepoError);
    BOOST_CHECK_THROW(copy.failure()->raise(), GatedRepoError);
}

BOOST_AUTO_TEST_CASE(a_foreign_exception_stays_what_it_is)
{
    auto result = run(as_result(foreign()));
    BOOST_TEST((result.error() == errc::runtime));
    BOOST_TEST(result.failure() == nullptr);
    BOOST_TEST(result.message() == "foreign");
    BOOST_CHECK_THROW(result.value(), std::out_of_range);
    const auto fixed = run(as_result(foreign()));
    BOOST_CHECK_THROW(fixed.value(), std::out_of_range);
}

BOOST_AUTO_TEST_SUITE_END()
